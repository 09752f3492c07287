"""JSON Lines: one record a line, with the contract's field names and their usual synonyms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ingestion.paper import Paper, Refusal
from ingestion.readers.record import paper_from_record
from ingestion.readers.source import Source

OBJECT = re.compile(r"\A\s*(\[\s*)?\{|^[ \t]*\{[ \t]*\"", re.MULTILINE)


def detects(source: Source) -> bool:
    """Tell JSONL by a line that opens an object, even where the first is broken."""
    return OBJECT.search(source.text) is not None


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield a paper for each good line and a refusal, with its line, for each bad one."""
    if _is_one_document(source.text):
        yield Refusal(source.name, None, "is one JSON document; write one object a line, for an array: jq -c '.[]' FILE")
        return
    # Not splitlines(): it also breaks at U+2028 and its like, which JSON allows within a string.
    for number, line in enumerate(source.text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record: Any = json.loads(line)
        except json.JSONDecodeError as error:
            yield Refusal(source.name, number, f"is not valid JSON: {error.msg} at column {error.colno}")
        except ValueError as error:
            yield Refusal(source.name, number, f"is JSON that cannot be read: {error}")  # a number of thousands of digits
        except RecursionError:
            yield Refusal(source.name, number, "is JSON nested too deeply to be a record")
        else:
            yield paper_from_record(record, source.name, number)


def _is_one_document(text: str) -> bool:
    """Tell JSON that is spread over lines for the eye, each of which would be refused, or an array."""
    if text.lstrip()[:1] == "{" and text.lstrip().partition("\n")[0].strip() != "{":
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
