"""The bench: what is stored, what it is held against, how it is drawn. No test looks at how long anything takes."""

from __future__ import annotations

import getpass
import json
import os
import platform
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from evals.bench import cost, machine, plot, store, tables
from evals.bench.cli import app
from evals.bench.measuring import Figure, Recorder
from evals.errors import SuiteError

SVG = "{http://www.w3.org/2000/svg}"


def called(*arguments: object) -> Any:
    """Call ``vouched bench`` with --json and give what it printed."""
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    return json.loads(line)


def recorded(folder: Path, *medians: float, size: int | None = None) -> Recorder:
    """Store a run: a slow case with the given values, against a fast one of 2 and 4."""
    recorder = Recorder(folder)
    with recorder.series("race", Figure("fast"), Figure("slow", "fast"), size=size) as samples:
        for value in (2.0, 4.0):
            samples.note("fast", value)
        for value in medians:
            samples.note("slow", value)
    return recorder


def test_a_measurement_is_one_whole_line_with_all_that_it_needs(tmp_path: Path) -> None:
    recorder = recorded(tmp_path, 6.0, 9.0, 90.0)
    lines = [json.loads(line) for line in (tmp_path / store.FILE).read_text(encoding="utf-8").splitlines()]
    assert [tuple(line) for line in lines] == [store.NAMES] * 2
    assert store.read(tmp_path) == recorder.measured
    fast, slow = lines
    assert (fast["median"], fast["baseline"], fast["ratio"]) == (3.0, None, None)
    assert (slow["repeats"], slow["median"], slow["low"], slow["high"]) == (3, 9.0, 6.0, 90.0)
    assert (slow["baseline"], slow["ratio"]) == ("fast", 9.0 / 3.0)
    assert slow["run"] == fast["run"] == recorder.run


def test_a_ratio_is_to_the_same_run_bench_size_and_unit(tmp_path: Path) -> None:
    recorded(tmp_path, 9.0)
    recorder = Recorder(tmp_path)  # without a fast one in the same unit and size
    with recorder.series("race", Figure("fast", unit="MiB"), Figure("slow", "fast"), size=10) as samples:
        samples.note("fast", 5.0, "MiB")
        samples.note("slow", 9.0)
    with recorder.series("race", Figure("fast"), size=20) as samples:
        samples.note("fast", 5.0)
    slow = recorder.measured[1]
    assert (slow.case, slow.baseline, slow.ratio) == ("slow", None, None)


def test_a_torn_last_line_is_mended_and_the_others_stay(tmp_path: Path) -> None:
    first = recorded(tmp_path, 6.0).measured
    file = tmp_path / store.FILE
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:100])
    assert store.read(tmp_path) == first
    second = recorded(tmp_path, 7.0).measured
    assert store.read(tmp_path) == first + second
    assert file.read_bytes().startswith(whole)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    recorded(tmp_path, 6.0)
    with (tmp_path / store.FILE).open("a", encoding="utf-8") as stream:
        stream.write('{"run": "x"}\n')
    with pytest.raises(SuiteError, match=r"bench\.jsonl, line 3 is no measurement"):
        store.read(tmp_path)
    with pytest.raises(SuiteError, match="There is no store"):
        store.read(tmp_path / "elsewhere")


def test_what_was_measured_before_ctrl_c_is_kept(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)

    def stopped() -> None:
        with recorder.series("race", Figure("fast"), Figure("slow", "fast")) as samples:
            samples.note("fast", 2.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    (kept,) = store.read(tmp_path)
    assert (kept.case, kept.repeats) == ("fast", 1)


def test_the_description_of_the_machine_names_nobody() -> None:
    described = machine.describe()
    assert described["cores"] == len(os.sched_getaffinity(0))
    assert {"cpu", "memory_gib", "platform", "python", "packages"} < set(described)
    assert described["packages"]["openvino"]
    text = json.dumps(described)
    for secret in (platform.node(), getpass.getuser(), str(Path.home()), str(Path.cwd()), "/"):
        assert secret not in text
    assert machine.mark(described) == machine.mark(json.loads(text)) != machine.mark({**described, "cores": 0})


def test_the_costs_of_a_worked_example() -> None:
    prices = cost.Prices(input=2.5, output=10.0, cap=400)
    assert prices.once(1000) == pytest.approx(0.0025 + 0.0040)
    assert prices.twice(1000) == pytest.approx(0.0065 + 1800 * 2.5e-6 + 0.0040)
    text = "\n".join(cost.steps(1000, 700, 30, 40, prices))
    for step in (
        "30 of 40", "1,000 tokens", "× 1.3 would be 910", "1,000 × 2.5 / 1,000,000 = 0.00250", "= 0.00400 USD",
        "0.00650 / 0.3 = 0.0217, or 1 / 46", "0.01500 / 0.3 = 0.0500, or 1 / 20", "0.00650 / 2.3 = 0.0028, or 1 / 354",
        "arXiv:2409.13740",
    ):  # fmt: skip
        assert step in text
    assert "0.00000 / 0.3 = 0.0000;" in cost.steps(1000, 700, 30, 40, cost.Prices(0.0, 0.0, 400))[-2]


def test_growth_is_drawn_by_the_logarithm_of_the_size_with_escaped_names(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for size in (10, 1000, 100):
        with recorder.series("race", Figure("a < b & c"), size=size) as samples:
            for value in (size, 2 * size, 3 * size):
                samples.note("a < b & c", value)
    with recorder.series("race", Figure("without a size")) as samples:
        samples.note("without a size", 1.0)
    root = ElementTree.fromstring(plot.svg(recorder.measured))  # noqa: S314 (our own)
    circles = root.findall(f".//{SVG}circle")
    across, up = ([float(circle.get(axis) or "") for circle in circles] for axis in ("cx", "cy"))
    assert len(circles) == 3
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.2)
    assert up[0] > up[1] > up[2]
    assert [len((band.get("points") or "").split()) for band in root.findall(f".//{SVG}polygon")] == [6]
    words = [text.text or "" for text in root.findall(f".//{SVG}text")]
    assert {"10", "100", "1,000", "a < b & c", "ms (logarithmic)", "papers in the library (logarithmic)"} <= set(words)
    assert ElementTree.fromstring(plot.svg([])).findall(f".//{SVG}circle") == []  # noqa: S314


def test_ticks_are_round_and_within() -> None:
    assert plot.ticks(0, 10, logarithmic=False) == [0, 2, 4, 6, 8, 10]
    assert plot.ticks(0.5, 30, logarithmic=True) == [0.5, 1, 2, 5, 10, 20]


def test_history_tells_what_the_run_before_on_the_same_machine_found(tmp_path: Path) -> None:
    for median in (6.0, 9.0):
        recorded(tmp_path, median)
    every = store.read(tmp_path)
    newest = store.newest(every)
    assert [item.median for item in newest] == [3.0, 9.0]
    assert [row[-1] for row in tables.rows(newest, every)] == ["3", "6"]
    assert [row[4] for row in tables.histories(every)["race: slow (ms)"]] == ["6", "9"]
    result = CliRunner().invoke(app, ["show", "--history", "--out", str(tmp_path)])
    assert "race: slow (ms)" in result.stdout
    assert [item["median"] for item in called("show", "--history", "--only", "slow", "--out", tmp_path)["measurements"]] == [
        6,
        9,
    ]
