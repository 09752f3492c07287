"""Suites, runs, and the packaged suite over the sample library, whose scores have floors."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from command import vouched

from assistant.engine import Assistant
from assistant.settings import Settings
from evals.errors import SuiteError
from evals.metrics import holds, plain, score
from evals.running import run
from evals.suite import load_suite, problems
from ingestion.library import Library
from ingestion.paper import Paper
from ingestion.readers import read

FACT = {"id": "credit", "kind": "fact", "question": "What is CREDIT?", "papers": ["p"]}
UNANSWERABLE = {"id": "bread", "kind": "unanswerable", "question": "How is bread baked?"}


def suite_file(folder: Path, *questions: Any, **top: Any) -> str:
    """Write a suite as YAML, of which JSON is a part."""
    file = folder / "mine.yaml"
    file.write_text(json.dumps({"name": "mine", "questions": questions, **top}), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": None}, "question 2 has no id"),
        ({"question": " "}, "question 2 (credit) has no question"),
        ({"kind": "riddle"}, "question 2 (credit) has the kind 'riddle'; there are fact, "),
        ({"papers": []}, "question 2 (credit): an answerable question has gold papers"),
        ({"papers": "p"}, "question 2 (credit): `papers` is to be a list"),
        ({"papers": [7]}, "question 2 (credit): each of `papers` is to be text"),
        ({"facts": "4x"}, "question 2 (credit): `facts` is to be a list"),
        ({"facts": [["4x"], [67.30]]}, "question 2 (credit): each of `facts` is a list of spellings"),
        ({"facts": [[]]}, "question 2 (credit): each of `facts` is a list of spellings"),
        ({"facts": [7]}, "question 2 (credit): each of `facts` is a list of spellings"),
        ({"evidence": "A sentence."}, "question 2 (credit): `evidence` is to be a list"),
        ({"evidence": [""]}, "question 2 (credit): each of `evidence` is to be text"),
        ({"fact": ["4x"]}, "question 2 (credit) has the unknown field fact"),
        ({"id": "bread"}, "uses an id more than once: bread"),
        (
            {"kind": "unanswerable"},
            "question 2 (credit): an answerable question has gold papers, an unanswerable one has none",
        ),
    ],
)
def test_a_wrong_question_is_named(changed: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as refused:
        load_suite(suite_file(tmp_path, UNANSWERABLE, FACT | changed))
    assert said in str(refused.value)
    assert "mine.yaml" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"questions: [", "is not valid YAML"),
        (b"\xff\xfe\x00", "is not valid YAML"),
        (b"", "holds no list `questions`"),
        (b"- a list", "holds no list `questions`"),
        (b"questions: []", "holds no list `questions`"),
        (b"questions: [5]", "question 1 is not a mapping"),
        (b"version: new\nquestions: [{id: a, kind: unanswerable, question: b}]", "has the version 'new'"),
        (b"corpus: gone.txt\nquestions: [{id: a, kind: unanswerable, question: b}]", "'gone.txt', which there is not"),
    ],
)
def test_a_file_that_is_no_suite_is_told(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_bytes(content)
    with pytest.raises(SuiteError) as refused:
        load_suite(str(tmp_path / "wrong.yaml"))
    assert str(tmp_path / "wrong.yaml") in str(refused.value)
    assert said in str(refused.value)


def test_an_unknown_suite_is_told_with_those_there_are() -> None:
    called = vouched("eval", "run", "nonsense", "--json")
    assert called.code == 1
    assert re.search(r"one of: .*\bpage\b", called.json["error"]["message"])
    assert "no suite file nonsense.yaml" in vouched("eval", "validate", "nonsense.yaml").err


def test_a_fact_may_be_one_spelling_or_several(tmp_path: Path) -> None:
    loaded = load_suite(suite_file(tmp_path, FACT | {"facts": ["one", ["2x", "twice"]]}, UNANSWERABLE, version=3))
    assert (loaded.name, loaded.version, loaded.corpus) == ("mine", 3, None)
    assert loaded.cases[0].facts == (("one",), ("2x", "twice"))
    assert [case.answerable for case in loaded.cases] == [True, False]


def test_what_does_not_fit_the_library_is_found(tmp_path: Path) -> None:
    papers = [Paper("p", "Ants", "Ants march. Bees fly."), Paper("q", "Bees", "They hum.")]
    fitting = load_suite(suite_file(tmp_path, FACT | {"evidence": ["Bees fly."]}, UNANSWERABLE))
    assert problems(fitting, papers) == []
    wrong = load_suite(suite_file(tmp_path, FACT | {"evidence": ["Bees fly.", "They hum."], "papers": ["p", "z"]}))
    assert problems(wrong, papers) == [
        "credit: there is no paper z",
        "credit: this evidence is not verbatim in a gold paper: They hum.…",
        "all questions are of one class: neither abstention nor false premises can be measured",
    ]


def test_the_packaged_suite_fits_its_corpus(sample_library: Library) -> None:
    assert vouched("eval", "validate", "page").out == f"page: {len(load_suite('page').cases)} questions, no problem found.\n"
    assert vouched("eval", "validate", "page", "--library", sample_library.path).code == 0


def test_the_packaged_suite_is_wide_enough(sample_page: Path) -> None:
    suite = load_suite("page")
    kinds = Counter(case.kind for case in suite.cases)
    assert len(suite.cases) >= 150
    assert (kinds["unanswerable"] >= 25, kinds["multi"] >= 12, kinds["false-premise"] >= 10) == (True, True, True)
    assert all(len(case.papers) >= 2 for case in suite.cases if case.kind == "multi")
    papers = {paper.id for paper in read(sample_page) if isinstance(paper, Paper)}
    assert len(papers) == 92
    assert {id_ for case in suite.cases for id_ in case.papers} == papers


def test_every_fact_of_the_packaged_suite_stands_in_its_evidence() -> None:
    for case in load_suite("page").cases:
        evidence = plain(" ".join(case.evidence))
        for fact in case.facts:
            assert any(holds(evidence, spelling) for spelling in fact), (case.id, fact)


@pytest.fixture(scope="module")
def page_run(sample_library: Library, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Run the packaged suite as a user does; gives what was printed, and the folder."""
    out = tmp_path_factory.mktemp("runs") / "page"
    called = vouched("eval", "run", "page", "--library", sample_library.path, "--out", out, "--llm", "extractive", "--json")
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


