"""Runs, and the packaged suite over the sample library, whose scores have floors."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from command import vouched
from suites import FACT, UNANSWERABLE, suite_file

from assistant.engine import Assistant
from assistant.settings import Settings
from evals.errors import SuiteError
from evals.metrics import METRICS, score
from evals.running import run
from evals.suite import load_suite
from evals.systems.vouched import Vouched
from ingestion.library import Library


@pytest.fixture(scope="module")
def page_run(sample_library: Library, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Run the packaged suite as a user does; gives what was printed, and the folder."""
    out = tmp_path_factory.mktemp("runs") / "page"
    called = vouched(
        "eval",
        "run",
        "page",
        "--library",
        sample_library.path,
        "--out",
        out,
        "--llm",
        "extractive",
        "--judge",
        "none",
        "--json",
    )
    assert called.code == 0, called.err
    return called.json, out


def test_the_packaged_suite_scores_above_its_floors(page_run: tuple[dict[str, Any], Path]) -> None:
    printed, out = page_run
    assert set(printed) == {"suite", "questions", "out", "metrics"}
    assert json.loads((out / "metrics.json").read_text(encoding="utf-8")) == printed["metrics"]
    metrics = {name: metric["value"] for name, metric in printed["metrics"]["all"].items()}
    assert (metrics["quote exactness"], metrics["errors"]) == (1.0, 0.0)
    assert metrics["success@1"] >= 0.90
    assert metrics["success@5"] >= 0.98
    assert metrics["fact coverage"] >= 0.70
    assert metrics["citation precision"] >= 0.85
    assert metrics["words, median"] <= 90


def extractive(library: Library, **settings: Any) -> Vouched:
    return Vouched(Assistant(library, Settings(llm="extractive", **settings)))


def untimed(records: list[dict[str, Any]]) -> Any:
    """Give records as JSON has them, without what differs from one time to the next."""
    bare = [record | {"answer": record["answer"] | {"timings": None}, "peak_mib": None} for record in records]
    return json.loads(json.dumps(bare))


def test_a_killed_run_goes_on_and_ends_as_if_it_had_not_been(
    page_run: tuple[dict[str, Any], Path], sample_library: Library, tmp_path: Path
) -> None:
    suite, whole = load_suite("page"), page_run[1]
    lines = (whole / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "run.json").write_bytes((whole / "run.json").read_bytes())
    (tmp_path / "answers.jsonl").write_bytes(b"".join(lines[:-3]) + lines[-3][:200])
    progress: list[int] = []
    records = run(suite, extractive(sample_library), sample_library, tmp_path, progress.append)
    kept = (tmp_path / "answers.jsonl").read_bytes().splitlines(keepends=True)
    assert (kept[:-3], len(kept), progress[-1]) == (lines[:-3], len(lines), len(suite.cases))
    assert untimed(records) == untimed([json.loads(line) for line in lines])
    again = {name: asdict(figure) for name, figure in score(suite, records, sample_library).items()}
    before = page_run[0]["metrics"]["all"]
    steady = {name for name in before if METRICS[name].unit not in {"ms", "MiB"}}
    assert {name: again[name] for name in steady} == {name: before[name] for name in steady}


def test_a_folder_with_a_run_of_something_else_is_refused(
    page_run: tuple[dict[str, Any], Path], sample_library: Library, tmp_path: Path
) -> None:
    before = (page_run[1] / "answers.jsonl").read_bytes()
    papers = [paper.id for paper in sample_library.papers()][:1]
    other = suite_file(tmp_path, FACT | {"papers": papers}, UNANSWERABLE)
    called = vouched("eval", "run", other, "--library", sample_library.path, "--out", page_run[1], "--json")
    assert called.code == 1
    assert "holds a run with another suite, " in called.json["error"]["message"]
    assert "--out" in called.json["error"]["message"]
    with pytest.raises(SuiteError, match="another settings"):
        run(load_suite("page"), extractive(sample_library, evidence=3), sample_library, page_run[1], lambda _: None)
    assert (page_run[1] / "answers.jsonl").read_bytes() == before


@pytest.mark.parametrize("damaged", ["run.json", "answers.jsonl"])
def test_a_damaged_run_is_named(
    damaged: str, page_run: tuple[dict[str, Any], Path], sample_library: Library, tmp_path: Path
) -> None:
    (tmp_path / "run.json").write_bytes((page_run[1] / "run.json").read_bytes())
    (tmp_path / damaged).write_bytes(b"{nonsense\n")
    with pytest.raises(SuiteError, match=f"{damaged} is damaged"):
        run(load_suite("page"), extractive(sample_library), sample_library, tmp_path, lambda _: None)


def test_a_suite_that_does_not_fit_is_not_run(sample_library: Library, tmp_path: Path) -> None:
    mine = suite_file(tmp_path, FACT, UNANSWERABLE)
    for action in (["run", mine, "--out", tmp_path / "out"], ["validate", mine]):
        called = vouched("eval", *action, "--library", sample_library.path)
        assert (called.code, called.out) == (1, "")
        assert "credit: there is no paper p" in called.err
    assert not (tmp_path / "out").exists()


def test_a_question_that_fails_is_recorded_and_the_run_goes_on(sample_library: Library, tmp_path: Path) -> None:
    papers = [paper.id for paper in sample_library.papers()][:1]
    mine = suite_file(tmp_path, FACT | {"papers": papers, "question": "why " * 2_000}, UNANSWERABLE)
    printed = vouched("eval", "run", mine, "--library", sample_library.path, "--out", tmp_path / "out", "--json").json
    assert printed["metrics"]["all"]["errors"] == {
        "value": 1.0, "n": 2, "undefined": 0, "low": None, "high": None,
    }  # fmt: skip
    failed, fine = [
        json.loads(line) for line in (tmp_path / "out" / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert (failed["id"], failed["error"]["type"]) == ("credit", "QuestionError")
    assert fine["answer"]["status"] == "abstained"
    files = {name: (tmp_path / "out" / name).read_bytes() for name in ("scores.jsonl", "metrics.json")}
    assert vouched("eval", "score", tmp_path / "out", "--json").json == printed
    assert {name: (tmp_path / "out" / name).read_bytes() for name in files} == files


def test_a_run_without_json_prints_a_table(sample_library: Library, tmp_path: Path) -> None:
    papers = [paper.id for paper in sample_library.papers()][:1]
    mine = suite_file(tmp_path, FACT | {"papers": papers}, UNANSWERABLE)
    out, wide = tmp_path / "out", {"COLUMNS": "160"}
    called = vouched("eval", "run", mine, "--library", sample_library.path, "--out", out, "--judge", "none", env=wide)
    assert re.search(r"true premises called false +0\.000 +0\.000 to 0\.793 +1", called.out)  # Wilson, none of one
    assert f"Stored in {tmp_path / 'out'}." in " ".join(called.err.split())
