"""Scoring, comparing and gating stored runs. The runs are written here: no model is needed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import vouched

from evals.comparing import changed
from evals.metrics import METRICS
from evals.running import write_whole
from evals.scoring import read_run
from evals.suite import load_suite
from ingestion.library import Library

FACTS = [f"fact{number}" for number in range(30)]
UNANSWERABLE = [f"none{number}" for number in range(6)]
CITATION = {"number": 1, "paper_id": "p", "title": "Ants", "quote": "Ants march.", "start": 0, "end": 11, "score": 1.0}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return suite_file(tmp_path_factory.mktemp("suite"))


def suite_file(folder: Path, fact: str = "42") -> Path:
    """Write a suite of 30 questions that a paper answers, and 6 that none does."""
    facts = [{"id": id_, "kind": "fact", "question": f"Why {id_}?", "papers": ["p"], "facts": [fact]} for id_ in FACTS]
    none = [{"id": id_, "kind": "unanswerable", "question": f"Why {id_}?"} for id_ in UNANSWERABLE]
    file = folder / "mine.yaml"
    file.write_text(json.dumps({"name": "mine", "questions": facts + none}), encoding="utf-8")
    return file


def record(id_: str, said: str, ms: float) -> dict[str, Any]:
    """Give the record of an answer with one citation, or of an abstention when nothing is said."""
    answer = {
        "question": f"Why {id_}?",
        "status": "answered" if said else "abstained",
        "answer": said or "Nothing answers it.",
        "statements": [{"text": said}] if said else [],
        "citations": [CITATION] if said else [],
        "retrieved": [{"paper_id": "p"}],
        "timings": {"total_ms": ms},
    }
    return {"id": id_, "answer": answer}


def a_run(
    suite: Path, folder: Path, *, right: int = 30, failed: int = 0, wordy: str = "", ms: float = 100.0, scored: bool = True,
    **settings: Any,
) -> Path:  # fmt: skip
    """Write a run: the first ``right`` questions get the right answer, then a wrong one; the last ``failed`` an error."""
    library = Library.open(folder / "library", create=True)
    about = {
        "suite": "mine",
        "version": 1,
        "suite_sha256": load_suite(str(suite)).sha256,
        "corpus_fingerprint": library.fingerprint(),
        "settings": {"llm": "extractive", **settings},
        "questions": len(FACTS) + len(UNANSWERABLE),
        "suite_source": str(suite),
        "library": "library",
    }
    library.close()
    records = [record(id_, f"It is {42 if place < right else 41}{wordy} [1].", ms) for place, id_ in enumerate(FACTS)]
    records += [record(id_, "", ms) for id_ in UNANSWERABLE]
    for place in range(1, failed + 1):
        records[-place] = {"id": records[-place]["id"], "error": {"type": "LLMError", "message": "asleep"}}
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in records), encoding="utf-8")
    if scored:
        assert vouched("eval", "score", folder).code == 0
    return folder


@pytest.fixture(scope="module")
def kept(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Score two runs once; each test gets copies."""
    folder = tmp_path_factory.mktemp("kept")
    a_run(suite, folder / "good")
    a_run(suite, folder / "bad", right=20, papers_read=2)
    return folder


@pytest.fixture
def good(kept: Path, tmp_path: Path) -> Path:
    """Give a run in which every question is answered rightly, or rightly not."""
    return Path(shutil.copytree(kept / "good", tmp_path / "good"))


@pytest.fixture
def bad(kept: Path, tmp_path: Path) -> Path:
    """Give a run with 10 of 30 facts wrong."""
    return Path(shutil.copytree(kept / "bad", tmp_path / "bad"))