def untimed(records: list[dict[str, Any]]) -> Any:
    """Give records as JSON has them, without what differs from one time to the next."""
    return json.loads(json.dumps([record | {"answer": record["answer"] | {"timings": None}} for record in records]))


def test_a_killed_run_goes_on_and_ends_as_if_it_had_not_been(
    page_run: tuple[dict[str, Any], Path], sample_library: Library, tmp_path: Path
) -> None:
    suite, whole = load_suite("page"), page_run[1]
    lines = (whole / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "run.json").write_bytes((whole / "run.json").read_bytes())
    (tmp_path / "answers.jsonl").write_bytes(b"".join(lines[:-3]) + lines[-3][:200])
    progress: list[int] = []
    assistant = Assistant(sample_library, Settings(llm="extractive"))
    records = run(suite, assistant, tmp_path, progress.append)
    kept = (tmp_path / "answers.jsonl").read_bytes().splitlines(keepends=True)
    assert (kept[:-3], len(kept), progress[-1]) == (lines[:-3], len(lines), len(suite.cases))
    assert untimed(records) == untimed([json.loads(line) for line in lines])
    again = {name: asdict(figure) for name, figure in score(suite, records, sample_library).items()}
    before = page_run[0]["metrics"]["all"]
    timed = {"latency ms", "latency ms, p50", "latency ms, p95"}
    assert {name: again[name] for name in set(again) - timed} == {name: before[name] for name in set(before) - timed}


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
    assistant = Assistant(sample_library, Settings(llm="extractive", evidence=3))
    with pytest.raises(SuiteError, match="another settings"):
        run(load_suite("page"), assistant, page_run[1], lambda _: None)
    assert (page_run[1] / "answers.jsonl").read_bytes() == before


@pytest.mark.parametrize("damaged", ["run.json", "answers.jsonl"])
def test_a_damaged_run_is_named(
    damaged: str, page_run: tuple[dict[str, Any], Path], sample_library: Library, tmp_path: Path
) -> None:
    (tmp_path / "run.json").write_bytes((page_run[1] / "run.json").read_bytes())
    (tmp_path / damaged).write_bytes(b"{nonsense\n")
    with pytest.raises(SuiteError, match=f"{damaged} is damaged"):
        run(load_suite("page"), Assistant(sample_library, Settings(llm="extractive")), tmp_path, lambda _: None)


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
    called = vouched("eval", "run", mine, "--library", sample_library.path, "--out", tmp_path / "out")
    assert re.search(r"true premises called false +0\.000 +0\.000 to 0\.793 +1", called.out)  # Wilson, none of one
    assert f"Stored in {tmp_path / 'out'}." in " ".join(called.err.split())
