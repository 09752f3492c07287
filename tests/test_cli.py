"""``vouched ask`` and ``search`` as the contract has them, help, and what a start costs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from command import IDS, process, small_library, vouched, written
from typer.core import TyperGroup
from typer.main import get_command

from assistant.cli import app
from evals.cli import app as eval_app
from ingestion.library import Library

ANSWER = (
    "question",
    "status",
    "answer",
    "reason",
    "statements",
    "citations",
    "retrieved",
    "usage",
    "timings",
    "notes",
    "denied_by",
    "understood",
)
STATEMENT = ("text", "citations", "verdict", "score", "alarms")
CITATION = ("number", "paper_id", "title", "quote", "start", "end", "score")
RETRIEVED = ("paper_id", "title", "score")
USAGE = ("model", "llm_calls", "prompt_tokens", "completion_tokens", "cost_usd", "cached_calls")
TIMINGS = ("retrieve_ms", "read_ms", "answer_ms", "verify_ms", "total_ms")
RESULT = ("paper_id", "title", "score", "passages")
PASSAGE = ("text", "start", "end", "score")
ANSWERABLE = "How much does CodePlan improve on generating responses directly?"
OFF_TOPIC = "How long should sourdough rest before baking?"
LISTING_MODULES = """
import sys
from assistant.cli import main
try:
    main()
finally:
    print(" ".join(sys.modules), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("cli"))


def commands() -> list[tuple[str, ...]]:
    """List every command and group, by its words."""
    found: list[tuple[str, ...]] = []

    def walk(command: Any, words: tuple[str, ...]) -> None:
        found.append(words)
        if isinstance(command, TyperGroup):
            for name, child in command.commands.items():
                walk(child, (*words, name))

    walk(get_command(app), ())
    walk(get_command(eval_app), ("eval",))
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_help_shows_an_example(words: tuple[str, ...]) -> None:
    called = vouched(*words, "--help")
    said = re.sub(r"[\s│]+", " ", called.out)
    assert (called.code, called.err) == (0, "")
    if words not in {("papers",), ("eval",)}:
        assert re.search(rf"(Examples?|Begin with): vouched {' '.join(words)}", said)


def test_a_plain_call_shows_the_help() -> None:
    called = vouched()
    assert "Usage: vouched [OPTIONS] COMMAND" in called.out
    assert "Begin with: vouched ingest --sample" in called.out


@pytest.mark.parametrize("question", [ANSWERABLE, OFF_TOPIC, "Which papers distil diffusion models into few steps?"])
def test_ask_gives_the_object_of_the_contract(question: str, sample_library: Library) -> None:
    answer = vouched("ask", question, "--library", sample_library.path, "--json").json
    assert tuple(answer) == ANSWER
    assert (tuple(answer["usage"]), tuple(answer["timings"])) == (USAGE, TIMINGS)
    for name, keys in {"statements": STATEMENT, "citations": CITATION, "retrieved": RETRIEVED}.items():
        assert all(tuple(item) == keys for item in answer[name])
    assert answer["question"] == question
    assert len({paper["paper_id"] for paper in answer["retrieved"]}) == len(answer["retrieved"]) >= 10
    scores = [paper["score"] for paper in answer["retrieved"]]
    assert scores == sorted(scores, reverse=True)
    assert all(milliseconds >= 0 for milliseconds in answer["timings"].values())
    assert answer["citations"]
    for citation in answer["citations"]:
        paper = sample_library.paper(citation["paper_id"])
        assert paper.abstract[citation["start"] : citation["end"]] == citation["quote"]
        assert citation["title"] == paper.title
    assert [citation["number"] for citation in answer["citations"]] == list(range(1, len(answer["citations"]) + 1))


def test_an_answer_marks_every_statement_and_numbers_in_order_of_first_use(sample_library: Library) -> None:
    answer = vouched("ask", ANSWERABLE, "--library", sample_library.path, "--json").json
    used = [int(number) for number in re.findall(r"\[(\d+)\]", answer["answer"])]
    assert (answer["status"], answer["reason"]) == ("answered", None)
    assert list(dict.fromkeys(used)) == [citation["number"] for citation in answer["citations"]]
    assert used == [number for statement in answer["statements"] for number in statement["citations"]]
    for statement in answer["statements"]:
        markers = "".join(f"[{number}]" for number in statement["citations"])
        assert f"{statement['text'].rstrip('.')} {markers}." in answer["answer"]
        assert statement["verdict"] == "supported"
        assert statement["score"] >= 0.5
    assert "25.1\\%" in answer["answer"]


def test_an_abstention_says_why_and_gives_the_nearest_evidence(sample_library: Library) -> None:
    answer = vouched("ask", OFF_TOPIC, "--library", sample_library.path, "--json").json
    assert (answer["status"], answer["statements"]) == ("abstained", [])
    assert answer["reason"]
    assert answer["reason"] in answer["answer"]
    assert all(citation["title"] in answer["answer"] for citation in answer["citations"])


def test_without_json_a_person_reads_the_answer_and_its_quotes(sample_library: Library) -> None:
    called = vouched("ask", ANSWERABLE, "--library", sample_library.path)
    assert called.code == 0
    assert "25.1\\%" in called.out
    assert re.search(r"\nEvidence\n\[1\] ✓ Unlocking Reasoning Potential", called.out)
    assert "{" not in called.out
    nearest = vouched("ask", OFF_TOPIC, "--library", sample_library.path)
    assert nearest.out.startswith("The library does not answer this")
    assert "Nearest evidence" in nearest.out
    assert "“" in nearest.out  # an abstention quotes what it found


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--paper", IDS[2]], {IDS[2]}),
        (["--paper", IDS[2], "--paper", IDS[0]], {IDS[2], IDS[0]}),
        (["--year-from", "2021"], {IDS[0], IDS[1]}),
        (["--year-from", "2022"], {IDS[1]}),
        (["--year-to", "2022"], {IDS[0]}),
        (["--year-from", "2021", "--year-to", "2021", "--paper", IDS[0]], {IDS[0]}),
        (["--year-from", "2030"], set()),
    ],
)
def test_a_scope_limits_the_papers(options: list[str], kept: set[str], library: Path) -> None:
    answer = vouched("ask", "When are walnuts harvested?", "--library", library, "--json", *options).json
    assert {paper["paper_id"] for paper in answer["retrieved"]} == kept
    assert {citation["paper_id"] for citation in answer["citations"]} <= kept
    assert answer["status"] == ("answered" if IDS[2] in kept else "abstained")


