"""A table with a header: CSV or TSV, whose columns are matched to our fields by name, or as the user says."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import islice

from ingestion.paper import Paper, Refusal
from ingestion.readers.record import FIELDS, SYNONYMS, paper_from_record, squashed
from ingestion.readers.source import Source
from ingestion.readers.streams import SourceError

SEPARATORS = ",\t;|"  # spreadsheets of some countries write semicolons
MAX_COLUMNS = 1_000
SHOWN = 30  # columns named in a message


def detects(source: Source) -> bool:
    """Tell a table by a header with two columns or more that we know, or with those that the user names."""
    columns = _header(source)[1]
    known = {field for name in columns if (field := _field(name))}
    given = {squashed(name) for name in source.columns.values()} & set(map(squashed, columns))
    return len(columns) > 1 and (bool(given) or len(known - {"id"}) > 1)


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield a paper for each good row and a refusal, with its first line, for each bad one.

    Raises:
        SourceError: no column is taken as title or as abstract, or the user names one that is not there.
    """
    separator, columns = _header(source)
    fields = _fields(source, columns)
    lines = _Lines(source)
    rows = csv.reader(lines, delimiter=separator, strict=True)
    header = True
    while True:
        lines.begin()
        row, reason = _next(rows)
        if row is None:
            return
        if header:
            header = not row
        elif reason := lines.problem or reason:
            yield Refusal(source.name, lines.start, reason)
        elif row and len(row) != len(columns):
            yield Refusal(source.name, lines.start, f"has {len(row)} cells, and the header has {len(columns)}")
        elif row:
            yield paper_from_record({field: row[place] for field, place in fields.items()}, source.name, lines.start)


def _next(rows: Iterator[list[str]]) -> tuple[list[str] | None, str | None]:
    """Give the next row, which is empty for a blank line and None at the end, or an empty one and why it is none."""
    try:
        return next(rows, None), None
    except csv.Error as error:
        text = str(error)
        if "unexpected end" in text:
            return [], "has a quotation mark that is opened and not closed; the file may be cut off"
        if "field larger" in text:
            return [], f"has a cell of more than {csv.field_size_limit():,} characters; a quotation mark may not be closed"
        return [], f"has a quotation mark where none may stand ({text})"


class _Lines:
    """The lines of a source as the csv module wants them, and what is wrong with those it has just read."""

    def __init__(self, source: Source) -> None:
        self._lines = source.lines()
        self.number = self.start = 0
        self.problem: str | None = None

    def begin(self) -> None:
        """Note that a row begins."""
        self.start, self.problem = self.number + 1, None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number = line.number
        if line.problem:
            self.problem = self.problem or line.problem
        return line.text + "\n"


def _header(source: Source) -> tuple[str, list[str]]:
    """Find the separator by which most names of the header are known, and the names; no names where there is no table."""
    best: tuple[int, int, str, list[str]] = (0, 0, ",", [])
    for separator in SEPARATORS:
        try:
            row = next((row for row in csv.reader(_head(source), delimiter=separator, strict=True) if row), [])
        except csv.Error:
            continue
        wanted = {squashed(name) for name in source.columns.values()}
        known = sum(_field(name) is not None or squashed(name) in wanted for name in row)
        if len(row) <= MAX_COLUMNS and (known, len(row)) > best[:2]:
            best = (known, len(row), separator, [name.strip() for name in row])
    return best[2], best[3]


def _short(name: str) -> str:
    name = " ".join(name.encode("utf-8", "replace").decode().split())
    return name if len(name) <= 40 else name[:39] + "…"


def _field(name: str) -> str | None:
    """Give the field that a column is known to be; what has brackets around it is JSON or BibTeX."""
    return None if re.search(r'[]["{}]', name) else FIELDS.get(squashed(name))


def _head(source: Source) -> Iterator[str]:
    return (line + "\n" for line in islice(source.head.split("\n"), 100))


def _fields(source: Source, columns: list[str]) -> dict[str, int]:
    """Give the place of each of our fields. Raises SourceError where the user's or the needed ones are not there."""
    places: dict[str, int] = {}
    squashed_columns = list(map(squashed, columns))
    for field, names in SYNONYMS.items():
        found = [squashed_columns.index(squashed(name)) for name in names if squashed(name) in squashed_columns]
        if found:
            places[field] = found[0]
    shown = ", ".join(map(_short, columns[:SHOWN])) + (f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else "")
    for field, name in source.columns.items():
        if squashed(name) not in squashed_columns:
            raise SourceError(f'is a table without a column "{name}", which --map takes for {field}; it has: {shown}', 1)
        places[field] = columns.index(name) if name in columns else squashed_columns.index(squashed(name))
    for field in ("title", "abstract"):
        if field not in places:
            raise SourceError(
                f"is a table, and no column of it is taken for {field}; it has: {shown}. Say which: --map {field}=COLUMN", 1
            )
    return places
