"""A gate passes a stored run or not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from command import vouched
from stored_runs import a_run


def gated(*arguments: object) -> tuple[int, list[tuple[Any, ...]]]:
    """Call the gate; gives the exit code and, of each check that did not simply pass, what and why."""
    called = vouched("eval", "gate", *arguments, "--json")
    assert set(called.json) == {"passed", "checks"}
    assert called.json["passed"] == (called.code == 0)
    for check in called.json["checks"]:
        assert set(check) == {"metric", "kind", "limit", "value", "low", "high", "passed", "why"}
    dull = ("within the limit", "no worse", "no more than in the baseline", "no question has a value in both runs")
    found = [(c["metric"], c["kind"], c["limit"], c["passed"], c["why"]) for c in called.json["checks"]]
    return called.code, [check for check in found if check[-1] not in dull]


def test_a_limit_is_missed_only_with_the_whole_interval(bad: Path) -> None:  # 20 of 30; the interval is 0.488 to 0.808
    assert gated(bad, "--min", "fact coverage=0.6", "--max", "words=4") == (0, [])
    doubtful = ("fact coverage", "all", ">= 0.8", True, "below, but within the interval")
    assert gated(bad, "--min", "fact coverage=0.8") == (0, [doubtful])
    missed = ("fact coverage", "fact", ">= 0.81", False, "below the limit, and so is the whole interval")
    assert gated(bad, "--min", "fact: fact coverage=0.81", "--min", "MRR=0.5") == (1, [missed])
    doubtful = ("fact coverage", "all", "<= 0.5", True, "above, but within the interval")
    assert gated(bad, "--max", "fact coverage=0.5") == (0, [doubtful])
    missed = ("fact coverage", "all", "<= 0.48", False, "above the limit, and so is the whole interval")
    assert gated(bad, "--max", "fact coverage=0.48") == (1, [missed])


def test_a_run_is_no_worse_than_itself(bad: Path) -> None:
    assert gated(bad, "--baseline", bad) == (0, [])
    assert gated(bad, "--baseline", bad, "--effect", 0) == (0, [])


def test_a_run_that_got_worse_does_not_pass(good: Path, bad: Path) -> None:
    worse = ("fact coverage", "all", "difference >= -0.02", False, "worse, and the whole interval is")
    assert gated(bad, "--baseline", good) == (1, [worse])
    assert gated(good, "--baseline", bad) == (0, [])
    small = ("fact coverage", "all", "difference >= -0.4", True, "worse, but by less than matters")
    assert gated(bad, "--baseline", good, "--effect", 0.4) == (0, [small])


def test_what_may_be_chance_passes(suite: Path, good: Path, tmp_path: Path) -> None:
    one_wrong = a_run(suite, tmp_path / "one", right=29)
    chance = ("fact coverage", "all", "difference >= -0.02", True, "worse, but the interval holds no difference")
    assert gated(one_wrong, "--baseline", good) == (0, [chance])


def test_what_can_no_longer_be_compared_is_said(good: Path, bad: Path) -> None:
    lines = [json.loads(line) for line in (bad / "scores.jsonl").read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line["values"] = {name: None if name == "citation precision" else value for name, value in line["values"].items()}
    (bad / "scores.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    checks = {check["metric"]: check for check in vouched("eval", "gate", bad, "--baseline", good, "--json").json["checks"]}
    assert checks["citation precision"]["why"] == "no question has a value in both runs"
    assert "evidence recall" not in checks  # the baseline has no value either
    assert not {"latency ms", "latency ms, p50", "latency ms, p95"} & set(checks)


def test_words_count_as_a_share_of_the_baselines(suite: Path, good: Path, tmp_path: Path) -> None:
    wordy = a_run(suite, tmp_path / "wordy", wordy=" indeed")  # five words, not four
    code, found = gated(wordy, "--baseline", good, "--effect", 0.25)
    assert (code, found[0]) == (1, ("words", "all", "difference <= 1", False, "worse, and the whole interval is"))
    code, found = gated(wordy, "--baseline", good, "--effect", 0.26)
    assert (code, found[0]) == (0, ("words", "all", "difference <= 1.04", True, "worse, but by less than matters"))


def test_times_are_held_against_a_baseline_only_when_named(suite: Path, good: Path, tmp_path: Path) -> None:
    slow = a_run(suite, tmp_path / "slow", ms=150)
    assert gated(slow, "--baseline", good) == (0, [])
    worse = ("latency ms, p95", "all", "difference <= 2", False, "worse, and the whole interval is")
    assert gated(slow, "--baseline", good, "--max", "latency ms, p95=200") == (1, [worse])


def test_one_more_error_does_not_pass(suite: Path, good: Path, tmp_path: Path) -> None:
    failing = a_run(suite, tmp_path / "failing", failed=1)
    more = ("errors", "all", "difference <= 0", False, "1 more than in the baseline")
    code, found = gated(failing, "--baseline", good, "--effect", 1)
    assert (code, more in found) == (1, True)
    assert gated(good, "--baseline", failing) == (0, [])
    assert gated(failing, "--max", "errors=0") == (1, [("errors", "all", "<= 0", False, "above the limit")])
    assert gated(failing, "--max", "errors=1") == (0, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing to check"),
        (("--min", "glory=1"), "There is no metric 'glory'"),
        (("--min", "MRR"), "'MRR' is not METRIC=VALUE"),
        (("--min", "=1"), "'=1' is not METRIC=VALUE"),
        (("--max", "MRR=high"), "'MRR=high' is not METRIC=VALUE"),
        (("--max", "MRR=nan"), "'MRR=nan' is not METRIC=VALUE"),
        (("--min", "riddle: MRR=1"), "There is no kind of question 'riddle'"),
        (("--min", "multi: MRR=1"), "gives MRR a value (multi)"),
        (("--min", "false premises named=1"), "gives false premises named a value"),
        (("--min", "MRR=0", "--effect", "-1"), "Invalid value for '--effect'"),
        (("--min", "MRR=0", "--effect", "nan"), "Invalid value for '--effect'"),
        (("--baseline", "nowhere"), "There is no run in nowhere"),
    ],
)
def test_a_wrong_call_of_the_gate_is_told(arguments: tuple[str, ...], said: str, good: Path) -> None:
    called = vouched("eval", "gate", good, *arguments, "--json")
    assert called.code == 2
    assert said in called.json["error"]["message"]


def test_a_gate_is_printed(good: Path, bad: Path) -> None:
    called = vouched("eval", "gate", bad, "--baseline", good, "--min", "MRR=0.5", env={"COLUMNS": "160"})
    said = re.sub(r"\s+", " ", called.out)
    assert called.code == 1
    assert "✓ MRR all >= 0.5 1.000 0.886 to 1.000 within the limit" in said
    assert re.search(
        r"✗ fact coverage all difference >= -0\.02 -0\.333 -0\.\d+ to -0\.\d+ worse, and the whole interval", said
    )
    assert said.endswith("Not passed. ")
    assert vouched("eval", "gate", good, "--baseline", good).out.endswith("Passed.\n")
