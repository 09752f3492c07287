"""A question that takes for granted what its paper denies: the answer says so first, with the sentence that denies it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from openai_server import ScriptedServer, says, scripted_server

from assistant import Assistant, Settings
from assistant.claims import Claim, Verified
from assistant.premises import SURE
from ingestion.library import Library
from ingestion.paper import Paper

ABSTRACT = (
    "The Zorbex engine burns iron pellets. It reaches 900 degrees at sea level. Contrary to other engines, it needs no "
    "cooling water at all. Bakers in the valley use it for rye bread."
)
DENIES = "Contrary to other engines, it needs no cooling water at all."
QUESTION = "How much cooling water does the Zorbex engine need?"


class Denying:
    """Finds a question denied by the texts that hold certain words, as surely as it is told."""

    def __init__(self, sure: float) -> None:
        self.sure = sure

    def load(self) -> None:
        pass

    def verify(self, claims: Sequence[Claim]) -> list[Verified]:
        denied = [self.sure if "no cooling water" in " ".join(claim.quotes) else 0.0 for claim in claims]
        quoted = [any(claim.text in quote for quote in claim.quotes) for claim in claims]
        return [
            Verified("supported" if said else "unsupported", float(said), no)
            for said, no in zip(quoted, denied, strict=True)
        ]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library.open(tmp_path / "library", create=True)
    library.add([Paper("z", "Zorbex engines", ABSTRACT)])
    return library


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as scripted:
        yield scripted


def test_the_answer_begins_with_what_denies_the_premise(library: Library) -> None:
    settings = Settings(llm="extractive", caution="bold", name_false_premises=True)
    answer = Assistant.open(library, settings, verifier=Denying(0.97)).ask(QUESTION)
    lead = f"Contrary to what the question takes for granted: “{DENIES}”"
    assert (answer.status, answer.denied_by) == ("answered", 1)
    assert (answer.statements[0].text, answer.statements[0].citations, answer.statements[0].score) == (lead, (1,), 0.97)
    assert answer.citations[0].quote == DENIES
    assert answer.answer.startswith("*Zorbex engines*: Contrary to")
    assert sum(DENIES.rstrip(".") in statement.text for statement in answer.statements) == 1  # not said again
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))


def test_a_premise_that_is_only_perhaps_denied_is_left_alone(library: Library) -> None:
    settings = Settings(llm="extractive", caution="bold", name_false_premises=True)
    answer = Assistant.open(library, settings, verifier=Denying(SURE - 0.01)).ask(QUESTION)
    assert answer.denied_by is None
    assert not any("Contrary to what" in statement.text for statement in answer.statements)


def test_premises_are_looked_into_only_when_wanted(library: Library) -> None:
    answer = Assistant.open(library, Settings(llm="extractive", caution="bold"), verifier=Denying(0.97)).ask(QUESTION)
    assert (answer.status, answer.denied_by) == ("answered", None)


def test_a_model_that_falls_for_the_premise_is_set_right(library: Library, server: ScriptedServer) -> None:
    server.script(says("The Zorbex engine burns iron pellets [1]."))
    settings = Settings(llm="openai", model="scripted", openai_base_url=server.url, caution="bold", name_false_premises=True)
    answer = Assistant.open(library, settings, verifier=Denying(0.9)).ask(QUESTION)
    assert answer.denied_by == 1
    assert answer.statements[0].text.startswith("Contrary to what the question takes for granted")
    assert DENIES in [citation.quote for citation in answer.citations]
    assert DENIES in server.calls[0].prompt
