"""What a summary is made of: an answer, its sections, for a selection of papers its table, for a claim its two sides."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from assistant.answer import Answer
from assistant.grounding import with_markers


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the indices of its statements, in order."""

    heading: str
    statements: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a paper says of an aspect: the index of a statement."""

    statement: int


@dataclass(frozen=True, slots=True)
class Row:
    """A paper with a cell for each aspect of the table; None where its abstract does not say."""

    paper_id: str
    title: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Papers against aspects."""

    aspects: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """A paper that takes a side: the number of its citation, and how probable it is that it does (calibrated)."""

    paper_id: str
    citation: int
    probability: float


@dataclass(frozen=True, slots=True)
class Positions:
    """Who supports a claim and who opposes it, surest first; ``silent`` papers were read and take no side, or both."""

    claim: str
    supports: tuple[Position, ...]
    opposes: tuple[Position, ...]
    silent: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary: an `Answer` whose statements are in sections.

    ``table`` is there where several papers were chosen, ``positions`` where they were asked for.
    """

    answer: Answer
    sections: tuple[Section, ...] = ()
    table: Table | None = None
    positions: Positions | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the summary as the JSON object of the contract."""
        table = None if self.table is None else asdict(self.table)
        found = {**self.answer.to_dict(), "sections": [asdict(section) for section in self.sections], "table": table}
        return found if self.positions is None else {**found, "positions": asdict(self.positions)}

    def table_markdown(self) -> str:
        """Write the table as Markdown, each cell with its markers; empty where there is none."""
        if self.table is None:
            return ""
        lines = [["Paper", *self.table.aspects], ["---"] * (1 + len(self.table.aspects))]
        for row in self.table.rows:
            said = [with_markers(self.answer.statements[cell.statement]) if cell else "—" for cell in row.cells]
            lines.append([row.title, *said])
        return "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines)


def _cell(text: str) -> str:
    """Keep a text within its cell."""
    return " ".join(text.split()).replace("|", "\\|")
