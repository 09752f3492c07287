"""JSON Lines: one record a line, with our field names, their usual synonyms, or those of a known service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ingestion.paper import Paper, Refusal
from ingestion.readers.json_record import papers_of
from ingestion.readers.source import Line, Source

OBJECT = re.compile(r"\A\s*\{|^[ \t]*\{[ \t]*\"", re.MULTILINE)


def detects(source: Source) -> bool:
    """Tell JSONL by a line that opens an object, even where the first is broken."""
    return OBJECT.search(source.head) is not None


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield a paper for each good line and a refusal, with its line, for each bad one."""
    for line in source.lines():
        if line.text.strip() or line.problem:
            yield from read_line(line, source.name)


def read_line(line: Line, name: str) -> Iterator[Paper | Refusal]:
    """Yield the paper of one line, or why it holds none; a line that is a service's whole answer holds several."""
    if line.problem:
        yield Refusal(name, line.number, line.problem)
        return
    try:
        record: Any = json.loads(line.text)
    except json.JSONDecodeError as error:
        yield Refusal(
            name, line.number, f"is not valid JSON: {error.msg.removesuffix(' starting at')} at column {error.colno}"
        )
    except ValueError as error:
        yield Refusal(name, line.number, f"is JSON that cannot be read: {error}")  # a number of thousands of digits
    except RecursionError:
        yield Refusal(name, line.number, "is JSON nested too deeply to be a record")
    else:
        yield from papers_of(record, name, line.number)
