"""Readers: one file a format. Each tells its format by content and turns a source into papers and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ingestion.paper import Paper, Refusal
from ingestion.readers import arxiv, bibtex, json_document, jsonl, medline, page, pdf, pubmed, ris, table
from ingestion.readers.folder import files_of, unreadable
from ingestion.readers.source import Source
from ingestion.readers.streams import SourceError
from ingestion.readers.xml_records import root_of

MAX_IN_A_ROW = 100_000  # records; old years of MEDLINE have some 30,000 without abstracts in one file


@dataclass(frozen=True, slots=True)
class Reader:
    """A format: its name, how it is told, how it is read."""

    name: str
    detects: Callable[[Source], bool]
    read: Callable[[Source], Iterator[Paper | Refusal]]


# The surest marks come first; a saved page, which has none, is last.
READERS = (
    Reader("PDF", pdf.detects, pdf.read),
    Reader("PubMed XML", pubmed.detects, pubmed.read),
    Reader("arXiv Atom", arxiv.detects_feed, arxiv.read_feed),
    Reader("CSV or TSV", table.detects, table.read),
    Reader("BibTeX", bibtex.detects, bibtex.read),
    Reader("RIS", ris.detects, ris.read),
    Reader("PubMed .nbib", medline.detects, medline.read),
    Reader("JSON", json_document.detects, json_document.read),
    Reader("JSON Lines", jsonl.detects, jsonl.read),
    Reader("saved listing page", page.detects, page.read),
)


def read(path: Path, columns: Mapping[str, str] | None = None) -> Iterator[Paper | Refusal]:
    """Yield what a file, or each file of a folder, holds, record by record. Bad content never raises: see `Refusal`.

    Args:
        path: a file of any format in READERS, compressed with gzip or not, or a folder of such files.
        columns: the column of a table that is to be read as a field, by field: ``{"abstract": "Summary"}``.
    """
    for file in files_of(path):
        if isinstance(file, Refusal):
            yield file
            continue
        try:
            stream = file.open("rb", buffering=0)
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
            yield unreadable(file, error)
            continue
        with stream:
            yield from read_stream(stream, str(file), columns)


def read_stream(stream: BinaryIO, name: str, columns: Mapping[str, str] | None = None) -> Iterator[Paper | Refusal]:
    """Yield what a stream of bytes, such as standard input, holds. ``name`` stands for it in refusals. See `read`."""
    source = None
    try:
        source = Source(name, stream, columns)
        yield from _records(source)
    except SourceError as error:
        line = error.line if error.line is not None or source is None or source.line == 0 else source.line + 1
        yield Refusal(name, line, error.reason)


def _records(source: Source) -> Iterator[Paper | Refusal]:
    if not source.is_pdf:
        source.check_text()
    for reader in READERS:
        if reader.detects(source):
            record, in_a_row = None, 0
            for record in reader.read(source):
                yield record
                in_a_row = 0 if isinstance(record, Paper) else in_a_row + 1
                if in_a_row == MAX_IN_A_ROW:
                    raise SourceError(f"holds {MAX_IN_A_ROW:,} records in a row that are no papers; it is not read on")
            if record is None:
                yield Refusal(source.name, None, f"is {reader.name} without a record in it")
            return
    known = ", ".join(reader.name for reader in READERS)
    if root := root_of(source):
        raise SourceError(f"is XML of an unknown kind, with <{root}> around it; the formats known are: {known}")
    yield Refusal(source.name, None, f"holds no papers in a known format ({known}): no title with an abstract below it")
