"""What chosen papers say of each aspect, one after the other, or one paper in more sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.planted import shown
from assistant.reranking import Found
from assistant.summarizing.aspects import APPROACH, ASPECTS, DATA, PROBLEM, RESULT, Aspect, Moves, Span
from assistant.summarizing.outline import Group, Outline, Quote, numbered, quote_of

LEAST, SENTENCES = 3, 5  # sentences of a summary of one paper, where its abstract has them


def of_papers(found: Found, moves: Sequence[Moves], aspects: Sequence[Aspect]) -> Outline:
    """Say each aspect of each paper; of one paper alone, the approach and the result with a second sentence each."""
    alone = len(moves) == 1
    named = [aspect for aspect in aspects if not (alone and aspect is DATA)]
    said = [_aspects(paper, named, more=(APPROACH, RESULT) if alone else ()) for paper in moves]
    if alone:
        groups = [Group(a.name, tuple(q for q in said[0] if q.aspect == a.name)) for a in named]
        return Outline("paper", found.question, numbered(groups), found)
    groups = [Group(shown(paper.paper.title), tuple(quotes)) for paper, quotes in zip(moves, said, strict=True)]
    return Outline("papers", found.question, numbered(groups), found, tuple(aspect.name for aspect in aspects))


def _aspects(moves: Moves, aspects: Sequence[Aspect], more: Sequence[Aspect]) -> list[Quote]:
    """Quote a paper on its aspects, in their order, within one in the order of the abstract; no sentence twice."""
    taken: set[int] = set()
    chosen: list[tuple[Aspect, Span]] = []
    # What a paper does and finds is surest, so it is chosen first; the topic goes before all, as it was asked for.
    first = sorted(aspects, key=lambda a: (APPROACH, RESULT, PROBLEM, DATA).index(a) if a in ASPECTS else -1)
    wanted = [*((a, a.floor) for a in first), *((a, a.more) for a in more), *((a, -np.inf) for a in more)]
    for place, (aspect, floor) in enumerate(wanted):
        if place >= len(first) + len(more) and len(chosen) >= LEAST:
            break
        span = moves.best(aspect, taken, floor)
        if span is not None and len(taken) < SENTENCES:
            taken |= set(range(span[0], span[1] + 1))
            chosen.append((aspect, span))
    if not chosen:  # however little it is, but for what is planted
        chosen = [(APPROACH, (place, place)) for place, passage in enumerate(moves.passages) if passage.text][:1]
    chosen.sort(key=lambda pair: (list(aspects).index(pair[0]), pair[1]))
    return [quote_of(moves, span, aspect) for aspect, span in chosen]
