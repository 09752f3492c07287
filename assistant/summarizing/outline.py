"""What a summary is to say, before it is written: its groups of quotes, in order, each with a heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.answer import Evidence
from assistant.planted import shown
from assistant.reranking import Found
from assistant.summarizing.aspects import Aspect, Moves, Span
from assistant.summarizing.wording import plain

Kind = Literal["topic", "paper", "papers"]


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of evidence with the text that says it and the aspect that it is of."""

    evidence: Evidence
    text: str
    aspect: str


@dataclass(frozen=True, slots=True)
class Group:
    """A heading with its quotes; where there are none, nothing is to be said."""

    heading: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """What a summary of ``subject`` is to say. No groups: the library has nothing on it.

    ``aspects`` are the columns of the table of a selection, else none.
    """

    kind: Kind
    subject: str
    groups: tuple[Group, ...]
    found: Found
    aspects: tuple[str, ...] = ()

    @property
    def quotes(self) -> list[Quote]:
        """All quotes, in order; their evidence is numbered from 1."""
        return [quote for group in self.groups for quote in group.quotes]


def quote_of(moves: Moves, span: Span, aspect: Aspect) -> Quote:
    """Quote a span of a paper on an aspect; its evidence has no number yet."""
    paper, first, last = moves.paper, moves.passages[span[0]], moves.passages[span[1]]
    text = paper.abstract[first.start : last.end]
    score = round(float(moves.weights[aspect.name][span[1]]), 4)
    return Quote(Evidence(0, paper.id, shown(paper.title), text, first.start, last.end, score), plain(text), aspect.name)


def numbered(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Leave out empty groups and number the evidence from 1."""
    kept, number = [], 0
    for group in groups:
        quotes = []
        for quote in group.quotes:
            number += 1
            quotes.append(replace(quote, evidence=replace(quote.evidence, number=number)))
        if quotes:
            kept.append(Group(group.heading, tuple(quotes)))
    return tuple(kept)
