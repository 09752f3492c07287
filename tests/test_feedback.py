"""What readers say of answers is kept, and becomes a suite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import vouched

from assistant import Assistant, Settings, feedback
from ingestion.library import Library

LIKED, REFUSED, WRONG = "How does NitroFusion work?", "How is bread baked?", "What is MALT?"


@pytest.fixture(scope="module")
def assistant(sample_library: Library) -> Assistant:
    return Assistant(sample_library, Settings(llm="extractive"))


def test_liked_answers_become_a_suite_that_fits(assistant: Assistant, tmp_path: Path) -> None:
    file, suite = tmp_path / "feedback.jsonl", tmp_path / "liked.jsonl"
    for question, said in ((LIKED, "Dislike"), (LIKED, "Like"), (REFUSED, "Like"), (WRONG, "Incomplete")):
        feedback.keep(file, assistant.ask(question), said)
    assert file.stat().st_mode & 0o077 == 0
    made = vouched("eval", "from-feedback", file, "--out", suite, "--json")
    assert (made.code, made.json["cases"], made.json["disliked"]) == (0, 2, 2)
    cases = {case["question"]: case for case in map(json.loads, suite.read_text(encoding="utf-8").splitlines())}
    cited = assistant.ask(LIKED).citations
    assert cases[LIKED]["evidence"] == [citation.quote for citation in cited]
    assert cases[LIKED]["papers"] == list(dict.fromkeys(citation.paper_id for citation in cited))
    assert cases[REFUSED]["kind"] == "unanswerable"
    checked = vouched("eval", "validate", suite, "--library", assistant.library.path)
    assert checked.code == 0, checked.out + checked.err


def test_what_cannot_be_kept_or_read_is_told(assistant: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "feedback.jsonl"
    file.mkdir()
    with pytest.raises(feedback.FeedbackError, match="cannot be written"):
        feedback.keep(file, assistant.ask(LIKED), "Like")
    file.rmdir()
    file.write_text('{"said": "Like"}\n')
    called = vouched("eval", "from-feedback", file, "--out", tmp_path / "suite.jsonl")
    assert (called.code, "line 1 is no feedback" in called.err) == (1, True)
    file.write_text("")
    called = vouched("eval", "from-feedback", file, "--out", tmp_path / "suite.jsonl")
    assert (called.code, "nothing to make a suite of" in called.err) == (1, True)
