"""A question and what became of it: the answer, what a judge said of it, and the values of the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.answer import Verdict
from evals.suite import Case

# What a claim of an answer is held against: see `evals.grounding`.
Of = Literal["statement", "citation", "rest", "nugget", "attributed", "gold"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge said of one claim, with what it was shown.

    ``index`` is the place of the statement or nugget, from 0; ``citation`` the number of the citation that is shown alone or
    left out. ``score`` is the probability of support, 0 to 1; ``evidence`` what it rests on, where the judge says so.
    """

    of: Of
    index: int
    claim: str
    quotes: tuple[str, ...]
    verdict: Verdict
    score: float
    citation: int | None = None
    alarms: tuple[str, ...] = ()
    evidence: str | None = None

    @property
    def supported(self) -> bool:
        """Tell support from its absence and from doubt."""
        return self.verdict == "supported"


@dataclass(frozen=True, slots=True)
class Judged:
    """All that a judge said of one answer."""

    by_place: Mapping[tuple[Of, int, int | None], Judgement]

    def get(self, of: Of, index: int, citation: int | None = None) -> Judgement | None:
        """Give a judgement, None where there was nothing to judge."""
        return self.by_place.get((of, index, citation))

    def all(self, of: Of) -> list[Judgement]:
        """Give all judgements of one sort."""
        return [judgement for judgement in self.by_place.values() if judgement.of == of]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question and what became of it.

    ``answer`` is the contract's object, None after an error; ``abstracts`` are those of the library, by the paper's id;
    ``ranked`` are the question's values of the metrics of retrieval; ``judged`` is None where no judge was asked;
    ``original`` is what became of the question that this one varies; ``peak_mib`` the memory that the system had taken.
    """

    case: Case
    answer: dict[str, Any] | None
    abstracts: Mapping[str, str] = field(default_factory=dict)
    ranked: Mapping[str, float] = field(default_factory=dict)
    judged: Judged | None = None
    original: Outcome | None = None
    peak_mib: float | None = None

    @property
    def answered(self) -> bool:
        """Tell an answer from an abstention or an error."""
        return self.answer is not None and self.answer["status"] == "answered"

    @property
    def abstained(self) -> bool:
        """Tell an abstention from an answer or an error."""
        return self.answer is not None and not self.answered

    @property
    def statements(self) -> list[dict[str, Any]]:
        """Give the statements of an answer; an abstention states nothing."""
        return list(self.answer["statements"]) if self.answer is not None and self.answered else []

    @property
    def cited(self) -> list[dict[str, Any]]:
        """Give the citations of an answer; those of an abstention are only the nearest evidence."""
        return list(self.answer["citations"]) if self.answer is not None and self.answered else []

    @property
    def said(self) -> str:
        """Give the words of an answer without markers, nothing for an abstention."""
        return " ".join(statement["text"] for statement in self.statements)

    def quotes_of(self, statement: dict[str, Any]) -> dict[int, dict[str, Any]]:
        """Give the citations of a statement by number; numbers that name none are left out."""
        known = {citation["number"]: citation for citation in self.cited}
        return {number: known[number] for number in statement.get("citations", ()) if number in known}

    def contexts(self, papers: int = 5) -> list[str]:
        """Give what the answer was drawn from: the contexts it came with, else the first abstracts retrieved."""
        if self.answer is None:
            return []
        if "contexts" in self.answer:
            return list(self.answer["contexts"])
        return [self.abstracts.get(paper["paper_id"], "") for paper in self.answer["retrieved"][:papers]]


@dataclass(frozen=True, slots=True)
class Score:
    """The values of one question, by metric; None where the metric is about it but has no value, absent where it is not."""

    id: str
    kind: str
    values: dict[str, float | None]
