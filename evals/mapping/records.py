"""The tables of a data set as rows of cells: JSON Lines, JSON, CSV or TSV, compressed (gzip) or not."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import SuiteError

GZIP = b"\x1f\x8b"
SEPARATORS = ",;\t"  # of which a CSV's first line tells one; spreadsheets of some countries write semicolons


@dataclass(frozen=True, slots=True)
class Row:
    """One record, and where it stands. ``number`` counts from 1: lines of a file, items of a JSON document."""

    file: str
    unit: str
    number: int
    cells: Mapping[str, Any]

    @property
    def where(self) -> str:
        """Name the place for a message."""
        return f"{self.file}, {self.unit} {self.number}"

    def text(self, column: str) -> str:
        """Give a cell as text, "" where there is none. Raises SuiteError for a list or an object."""
        value = self.cells.get(column)
        if isinstance(value, list | dict):
            kind = "a list" if isinstance(value, list) else "an object"
            raise SuiteError(f"{self.where}: the column {column} holds {kind}, not text.")
        return as_text(value)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one or several files, in order; ``columns`` are those that any row has."""

    name: str
    rows: Sequence[Row]
    columns: tuple[str, ...]

    def require(self, columns: Iterator[str], use: str) -> None:
        """Refuse a table without these columns. Raises SuiteError, which lists those that it has."""
        missing = [column for column in dict.fromkeys(columns) if column not in self.columns]
        if missing:
            raise SuiteError(
                f"{self.name} has no column {', '.join(map(repr, missing))}, which {use} takes; it has:"
                f" {', '.join(self.columns) or 'none'}."
            )


def read_table(files: Sequence[Path], items: str | None = None) -> Table:
    """Read files of the same columns.

    Args:
        files: the files, in order.
        items: the name of the list within a JSON document that holds the records, where it is not the document itself.

    Raises:
        SuiteError: a file cannot be read, which names the line.
    """
    rows = [row for file in files for row in _rows(file, items)]
    columns = dict.fromkeys(column for row in rows for column in row.cells)
    return Table(", ".join(str(file) for file in files[:3]), rows, tuple(columns))


def as_text(value: object) -> str:
    """Give a plain value as text; what is missing, or is not a number (NaN), is ""."""
    if value is None or value != value:  # noqa: PLR0124 (only NaN differs from itself)
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _rows(file: Path, items: str | None) -> Iterator[Row]:
    text = _decoded(file)
    suffix = Path(file.name.lower().removesuffix(".gz")).suffix
    if suffix in {".csv", ".tsv"} or text.lstrip()[:1] not in ("{", "["):
        return _separated(file, text, quoted=suffix != ".tsv")
    found = None if suffix == ".jsonl" else _items(file, text, items)
    return _json_lines(file, text) if found is None else found


def _decoded(file: Path) -> str:
    try:
        raw = file.read_bytes()
        raw = gzip.decompress(raw) if raw[:2] == GZIP else raw
        return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SuiteError(
            f"{file}, line {line} is not valid UTF-8; save the file as UTF-8 (in a spreadsheet: CSV UTF-8)."
        ) from error
    except (OSError, EOFError, zlib.error) as error:  # gzip's own error is an OSError
        raise SuiteError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _items(file: Path, text: str, items: str | None) -> Iterator[Row] | None:
    """Read the records of one JSON document, or give None where it is JSON Lines, of which one line may be all."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(document, dict) and items in document:
        document = document[items]
    if isinstance(document, list):
        return (_row(file, "item", number, record) for number, record in enumerate(document, start=1))
    if "\n" not in text.strip():
        return None
    wanted = f"no list {items!r}" if items else "one object, not records"
    raise SuiteError(f"{file} holds {wanted}; its fields are: {', '.join(document)}.")


def _json_lines(file: Path, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):  # U+2028 and its like may stand within a string
        if line.strip():
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise SuiteError(f"{file}, line {number} is not valid JSON: {error}.") from error
            yield _row(file, "line", number, record)


def _row(file: Path, unit: str, number: int, record: object) -> Row:
    if not isinstance(record, dict):
        raise SuiteError(f"{file}, {unit} {number} is not an object with named columns.")
    return Row(str(file), unit, number, record)


def _separated(file: Path, text: str, *, quoted: bool) -> Iterator[Row]:
    """Read cells between separators. In a .tsv a quotation mark is a character like others, as in judgements of TREC."""
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(SEPARATORS, key=lambda mark: (first.count(mark), mark == ",")) if quoted else "\t"
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=True)
    header: list[str] | None = None
    begun = 1
    try:
        for read in reader:
            number, begun = begun, reader.line_num + 1  # a cell may hold lines
            cells = _without_empty_end(read)
            if not cells:
                continue
            if header is None:
                header = _header([cell.strip() for cell in cells], f"{file}, line {number}")
                continue
            if len(cells) > len(header):
                raise SuiteError(
                    f"{file}, line {number} has {len(cells)} cells, but there are {len(header)} columns; put text that holds"
                    f" {separator!r} in quotation marks."
                )
            cells += [""] * (len(header) - len(cells))
            yield Row(str(file), "line", number, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise SuiteError(f"{file}, line {begun} is not valid CSV: {error}.") from error


def _without_empty_end(cells: list[str]) -> list[str]:
    """Leave out the empty cells at the end: spreadsheets write them."""
    filled = [place for place, cell in enumerate(cells, start=1) if cell.strip()]
    return cells[: filled[-1]] if filled else []


def _header(names: list[str], where: str) -> list[str]:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SuiteError(f"{where} names the column {twice!r} twice.")
    return names
