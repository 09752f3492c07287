"""The library as an environment: an agent outside calls its tools one at a time and is rewarded for what it can show."""

from __future__ import annotations

import re

import pytest

from assistant import Assistant, Settings
from assistant.environment import Action, LibraryEnvironment
from assistant.errors import QuestionError
from ingestion.library import Library

QUESTION = "How much does CodePlan improve on generating responses directly?"


@pytest.fixture
def environment(sample_library: Library) -> LibraryEnvironment:
    return LibraryEnvironment(Assistant.open(sample_library, Settings(llm="extractive")), steps=4)


def test_an_agent_that_gathers_and_quotes_is_rewarded(environment: LibraryEnvironment) -> None:
    observation, tools = environment.reset(QUESTION)
    assert "Code-form Planning" in observation
    assert tools == environment.tools
    observation, *rest = environment.step(Action("gather", QUESTION))
    assert rest == [0.0, False, False]
    found = re.search(r"^\[(\d+)\] \(.*?\) (.*25\.1.*)$", observation, re.MULTILINE)
    assert found
    answer = f"{found[2]} [{found[1]}] It cures the common flu [{found[1]}]."
    observation, reward, done, truncated = environment.step(Action("answer", answer))
    assert (reward, done, truncated) == (0.5, True, False)
    assert "unsupported: It cures the common flu." in observation
    with pytest.raises(QuestionError, match="reset"):  # an answer that was judged is not mended
        environment.step(Action("answer", f"{found[2]} [{found[1]}]"))


def test_numbers_stay_with_their_sentences_over_several_searches(environment: LibraryEnvironment) -> None:
    environment.reset(QUESTION)
    first = environment.step(Action("gather", QUESTION)).observation
    environment.step(Action("gather", "one-step diffusion with adversarial training"))
    assert environment.step(Action("gather", QUESTION)).observation == first


def test_nonsense_is_told_and_counts_until_no_steps_are_left(environment: LibraryEnvironment) -> None:
    environment.reset(QUESTION)
    assert "There is no tool 'fly'" in environment.step(Action("fly", "away")).observation
    assert "cannot be done" in environment.step(Action("search", " ")).observation
    assert "cannot be done" in environment.step(Action("answer", "...!?")).observation
    told = environment.step(Action("search", "ants"))
    assert (told.done, told.truncated) == (False, True)
    assert "Papers found: " in told.observation
    with pytest.raises(QuestionError, match="reset"):
        environment.step(Action("search", "ants"))
    assert environment.reset(QUESTION).observation
    assert not environment.step(Action("search", "ants")).truncated


def test_a_question_comes_first(environment: LibraryEnvironment) -> None:
    with pytest.raises(QuestionError, match="reset"):
        environment.step(Action("search", "ants"))


def test_tools_are_described_as_the_openai_protocol_does(environment: LibraryEnvironment) -> None:
    schemas = [tool.schema() for tool in environment.tools]
    assert [schema["function"]["name"] for schema in schemas] == ["search", "gather", "answer"]
    assert all(schema["function"]["parameters"]["required"] == ["text"] for schema in schemas)
