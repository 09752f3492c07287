"""A file of another system's answers: read, matched to a suite, and made into a run that is scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import vouched, written

from evals.errors import SuiteError
from evals.foreign.answers import Context, answer_of
from evals.foreign.file import fingerprint, matched, own_suite, read_answers
from evals.scoring import read_run
from evals.suite import load_suite
from ingestion.library import Library
from ingestion.paper import Paper

PAPERS = [
    Paper("ants", "Of ants", "Ants march in lines.\nThey carry 50 times their weight."),
    Paper("bees", "Of bees", "Bees dance to tell the way. They carry pollen."),
]
CONTEXTS = [Context("Ants march in lines."), Context("They carry pollen."), Context("Wasps sting.")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2 is not valid JSON"),
        ("[]", "line 2 is not a JSON object"),
        ('{"answer": "x"}', "line 2 has no question"),
        ('{"question": ["Who?"]}', "line 2: question is to be text"),
        ('{"question": "Who?", "contexts": "x"}', "line 2: contexts is to be a list"),
        ('{"question": "Who?", "contexts": ["x", {"id": 1}]}', "line 2, context 2: text is not there"),
        ('{"question": "Who?", "latency_ms": "fast"}', "line 2: latency_ms is 'fast'"),
        ('{"question": "Who?", "latency_ms": NaN}', "line 2: latency_ms is nan"),
        ('{"question": "Who?", "usage": 5}', "line 2: usage is to be an object"),
        ('{"question": "Who?", "usage": {"llm_calls": "two"}}', "line 2: llm_calls of usage is to be a number"),
        ('{"question": "Who?", "id": [1]}', "line 2: id is [1]"),
    ],
)
def test_a_wrong_line_is_named(line: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "theirs.jsonl"
    file.write_text(f'{{"question": "Who?", "answer": "Ants."}}\n{line}\n', encoding="utf-8")
    with pytest.raises(SuiteError) as refused:
        read_answers(file)
    assert f"{file}, {said}" in str(refused.value)


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"\n")
    (tmp_path / "latin.jsonl").write_bytes(b'{"question": "\xe9"}')
    for name, said in (("gone", "cannot be read"), ("empty", "holds no answers"), ("latin", "is not UTF-8")):
        with pytest.raises(SuiteError, match=said):
            read_answers(tmp_path / f"{name}.jsonl")


def test_answers_are_matched_to_a_suite(tmp_path: Path) -> None:
    questions = [{"id": id_, "kind": "fact", "question": f"Why {id_}?", "facts": ["x"]} for id_ in ("a", "b", "c")]
    suite = load_suite(str(written(tmp_path / "suite.jsonl", [{"name": "mine"}, *questions])))
    lines = [{"id": "c", "question": "Why  c?"}, {"question": "Why a?", "id": 7}, {"question": "Why d?"}]
    file = written(tmp_path / "theirs.jsonl", lines)
    found, unknown = matched(suite, read_answers(file), file)
    assert {id_: item.line for id_, item in found.items()} == {"c": 1, "a": 2}
    assert [item.line for item in unknown] == [3]
    for more, said in (
        ({"question": "Why a?"}, "answers the question of line 2"),
        ({"id": "b", "question": "No?"}, "id 'b'"),
    ):
        with pytest.raises(SuiteError, match=f"line 4 .*{said}"):
            matched(suite, read_answers(written(file, [*lines, more])), file)


def test_a_suite_of_its_own_needs_references(tmp_path: Path) -> None:
    line = {"question": "Who?", "answer": "Ants.", "ground_truth": "Ants do."}
    for lines, said in (
        ([line, {"question": "Who?"}], "line 2 has no reference"),
        ([{"id": 1, **line}] * 2, "id '1' of line 1"),
    ):
        file = written(tmp_path / "theirs.jsonl", lines)
        with pytest.raises(SuiteError, match=said):
            own_suite(read_answers(file), "theirs", file)


def test_equal_contexts_are_one_corpus() -> None:
    one, other = (answer_of("Who?", text, CONTEXTS[:2]) for text in ("Ants.", "Bees."))
    again = answer_of("Who?", "Ants.", CONTEXTS[1::-1])
    prints = {fingerprint([{"id": "a", "answer": answer}, {"id": "b", "error": {}}]) for answer in (one, other, again)}
    assert len(prints) == 1
    assert fingerprint([{"answer": answer_of("Who?", "Ants.", CONTEXTS)}]) not in prints


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = Library.open(tmp_path_factory.mktemp("insects") / "library", create=True)
    library.add(PAPERS)
    library.close()
    return library.path


def answers(*arguments: object) -> Any:
    return vouched("eval", "answers", *arguments, "--judge", "lexical", "--json")


def test_a_file_becomes_a_run_of_a_suite(library: Path, tmp_path: Path) -> None:
    suite = written(
        tmp_path / "suite.jsonl",
        [
            {"name": "insects"},
            {"id": "march", "kind": "fact", "question": "How do ants march?", "papers": ["ants"], "facts": ["in lines"]},
            {"id": "dance", "kind": "fact", "question": "Why do bees dance?", "papers": ["bees"], "facts": ["the way"]},
            {"id": "bread", "kind": "unanswerable", "question": "How is bread baked?"},
        ],
    )
    lines = [
        {"id": "march", "question": "How do ants march?", "answer": "Ants march in lines [1]. They sting [5].",
         "contexts": ["Ants march in lines.", {"text": "Bees dance to tell the way.", "id": "bees"}], "latency_ms": 12,
         "usage": {"model": "theirs", "llm_calls": 2, "secret": "x"}},
        {"question": "How is bread baked?", "answer": "The sources do not say. \ud800"},
        {"question": "Do wasps sting?", "answer": "Yes."},
    ]  # fmt: skip
    file, out = written(tmp_path / "theirs.jsonl", lines), tmp_path / "run"
    called = answers(file, "--suite", suite, "--library", library, "--out", out, "--name", "their bot")
    assert called.code == 0, called
    assert "1 of 3 answers are to no question of the suite insects, line 3." in " ".join(called.err.split())
    figures = called.json["metrics"]["all"]
    expected = {
        "success@1": 0.5, "fact coverage": 0.5, "citation precision": 1.0, "citation recall": 0.5, "quote exactness": 1.0,
        "citation validity": 0.5, "abstained when it should": 1.0, "errors": 1.0, "latency ms": 12.0, "LLM calls": 2.0,
    }  # fmt: skip
    assert {name: figures[name]["value"] for name in expected} == expected
    run = read_run(out)
    assert (run.about["system"], run.about["suite"], run.about["library"]) == ("their bot", "insects", str(library))
    assert list(run.answers) == ["march", "dance", "bread"]
    assert run.answers["dance"] is None
    assert "secret" not in (out / "answers.jsonl").read_text(encoding="utf-8")
    assert vouched("eval", "score", out, "--judge", "none", "--json").json["metrics"]["all"]["errors"]["value"] == 1
    assert answers(file, "--suite", suite, "--library", library, "--out", out, "--name", "their bot").code == 0
    other = answers(file, "--suite", suite, "--library", library, "--out", out)
    assert (other.code, "holds a run with another system" in other.json["error"]["message"]) == (1, True)


def test_a_file_with_references_is_a_suite_of_its_own(tmp_path: Path) -> None:
    ragas = {"user_input": "How do ants march?", "response": "In lines [1].", "retrieved_contexts": ["Ants march in lines."]}
    file = written(tmp_path / "ragas.jsonl", [ragas | {"reference": "Ants march in lines."}] * 2)
    called = answers(file, "--out", tmp_path / "run")
    assert called.code == 0, called
    assert (called.json["suite"], called.json["questions"]) == ("ragas", 2)
    figures = called.json["metrics"]["all"]
    assert "success@1" not in figures  # the papers are not known
    assert figures["quote exactness"]["value"] is None
    assert figures["citation validity"]["value"] == 1
    about = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (about["library"], about["system"]) == (None, "ragas")
    assert load_suite(about["suite_source"]).cases[1].nuggets == ("Ants march in lines.",)
    assert vouched("eval", "score", tmp_path / "run", "--judge", "none").code == 0
    written(file, [ragas | {"reference": "Ants do not."}])
    assert answers(file, "--out", tmp_path / "run").code == 1
    assert len(load_suite(about["suite_source"]).cases) == 2  # the run that was there is as it was
