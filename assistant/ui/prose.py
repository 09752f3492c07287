"""An answer's text cut into paragraphs, and these where a statement begins and ends, so that each can show its verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.answer import Statement
from assistant.ui import statements
from assistant.ui.markdown import MARKER, Kind, Piece, blocks, pieces
from assistant.ui.statements import Place


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a paragraph, and the statement it is of, if it is of one.

    ``markers`` follow its words, and after them the verdict where the statement ``ends`` here.
    """

    pieces: tuple[Piece, ...]
    statement: Statement | None = None
    markers: tuple[int, ...] = ()
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, a heading or an item of a list."""

    kind: Kind
    passages: tuple[Passage, ...]


def paragraphs(text: str, said: Sequence[Statement]) -> tuple[Paragraph, ...]:
    """Cut a text into its paragraphs; where it does not hold all that is ``said``, in order, that is spelled out instead."""
    places = statements.locate(text, said)
    if places is None:
        text = statements.spelled_out(said)
        places = statements.locate(text, said) or ()
    return tuple(Paragraph(b.kind, tuple(_passages(text, places, b.start, b.end))) for b in blocks(text))


def _passages(text: str, places: Sequence[Place], start: int, end: int) -> Iterator[Passage]:
    position = start
    for place in places:
        if place.end <= start or place.start >= end:
            continue
        first, last = max(place.start, start), min(place.end, end)
        yield from _between(text[position:first])
        words, markers = statements.split(text[first:last])
        numbers = tuple(map(int, MARKER.findall(markers)))
        ends = place.end <= end
        if ends and not MARKER.search(text[place.start : place.end]):
            numbers = place.statement.citations
        yield Passage(tuple(pieces(words)), place.statement, numbers, ends)
        position = last
    yield from _between(text[position:end])


def _between(text: str) -> Iterator[Passage]:
    if text:
        yield Passage(tuple(pieces(text)))
