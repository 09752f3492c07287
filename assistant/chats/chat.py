"""A chat: each question may lean on those before it. What was asked, and how it was understood, is kept."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from assistant.answer import Answer, Event, Stage, Usage
from assistant.budget import room_for, tokens_of
from assistant.chats.following import Said, leans, names_in, whole
from assistant.errors import LLMError
from assistant.question import MAX_QUESTION, asked
from prompts import render

if TYPE_CHECKING:
    from assistant.engine import Assistant

REMEMBERED = 4  # turns that the model is shown; of its answers so many characters
MOST_ANSWER = 800


class Answerer(Protocol):
    """Who answers: an `Assistant`, or whoever can do the same."""

    @property
    def stream(self) -> Callable[..., Iterator[Event]]:
        """Given a question and a scope, yields the stages and the draft of an answer, and the answer last."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as it was asked, and its answer, as the object of the contract."""

    question: str
    answer: dict[str, Any]

    def said(self) -> Said:
        """Give what a later question may lean on: the question as it was understood, and the papers in order of citation."""
        titles = dict.fromkeys(str(citation.get("title", "")) for citation in self.answer.get("citations") or ())
        return Said(self.answer.get("understood") or self.question, str(self.answer.get("answer", "")), tuple(titles))


@dataclass(frozen=True, slots=True)
class Understood:
    """A question made whole, what that has cost, and a note where a model was asked and failed."""

    question: str
    usage: Usage = field(default_factory=Usage)
    note: str | None = None


Understanding = Callable[[str, Sequence[Said]], Understood]


def by_rule(question: str, history: Sequence[Said]) -> Understood:
    """Make a question whole without a model."""
    return Understood(whole(question, history))


class Chat:
    """One conversation with one library. Nothing of it is shared with another."""

    def __init__(self, answerer: Answerer, turns: Iterable[Turn] = (), understanding: Understanding | None = None) -> None:
        """Begin a chat, or go on with ``turns``. Questions are made whole by rule unless ``understanding`` does it."""
        self.answerer, self.turns = answerer, list(turns)
        self.understand = understanding or by_rule

    def ask(self, question: str, **scope: Any) -> Answer:  # noqa: ANN401 (as Assistant.ask)
        """Answer a question in the light of those before it. Raises what `Assistant.ask` does."""
        *_, answer = self.stream(question, **scope)
        assert isinstance(answer, Answer)  # noqa: S101 (every stream ends in one)
        return answer

    def stream(self, question: str, **scope: Any) -> Generator[Event, None, None]:  # noqa: ANN401 (as Assistant.stream)
        """Yield how the question was understood, if it was changed, and then what `Assistant.stream` does."""
        question = asked(question)
        understood = self.understand(question, [turn.said() for turn in self.turns])
        if understood.question != question:
            yield Stage("understanding", understood.question)
        for event in self.answerer.stream(understood.question, **scope):
            yield self._finished(event, question, understood) if isinstance(event, Answer) else event

    def _finished(self, answer: Answer, question: str, understood: Understood) -> Answer:
        """Say of an answer how its question was understood and what that cost, and keep the turn."""
        told = replace(
            answer,
            question=question,
            understood=understood.question if understood.question != question else None,
            notes=(*answer.notes, *([understood.note] if understood.note else [])),
            usage=_together(answer.usage, understood.usage),
        )
        self.keep(Turn(question, told.to_dict()))
        return told

    def keep(self, turn: Turn) -> None:
        """Take a finished turn in."""
        self.turns.append(turn)


def by_model(assistant: Assistant) -> Understanding:
    """Have the assistant's model make questions whole, in one call; where there is none, or it fails, the rule does it."""
    from assistant.llm import open_writer
    from assistant.strategies import only_quotes

    def understand(question: str, history: Sequence[Said]) -> Understood:
        ruled = whole(question, history)
        if not history or not leans(question) or only_quotes(assistant.settings, assistant.llm):
            return Understood(ruled)
        writer = None
        try:
            writer = open_writer(assistant.settings, assistant.llm, streaming=False)
            room = room_for(assistant.settings, writer.llm.metadata)
            turns = [replace(said, answer=said.answer[:MOST_ANSWER]) for said in history[-REMEMBERED:]]
            prompted = partial(render, "follow-up.v1", own=assistant.settings.prompts, question=question)
            while len(turns) > 1 and tokens_of(prompted(turns=turns)) > room:
                turns.pop(0)
            written = "".join(writer.write(prompted(turns=turns)))
        except LLMError as error:
            usage = Usage() if writer is None else writer.meter.usage()
            return Understood(ruled, usage, f"The model could not make the question whole, so a rule did. {error}")
        return Understood(_checked(written, question) or ruled, writer.meter.usage())

    return understand


def _checked(written: str, question: str) -> str | None:
    """Give the question that a model wrote; None where it is none, is long, or lost a name or number of the user's."""
    lines = [line.strip(" -*\"'`#") for line in written.splitlines()]
    found = [line for line in lines if any(character.isalnum() for character in line)]
    if len(found) != 1 or len(found[0]) > min(MAX_QUESTION, len(question) + 400):
        return None
    kept = [*names_in(question), *(word for word in question.split() if any(map(str.isdigit, word)))]
    return found[0] if all(name.strip("?.,").casefold() in found[0].casefold() for name in kept) else None


def _together(answer: Usage, before: Usage) -> Usage:
    cost = None if answer.cost_usd is None or before.cost_usd is None else answer.cost_usd + before.cost_usd
    return replace(
        answer,
        llm_calls=answer.llm_calls + before.llm_calls,
        prompt_tokens=answer.prompt_tokens + before.prompt_tokens,
        completion_tokens=answer.completion_tokens + before.completion_tokens,
        cached_calls=answer.cached_calls + before.cached_calls,
        cost_usd=cost,
    )
