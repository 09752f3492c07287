"""What an answer is made of: evidence, statements, citations, verdicts.

All are frozen: once a thing is said about a paper it does not change. Every offset counts Unicode code points in the
paper's abstract, and ``abstract[start:end] == quote`` always holds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Verdict = Literal["supported", "unsupported", "undetermined"]
Status = Literal["answered", "abstained"]
Alarm = Literal["number", "name", "negation", "direction"]  # see `assistant.alarms`


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of one abstract (one or more adjacent sentences) that bears on a question, verbatim.

    ``number`` is how the model is shown it, from 1. ``score`` is comparable within one question only.
    """

    number: int
    paper_id: str
    title: str
    quote: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer with the numbers of the citations that are to carry it, and how that check came out.

    ``score`` is the check's confidence that the quotes support the text, from 0 to 1; ``alarms`` are what the text says and
    the quotes plainly do not.
    """

    text: str
    citations: tuple[int, ...]
    verdict: Verdict
    score: float
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """An exact quote from a paper, numbered from 1 in the order in which the answer first uses it."""

    number: int
    paper_id: str
    title: str
    quote: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class RetrievedPaper:
    """A paper that the question found; ``score`` is the probability that it answers, 0 for one that was not read."""

    paper_id: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost. ``cost_usd`` is None when the price of the model is not known.

    ``cached_calls`` are those that were not made, because their answers were kept from before.
    """

    model: str = "extractive"
    llm_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = 0.0
    cached_calls: int = 0


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall-clock milliseconds of each stage."""

    retrieve_ms: float = 0.0
    read_ms: float = 0.0
    answer_ms: float = 0.0
    verify_ms: float = 0.0
    total_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question, or the reason why the library cannot give one.

    ``answer`` is Markdown in which every factual sentence ends with its markers, such as ``[1][3]``. When ``status`` is
    ``abstained``, ``reason`` says why and ``citations`` holds the nearest evidence. ``notes`` are remarks for the
    reader, for instance that the model could not be reached and the answer is an extractive one. ``denied_by`` is the number
    of the citation that contradicts what the question takes for granted, if one does; the answer begins with it.
    ``understood`` is the question as it was searched for, where a chat made a follow-up whole.
    """

    question: str
    status: Status
    answer: str
    reason: str | None
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    retrieved: tuple[RetrievedPaper, ...]
    usage: Usage = field(default_factory=Usage)
    timings: Timings = field(default_factory=Timings)
    notes: tuple[str, ...] = ()
    denied_by: int | None = None
    understood: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the answer as the JSON object of the contract."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Stage:
    """An event while an answer is made: a stage begins. ``detail`` says what the stage before it found."""

    name: Literal["understanding", "searching", "reading", "planning", "writing", "checking"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """An event while an answer is made: a further piece of the draft, not yet checked against its quotes."""

    text: str


Event = Stage | Delta | Answer
