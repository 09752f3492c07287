"""Many users of a served app, in small: they find no fault with a sound one, and see what is wrong with another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.bench import corpora, serving
from evals.bench.measuring import Recorder
from evals.bench.visitors import Known, Page, Program, Reader, WrongAnswerError
from ingestion.library import Library

QUESTION, OTHER = "What is NitroFusion?", "What is MALT?"


def told(*_: object) -> None:
    """Tell nobody."""


@pytest.fixture(scope="module")
def url(sample_library: Library) -> Iterator[str]:
    with serving.served(sample_library) as (address, _):
        yield address


@pytest.fixture(scope="module")
def known(url: str) -> dict[str, Known]:
    return {question: Known.of(Program(url).answer(question)) for question in (QUESTION, OTHER)}


def test_both_kinds_of_users_are_measured_beside_one_alone(sample_library: Library, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    asked = corpora.questions(3, answerable=True)
    found = serving.measure(recorder, sample_library, asked, 4, 4, 0.2, told)
    assert found.errors == []
    assert all(found.seconds.values())
    cases = {item.case for item in recorder.measured}
    assert {serving.ALONE, "API, p95", "page, p95", "answers", "errors"} <= cases


def test_a_wrong_answer_is_noticed(url: str, known: dict[str, Known]) -> None:
    for visitor in (Program(url), Reader(Page(url))):
        assert visitor.ask(QUESTION, known[QUESTION]) > 0
        visitor.close()
        fresh = type(visitor)(url if isinstance(visitor, Program) else Page(url))  # type: ignore[arg-type]
        with pytest.raises(WrongAnswerError):
            fresh.ask(QUESTION, known[OTHER])
        fresh.close()


def test_a_conversation_that_holds_anothers_question_is_noticed(url: str, known: dict[str, Known]) -> None:
    page = Page(url)
    one, other = Reader(page), Reader(page)
    other._session = one._session
    one.ask(QUESTION, known[QUESTION])
    with pytest.raises(WrongAnswerError, match="the page shows"):
        other.ask(OTHER, known[OTHER])


def test_a_crowd_tells_every_wrong_answer(url: str, known: dict[str, Known]) -> None:
    swapped = {QUESTION: known[OTHER], OTHER: known[QUESTION]}
    found = serving.crowd(Page(url), swapped, 2, 3, 0.2, told)
    assert found.errors
    assert found.seconds["API"] == []
