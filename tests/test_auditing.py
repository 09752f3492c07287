"""``vouched check FILE``: somebody's text is held against the library; what supports a sentence is quoted exactly."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import vouched

from assistant.auditing import audit, sentences
from assistant.lexical import LexicalVerifier
from assistant.retrieval import HybridRetriever
from assistant.verifying import PackagedVerifier
from ingestion.library import Library

DRAFT = """# Related work

tasksource brings annotations to more than 400 English tasks
for multi-task learning [3].

- Bread is baked from rye in most valleys.
"""


def test_a_text_is_split_into_the_sentences_it_says() -> None:
    assert sentences(DRAFT) == [
        "tasksource brings annotations to more than 400 English tasks for multi-task learning.",
        "Bread is baked from rye in most valleys.",
    ]
    assert sentences("One is here. Two\nis there.\n\nThree") == ["One is here.", "Two is there.", "Three"]
    assert sentences("# Only a heading\n\n---\n") == []


def test_a_sentence_of_an_abstract_is_supported_by_that_very_sentence(sample_library: Library) -> None:
    papers = list(sample_library.papers())[:6]
    said = [paper.abstract[: paper.abstract.index(". ") + 1] for paper in papers]
    seen: list[int] = []
    found = audit(said, HybridRetriever(sample_library), LexicalVerifier(), seen.append)
    assert seen == list(range(1, 7))
    assert {statement.verdict for statement in found.statements} == {"supported"}
    by_number = {citation.number: citation for citation in found.citations}
    for paper, sentence, statement in zip(papers, said, found.statements, strict=True):
        [number] = statement.citations
        citation = by_number[number]
        assert (citation.paper_id, citation.quote) == (paper.id, sentence)
        assert paper.abstract[citation.start : citation.end] == citation.quote
    assert list(by_number) == list(range(1, len(by_number) + 1))


def test_what_the_library_does_not_say_is_not_supported_but_has_its_nearest_quote(sample_library: Library) -> None:
    said = ["Bread is baked from rye in most valleys.", "tasksource holds annotations for just 17 English tasks."]
    found = audit(said, HybridRetriever(sample_library), PackagedVerifier())
    assert all(statement.verdict != "supported" for statement in found.statements)
    assert all(statement.citations for statement in found.statements)
    assert "number" in found.statements[1].alarms
    by_number = {citation.number: citation for citation in found.citations}
    assert by_number[found.statements[1].citations[0]].title.startswith("tasksource")


def test_an_empty_library_supports_nothing(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library", create=True)
    found = audit(["Snow is cold."], HybridRetriever(library), LexicalVerifier())
    assert [(s.verdict, s.citations) for s in found.statements] == [("unsupported", ())]
    assert found.citations == ()


def test_the_command_gives_the_object_of_the_contract(sample_library: Library, tmp_path: Path) -> None:
    file = tmp_path / "draft.md"
    file.write_text(DRAFT, encoding="utf-8")
    called = vouched("check", file, "--library", sample_library.path, "--json")
    assert called.code == 0
    assert list(called.json) == ["statements", "citations"]
    assert list(called.json["statements"][0]) == ["text", "citations", "verdict", "score", "alarms"]
    assert list(called.json["citations"][0]) == ["number", "paper_id", "title", "quote", "start", "end", "score"]
    told = vouched("check", "-", "--library", sample_library.path, stdin=DRAFT.encode())
    assert "Bread is baked from rye in most valleys." in told.out
    assert "nearest: " in told.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Give a text FILE, or --pairs FILE.jsonl."),
        (["a.md", "--pairs", "b.jsonl"], "Give a text FILE, or --pairs FILE.jsonl."),
        (["no-such-draft.md"], "no-such-draft.md cannot be read"),
        (["-"], "holds no sentence to check"),
    ],
)
def test_a_wrong_call_is_told(sample_library: Library, arguments: list[str], words: str) -> None:
    called = vouched("check", *arguments, "--library", sample_library.path, "--json")
    assert called.code == 2
    assert words in called.json["error"]["message"]
