"""What the page of a document shows: every marker with a place of its own, every quote with the way back to its markers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from assistant.answer import Answer, Citation, Statement
from assistant.exporting.document import Document, Part
from assistant.exporting.sources import Card, cards
from assistant.ui.markdown import Kind, Piece, Style
from assistant.ui.marks import SIGNS, Sign, told
from assistant.ui.prose import Passage, paragraphs


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker: its number, its place on the page, and what it cites; None where there is no such citation."""

    number: int
    place: str
    citation: Citation | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words in one style; or a marker among them."""

    text: str
    styles: tuple[Style, ...]
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of text with the markers behind it; ``sign`` and ``told`` are of the statement that ends here."""

    words: tuple[Stretch, ...]
    marks: tuple[Mark, ...] = ()
    css: str = ""
    sign: Sign | None = None
    told: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """An answer as the page shows it. ``back`` gives the places of the markers of each citation."""

    number: int
    answer: Answer
    blocks: tuple[tuple[Kind, tuple[tuple[Said, ...], ...]], ...]
    table: tuple[tuple[str, tuple[Said | None, ...]], ...]
    aspects: tuple[str, ...]
    cards: tuple[Card, ...]
    back: dict[int, tuple[str, ...]]

    def source(self, number: int) -> str:
        """Name the place of a quote on the page."""
        return f"source-{self.number}-{number}"


class _Places:
    """Gives each marker of an answer a place, in order."""

    def __init__(self, turn: int, citations: Iterable[Citation]) -> None:
        self.turn = turn
        self.citations = {citation.number: citation for citation in citations}
        self.back: dict[int, list[str]] = {}

    def mark(self, number: int) -> Mark:
        places = self.back.setdefault(number, [])
        places.append(f"mark-{self.turn}-{number}-{len(places) + 1}")
        return Mark(number, places[-1], self.citations.get(number))

    def said(self, passage: Passage) -> Said:
        words = tuple(self._stretch(piece) for piece in passage.pieces)
        marks, statement = tuple(map(self.mark, passage.markers)), passage.statement
        if statement is None:
            return Said(words, marks)
        sign = SIGNS[statement.verdict]
        if not passage.ends:
            return Said(words, marks, sign.css)
        return Said(words, marks, sign.css, sign, told(statement))

    def cell(self, statement: Statement) -> Said:
        return self.said(Passage((Piece(statement.text),), statement, statement.citations, ends=True))

    def _stretch(self, piece: Piece) -> Stretch:
        return Stretch(piece.text, piece.styles, None if piece.marker is None else self.mark(piece.marker))


def turns(document: Document) -> tuple[Turn, ...]:
    """Give what the page shows of each answer."""
    return tuple(_turn(number, part, document) for number, part in enumerate(document.parts, start=1))


def _turn(number: int, part: Part, document: Document) -> Turn:
    answer, places = part.answer, _Places(number, part.answer.citations)
    found = paragraphs(part.text, part.said) if answer.status == "answered" else ()
    blocks = tuple(
        (kind, tuple(tuple(map(places.said, paragraph.passages)) for paragraph in group))
        for kind, group in groupby(found, key=lambda paragraph: paragraph.kind)
    )
    table = tuple(
        (row.title, tuple(places.cell(answer.statements[cell.statement]) if cell else None for cell in row.cells))
        for row in (part.table.rows if part.table else ())
    )
    aspects = part.table.aspects if part.table else ()
    back = {citation: tuple(found) for citation, found in places.back.items()}
    return Turn(number, answer, blocks, table, aspects, cards(answer, document.papers), back)
