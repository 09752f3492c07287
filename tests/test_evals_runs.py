"""Scoring and comparing stored runs."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command import vouched
from stored_runs import FACTS, UNANSWERABLE, a_run, restate, suite_file

from evals.comparing import changed
from evals.metrics import METRICS
from evals.running import write_whole
from evals.scoring import read_run
from evals.suite import load_suite


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


def test_an_unknown_metric_is_not_compared(good: Path) -> None:
    called = vouched("eval", "compare", good, good, "--metric", "glory", "--json")
    assert called.code == 2
    assert "There is no metric 'glory'. There are: success@1; " in called.json["error"]["message"]