def test_search_gives_the_best_papers_first_with_exact_passages(sample_library: Library) -> None:
    found = vouched("search", "CodePlan", "-k", 5, "--library", sample_library.path, "--json").json
    assert tuple(found) == ("query", "results", "timings")
    assert len(found["results"]) == 5
    assert found["results"][0]["title"].endswith("by Scaling Code-form Planning")
    scores = [result["score"] for result in found["results"]]
    assert scores == sorted(scores, reverse=True)
    assert found["results"][0]["passages"]
    for result in found["results"]:
        assert tuple(result) == RESULT
        abstract = sample_library.paper(result["paper_id"]).abstract
        for passage in result["passages"]:
            assert tuple(passage) == PASSAGE
            assert abstract[passage["start"] : passage["end"]] == passage["text"]


def test_search_without_json_lists_titles_and_ids(library: Path) -> None:
    called = vouched("search", "walnut", "--library", library)
    assert called.out.startswith("  1. An undated study of walnut harvesting")
    assert IDS[2] in called.out


BATCH = b'\xef\xbb\xbf{"id": 7, "question": "When are walnuts harvested?", "query": "walnuts"}\n\nnot JSON\n' + (
    '{"id": "ü", "question": "", "query": " "}\n{"id": [1]}\n["a list"]\n'
    '{"question": "Do models grow 25.1 % schneller?", "query": "schneller größer"}\n'
    + '{"id": ' + "1" * 5000 + "}\n" + "[" * 100_000 + "\n"
).encode()  # fmt: skip


@pytest.mark.parametrize(("command", "field"), [("ask", "question"), ("search", "query")])
@pytest.mark.parametrize("by_stdin", [True, False])
def test_a_batch_answers_in_order_and_reports_bad_lines_in_place(
    command: str, field: str, by_stdin: bool, library: Path, tmp_path: Path
) -> None:
    (tmp_path / "batch.jsonl").write_bytes(BATCH)
    source, stdin = ("-", BATCH) if by_stdin else (tmp_path / "batch.jsonl", b"")
    called = vouched(command, "--batch", source, "--library", library, "--json", stdin=stdin)
    lines = called.lines
    assert called.code == 0
    assert [line["id"] for line in lines] == [7, None, "ü", [1], None, None, None, None]
    assert ["error" in line for line in lines] == [False, True, True, True, True, False, True, True]
    assert all(
        set(line) == {"id", "error"} and set(line["error"]) == {"type", "message"} for line in lines if "error" in line
    )
    numbered = [re.search(r"Line (\d+)", line["error"]["message"]) for line in lines if "error" in line]
    assert [match and int(match.group(1)) for match in numbered] == [3, None, 5, 6, 8, 9]
    assert lines[0][field] == json.loads(BATCH.decode("utf-8-sig").split("\n")[0])[field]
    assert lines[5][field].startswith(("Do models grow", "schneller größer"))


def test_a_batch_without_json_reads_as_questions_with_answers(library: Path, tmp_path: Path) -> None:
    batch = written(
        tmp_path / "b.jsonl", [{"id": "q1", "question": "When are walnuts harvested?"}, {"id": "q2", "question": ""}]
    )
    called = vouched("ask", "--batch", batch, "--library", library)
    assert called.code == 0
    assert "q1: When are walnuts harvested?" in called.out
    assert "autumn" in called.out
    assert "q2: The question is empty." in called.err


def test_a_batch_in_which_every_line_fails_has_failed(library: Path) -> None:
    called = vouched("ask", "--batch", "-", "--library", library, "--json", stdin=b"nonsense\n")
    assert (called.code, called.json["id"]) == (1, None)


def test_a_cold_ask_answers_and_imports_no_giants(library: Path) -> None:
    called = process("ask", "When are walnuts harvested?", "--library", library, "--json", program=("-c", LISTING_MODULES))
    assert called.code == 0
    assert called.json["status"] == "answered"
    modules = set(called.err.splitlines()[-1].split())
    assert "openvino" in modules
    assert not modules & {"torch", "transformers", "gradio", "tensorflow", "scipy", "sklearn"}


def test_listing_papers_imports_no_stores(library: Path) -> None:
    called = process("papers", "list", "--library", library, program=("-c", LISTING_MODULES))
    modules = set(called.err.splitlines()[-1].split())
    assert called.out.count("\n") == 3
    assert "sqlite3" in modules
    assert not modules & {"chromadb", "llama_index", "llama_index.core", "openvino", "tantivy", "gradio", "torch"}


def test_doctor_says_what_works_and_the_remedy_for_what_does_not(library: Path, tmp_path: Path) -> None:
    well = vouched("doctor", "--library", library, "--json")
    assert well.code == 0
    assert all(check["ok"] for check in well.json["checks"])
    ill = vouched("doctor", "--library", tmp_path / "none")
    assert ill.code == 1
    assert "✗ Library: There is no library in" in ill.out
    assert "✓ Embedder: all-MiniLM-L6-v2, 384 dimensions" in ill.out
