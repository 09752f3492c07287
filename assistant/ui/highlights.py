"""An abstract cut where quotes start and end, so that quotes that overlap can all be shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from assistant.answer import Citation
from assistant.ui import escaping


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of an abstract and the numbers of the citations that quote it."""

    text: str
    numbers: tuple[int, ...]


def place(abstract: str, citation: Citation) -> tuple[int, int] | None:
    """Find a quote in an abstract: where the citation says, else where else the quote stands, else nowhere.

    The abstract may have been replaced since the answer was given; a quote is never marked on words that are not its.
    """
    if 0 <= citation.start < citation.end and abstract[citation.start : citation.end] == citation.quote:
        return citation.start, citation.end
    found = abstract.find(citation.quote) if citation.quote else -1
    return (found, found + len(citation.quote)) if found >= 0 else None


def segments(abstract: str, citations: Iterable[Citation]) -> tuple[Segment, ...]:
    """Cut an abstract into segments whose texts, joined, are the abstract."""
    spans = [(citation.number, span) for citation in citations if (span := place(abstract, citation)) is not None]
    cuts = sorted({0, len(abstract), *(edge for _, span in spans for edge in span)})
    return tuple(
        Segment(abstract[start:end], tuple(sorted({n for n, (a, b) in spans if a <= start and end <= b})))
        for start, end in pairwise(cuts)
    )


def marked(abstract: str, citations: Iterable[Citation]) -> str:
    """Give an abstract as HTML with its quotes in ``<mark data-cites="1 3">``."""
    out = []
    for segment in segments(abstract, citations):
        words = escaping.text(segment.text)
        if segment.numbers:
            numbers = " ".join(map(str, segment.numbers))
            words = f'<mark class="v-quote" tabindex="-1" data-cites="{numbers}">{words}</mark>'
        out.append(words)
    return "".join(out)
