"""Readers: one file a format. Each tells its format by content and turns a source into papers and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.paper import Paper, Refusal
from ingestion.readers import jsonl, page
from ingestion.readers.source import Source, open_source


@dataclass(frozen=True, slots=True)
class Reader:
    """A format: its name, how it is told, how it is read."""

    name: str
    detects: Callable[[Source], bool]
    read: Callable[[Source], Iterator[Paper | Refusal]]


READERS = (
    Reader("JSONL", jsonl.detects, jsonl.read),
    Reader("saved listing page", page.detects, page.read),
)


def read(path: Path) -> Iterator[Paper | Refusal]:
    """Yield what a file holds, record by record. Bad content never raises: it comes back as refusals."""
    source = open_source(path)
    if isinstance(source, Refusal):
        yield source
        return
    for reader in READERS:
        if reader.detects(source):
            yield from reader.read(source)
            return
    known = " or ".join(reader.name for reader in READERS)
    yield Refusal(source.name, None, f"holds no papers in a known format ({known}): no title with an abstract below it")
