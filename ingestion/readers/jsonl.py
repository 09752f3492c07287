"""JSON Lines: one record a line, with the contract's field names and their usual synonyms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ingestion.paper import Paper, Refusal
from ingestion.readers.record import paper_from_record
from ingestion.readers.source import Source


def detects(source: Source) -> bool:
    """Tell JSONL by its first written line: it opens an object."""
    return source.text.lstrip()[:1] == "{"


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield a paper for each good line and a refusal, with its line, for each bad one."""
    # Not splitlines(): it also breaks at U+2028 and its like, which JSON allows within a string.
    for number, line in enumerate(source.text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record: Any = json.loads(line)
        except json.JSONDecodeError as error:
            yield Refusal(source.name, number, f"is not valid JSON: {error.msg} at column {error.colno}")
        except RecursionError:
            yield Refusal(source.name, number, "is JSON nested too deeply to be a record")
        else:
            yield paper_from_record(record, source.name, number)
