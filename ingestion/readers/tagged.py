"""What RIS and MEDLINE's format have in common: records of tagged lines, which rispy reads.

Lines that go on below a tag are unfolded: a space takes the place of the line's end and of the indentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from rispy.parser import RisParser

from ingestion.paper import Refusal
from ingestion.readers.source import MAX_RECORD, Line, Source


class Record(NamedTuple):
    """The lines of a record; ``closed`` tells whether the line that ends one was met, or another record began."""

    lines: list[Line]
    closed: bool


class Tags(dict[str, str]):
    """Tags by their names in what rispy returns: each is its own."""

    def __missing__(self, tag: str) -> str:
        """Give the tag itself."""
        return tag


def records_of(source: Source, opens: Callable[[str], bool], closes: Callable[[str], bool]) -> Iterator[Record]:
    """Divide a source at the lines that open and close records; what stands between records is left out."""
    lines: list[Line] = []
    size = 0
    for line in source.lines():
        opened = opens(line.text)
        if lines and (opened or (closes(line.text) and not line.problem)):
            yield Record(lines, closed=True)
            lines, size = [], 0
        if opened or lines:
            size += len(line.text)
            too_long = (
                f"is longer, with the lines above it, than {MAX_RECORD // 1_048_576} million characters, as no record is"
            )
            if size <= MAX_RECORD or not any(kept.problem for kept in lines[-1:]):
                lines.append(line if size <= MAX_RECORD else Line(line.number, "", too_long))
    if lines:
        yield Record(lines, closed=False)


def parsed(record: Record, name: str, parser: RisParser) -> dict[str, Any] | Refusal:
    """Give what a record says, by tag, or why it cannot be read."""
    first = record.lines[0].number
    bad = next((line for line in record.lines if line.problem), None)
    if bad is not None:
        return Refusal(name, bad.number, f"{bad.problem} (in the record that begins on line {first})")
    lines = [line.text for line in record.lines if line.text.strip()]
    try:
        found: list[dict[str, Any]] = parser.parse_lines(iter([*lines, f"{parser.END_TAG:<4}- "]))
    except KeyError:
        return Refusal(name, first, "is a record with a line right below this one that has no tag")
    return found[0] if found else Refusal(name, first, "is a record that cannot be read")


def joined(values: object) -> str | None:
    """Join the lines of a text that rispy gives as a list."""
    return " ".join(values) if isinstance(values, list) else None
