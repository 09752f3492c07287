"""The library as an environment for an agent, after Aviary (Narayanan et al. 2024, arXiv:2412.21154, section 3).

An agent is told of its tools, calls one at a time and reads what comes back, until it answers or has no steps left::

    environment = LibraryEnvironment(Assistant.open("library"))
    observation, tools = environment.reset("How much does CodePlan improve?")
    observation, *_ = environment.step(Action("gather", "improvement of CodePlan over direct generation"))
    observation, reward, done, truncated = environment.step(Action("answer", "It improves by 25.1% on average [1]."))
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.answer import Event
from assistant.desk import Desk
from assistant.errors import QuestionError
from assistant.evidence import Portion
from assistant.grounding import parse_draft
from assistant.question import asked
from assistant.strategies.writing import quietly, supported

if TYPE_CHECKING:
    from assistant.engine import Assistant

STEPS = 8
PORTION = Portion(most=5, margin=4.0, words=250)  # of evidence for one gathering
SEEN = 8  # papers named by a search


@dataclass(frozen=True, slots=True)
class Tool:
    """What an agent can call, with one argument, a text."""

    name: str
    description: str

    def schema(self) -> dict[str, Any]:
        """Describe it as a function, in the form that the OpenAI protocol has for tools."""
        text = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
        return {"type": "function", "function": {"name": self.name, "description": self.description, "parameters": text}}


TOOLS = (
    Tool("search", "Find papers: gives the titles of those nearest to a text."),
    Tool("gather", "Find evidence: gives numbered sentences of papers that bear on a text."),
    Tool("answer", "End: give the answer, each sentence with the numbers of its evidence, as in: It gains 3.1% [2]."),
)


@dataclass(frozen=True, slots=True)
class Action:
    """A call of a tool."""

    tool: str
    text: str


class Begun(NamedTuple):
    """What an agent is told of a question, and its tools."""

    observation: str
    tools: tuple[Tool, ...] = TOOLS


class Told(NamedTuple):
    """What came back. ``reward`` is the share of an answer's statements that their evidence supports, before that 0.

    ``done`` says that the question is answered, ``truncated`` that no steps are left.
    """

    observation: str
    reward: float = 0.0
    done: bool = False
    truncated: bool = False


class LibraryEnvironment:
    """One question at a time over the library of an assistant, whose reader and verifier are used; no language model is."""

    tools = TOOLS

    def __init__(self, assistant: Assistant, steps: int = STEPS) -> None:
        """Give an agent at most so many steps for a question."""
        self.assistant, self.steps = assistant, steps
        self.taken = 0
        self.desk: Desk | None = None  # while a question is open

    def reset(self, question: str, **scope: Any) -> Begun:  # noqa: ANN401 (as Assistant.ask)
        """Begin a question. Raises QuestionError, LibraryError."""
        self.desk, self.taken = quietly(self.assistant.begin(asked(question), **scope)), 0
        return Begun(f"Question: {self.desk.question}\n{papers_found(self.desk)}")

    def step(self, action: Action) -> Told:
        """Call a tool. An action without sense is told to be none, and counts.

        Raises:
            QuestionError: no question is open: it is before `reset`, or the last step was done or truncated.
        """
        if self.desk is None:
            raise QuestionError("There is no open question: call reset(question) first.")
        self.taken += 1
        told = quietly(taken(self.desk, action))
        told = told._replace(truncated=not told.done and self.taken >= self.steps)
        if told.done or told.truncated:
            self.desk = None
        return told


def taken(desk: Desk, action: Action) -> Generator[Event, None, Told]:
    """Do what an action says, on a desk."""
    try:
        text = asked(action.text)
    except QuestionError as error:
        return Told(f"That cannot be done: {error}")
    if action.tool == "search":
        found = yield from desk.find(text)
        desk.found = desk.found.joined(found)
        return Told(papers_found(desk, [paper.title for paper in found.retrieved()]))
    if action.tool == "gather":
        evidence = yield from desk.gather(text, PORTION)
        return Told("\n".join(f"[{e.number}] ({e.title}) {e.quote}" for e in evidence) or "Nothing bears on that.")
    if action.tool == "answer":
        statements = desk.check(parse_draft(action.text, desk.evidence))
        verdicts = [f"{statement.verdict}: {statement.text}" for statement in statements]
        return Told(
            "\n".join(verdicts) or "That is no answer: it has no sentence.", supported(statements), done=bool(verdicts)
        )
    return Told(f"There is no tool {action.tool!r}. There are: {', '.join(tool.name for tool in TOOLS)}.")


def papers_found(desk: Desk, titles: list[str] | None = None) -> str:
    """Name papers, by default the first that were found."""
    named = [paper.title for paper in desk.found.retrieved()] if titles is None else titles
    return "Papers found: " + ("; ".join(named[:SEEN]) or "none")