def test_a_score_holds_every_question_and_every_metric(suite: Path, tmp_path: Path) -> None:
    folder = a_run(suite, tmp_path / "run", right=29, failed=1, scored=False)
    printed = vouched("eval", "score", folder, "--json").json
    assert (printed["suite"], printed["questions"], printed["out"]) == ("mine", 36, str(folder))
    assert json.loads((folder / "metrics.json").read_text(encoding="utf-8")) == printed["metrics"]
    rows = [json.loads(line) for line in (folder / "scores.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == FACTS + UNANSWERABLE
    assert set(rows[0]) == {"id", "kind", "values"}
    assert (rows[28]["values"]["fact coverage"], rows[29]["values"]["fact coverage"]) == (1.0, 0.0)
    assert rows[-1]["values"]["words"] is None
    assert "fact coverage" not in rows[-1]["values"]
    assert list(printed["metrics"]) == ["all", "fact", "unanswerable"]
    assert {"success@1", "fact coverage", "errors"} <= set(printed["metrics"]["all"]) < set(METRICS)
    assert "false premises named" not in printed["metrics"]["all"]  # no question is about them
    coverage = printed["metrics"]["all"]["fact coverage"]
    assert (coverage["value"], coverage["n"], coverage["undefined"]) == (29 / 30, 30, 0)
    assert 0.8 < coverage["low"] < 29 / 30 < coverage["high"] < 1
    assert printed["metrics"]["all"]["words"] == {"value": 4.0, "n": 30, "undefined": 6, "low": 4.0, "high": 4.0}


def test_a_killed_score_done_again_gives_the_same_files(good: Path) -> None:
    before = {name: (good / name).read_bytes() for name in ("scores.jsonl", "metrics.json")}
    (good / "metrics.json").unlink()
    (good / "metrics.json.begun").write_bytes(before["metrics.json"][:100])
    (good / "scores.jsonl.begun").write_bytes(before["scores.jsonl"][:100])
    for _ in range(2):
        assert vouched("eval", "score", good).code == 0
        assert {name: (good / name).read_bytes() for name in before} == before


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(tmp_path / "file", "before")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", "after")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "before"


def test_a_run_may_be_moved_with_its_library(good: Path, tmp_path: Path) -> None:
    moved = good.rename(tmp_path / "moved")
    library = (moved / "library").rename(tmp_path / "elsewhere")
    assert "There is no library in" in vouched("eval", "score", moved).err
    assert vouched("eval", "score", moved, "--library", library).code == 0
    library.rename(moved / "library")
    assert vouched("eval", "score", moved).code == 0


def cut(folder: Path) -> None:
    """Leave 20 answers and a half, as of a killed run."""
    lines = (folder / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "answers.jsonl").write_bytes(b"".join(lines[:20]) + lines[20][:50])


def restate(folder: Path, **changed: Any) -> None:
    """Change what a run says that it is of; None takes it out."""
    about = json.loads((folder / "run.json").read_text(encoding="utf-8")) | changed
    kept = {name: value for name, value in about.items() if value is not None}
    (folder / "run.json").write_text(json.dumps(kept), encoding="utf-8")


UNFIT: dict[str, tuple[Callable[[Path], object], str]] = {
    "there is no run": (lambda folder: (folder / "run.json").unlink(), "There is no run in"),
    "it is not finished": (cut, "20 of 36 questions have an answer"),
    "it is of an older version": (lambda folder: restate(folder, questions=None), "does not say its questions"),
    "it is damaged": (lambda folder: (folder / "run.json").write_text("{"), "run.json is damaged"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_run_that_is_not_fit_is_told(name: str, good: Path, bad: Path) -> None:
    spoil, said = UNFIT[name]
    spoil(bad)
    for code, called in (
        (1, vouched("eval", "score", bad, "--json")),
        (1, vouched("eval", "compare", good, bad, "--json")),
        (2, vouched("eval", "gate", bad, "--min", "MRR=0", "--json")),
        (2, vouched("eval", "gate", good, "--baseline", bad, "--json")),
    ):
        assert (called.code, called.json["error"]["type"]) == (code, "SuiteError")
        assert said in called.json["error"]["message"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is not scored. Score it: vouched eval score"),
        ('{"id": "fact0", "kind": "fact", "values": {}}\n', "is not of the answers beside it"),
        ('{"id": "fact0"}\n', "scores.jsonl is damaged"),
        ("nonsense\n", "scores.jsonl is damaged"),
    ],
)
def test_a_run_without_its_scores_is_told(content: str | None, said: str, good: Path, bad: Path) -> None:
    (bad / "scores.jsonl").unlink()
    if content is not None:
        (bad / "scores.jsonl").write_text(content, encoding="utf-8")
    compared, gated = vouched("eval", "compare", good, bad), vouched("eval", "gate", bad, "--min", "MRR=0")
    assert (compared.code, gated.code) == (1, 2)
    assert said in compared.err
    assert said in gated.err


def test_a_suite_or_library_that_changed_is_not_scored(good: Path, tmp_path: Path) -> None:
    restate(good, suite_source=str(suite_file(tmp_path, "43")))
    assert "The suite mine is not as it was" in vouched("eval", "score", good).err
    restate(good, suite_sha256=load_suite(str(tmp_path / "mine.yaml")).sha256, corpus_fingerprint="other")
    called = vouched("eval", "score", good)
    assert (called.code, called.out) == (1, "")
    assert "--library" in called.err


def test_answers_to_other_questions_are_not_scored(good: Path) -> None:
    answers = (good / "answers.jsonl").read_text(encoding="utf-8").replace('"fact7"', '"fact77"')
    (good / "answers.jsonl").write_text(answers, encoding="utf-8")
    assert "has no answer to fact7." in vouched("eval", "score", good).err


def test_runs_are_compared_question_by_question(good: Path, bad: Path) -> None:
    printed = vouched("eval", "compare", good, bad, "--most", 3, "--json").json
    assert printed["settings"] == {"papers_read": {"a": None, "b": 2}}
    assert {"success@1", "fact coverage", "errors"} <= set(printed["metrics"]) < set(METRICS)
    assert printed["agreement"]["value"] == 1  # other facts, of the same papers
    coverage = printed["metrics"]["fact coverage"]
    assert (coverage["a"], coverage["b"], coverage["n"], coverage["unpaired"]) == (1, 20 / 30, 30, 0)
    assert coverage["difference"] == pytest.approx(-1 / 3)
    assert coverage["low"] < -1 / 3 < coverage["high"] < 0
    assert coverage["p"] == 2 / 2**10  # ten questions differ, all one way
    assert coverage["effect"] == pytest.approx(-(1 / 3) / (10 / 30 * 20 / 30 * 30 / 29) ** 0.5)
    assert printed["metrics"]["success@1"]["p"] == 1
    assert printed["changes"] == {
        "fact coverage": [{"id": f"fact{n}", "question": f"Why fact{n}?", "a": 1.0, "b": 0.0} for n in (20, 21, 22)]
    }


def test_what_changed_most_comes_worst_first(good: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(good, other)
    lines = [json.loads(line) for line in (other / "scores.jsonl").read_text(encoding="utf-8").splitlines()]
    for place, words in enumerate((4.5, 3.0, 9.0, 5.0, None)):  # before, each answer has 4
        lines[place]["values"]["words"] = words
    (other / "scores.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    before, after = read_run(good), read_run(other)
    found = {most: [change.id for change in changed(METRICS["words"], before, after, most)] for most in (10, 3, 2, 0)}
    assert found == {
        10: ["fact2", "fact3", "fact0", "fact1"],  # fewer words are better; one without a value has not changed
        3: ["fact2", "fact3", "fact1"],
        2: ["fact2", "fact3"],  # fact1 changed as much as fact3, for the better
        0: [],
    }
    words = vouched("eval", "compare", good, other, "--metric", "words", "--json").json["metrics"]["words"]
    assert (words["n"], words["unpaired"]) == (29, 1)


def test_a_comparison_is_printed(good: Path, bad: Path) -> None:
    called = vouched("eval", "compare", good, bad, env={"COLUMNS": "160"})
    said = re.sub(r"\s+", " ", called.out)
    assert "papers_read – 2" in said
    assert re.search(r"fact coverage 1\.000 0\.667 -0\.333 -0\.500 to -0\.167 0\.0020 -0\.70 30", said)
    assert "fact coverage A B changed most, worst first" in said
    assert "fact20 1.000 0.000 Why fact20?" in said
    assert said.count("Why fact") == 10
    only = vouched("eval", "compare", good, bad, "--metric", "latency ms", env={"COLUMNS": "160"}).out
    assert "fact coverage" not in only


def test_times_are_listed_only_when_asked_for(suite: Path, good: Path, tmp_path: Path) -> None:
    slow = a_run(suite, tmp_path / "slow", ms=150)
    assert vouched("eval", "compare", good, slow, "--json").json["changes"] == {}
    only = vouched("eval", "compare", good, slow, "--metric", "latency ms", "--json").json
    assert only["metrics"]["latency ms"]["difference"] == 50
    assert len(only["changes"]["latency ms"]) == 10


def test_runs_of_different_things_are_not_compared(good: Path, bad: Path, tmp_path: Path) -> None:
    other = a_run(suite_file(tmp_path, "43"), tmp_path / "other")
    restate(bad, corpus_fingerprint="another")
    for spoilt, said in ((other, "different suites (suite_sha256"), (bad, "different corpora (corpus_fingerprint")):
        compared = vouched("eval", "compare", good, spoilt)
        gated = vouched("eval", "gate", spoilt, "--baseline", good)
        assert (compared.code, compared.out, gated.code, gated.out) == (1, "", 2, "")
        assert said in compared.err
        assert said in gated.err


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


def test_an_unknown_metric_is_not_compared(good: Path) -> None:
    called = vouched("eval", "compare", good, good, "--metric", "glory", "--json")
    assert called.code == 2
    assert "There is no metric 'glory'. There are: success@1; " in called.json["error"]["message"]


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
