"""JSON that is not a record a line: an array, a service's answer with a list inside, objects spread over lines.

It is read value by value, so that a file of any size does not stand in memory, and each record has the line it begins at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ingestion.paper import Paper, Refusal
from ingestion.readers.json_record import LISTS, list_in, papers_of
from ingestion.readers.json_scanner import BrokenJsonError, Scanner, UnreadableValueError
from ingestion.readers.source import Source

ARRAY = re.compile(r"\s*\[\s*(\{|\]|\Z)")
ANSWER = re.compile(rf'\s*\{{(?:(?!"(?:title|abstract)").)*?"(?:{"|".join(LISTS)})"\s*:\s*\[\s*[\[{{\]]', re.DOTALL)


def detects(source: Source) -> bool:
    """Tell an array of objects, an answer with a list, or an object whose first line ends within it."""
    if ARRAY.match(source.head):
        return True
    first, newline, rest = source.head.strip().partition("\n")
    if first[:1] != "{" or (not newline and source.is_whole):
        return False
    if not newline:
        return ANSWER.match(source.head) is not None
    opens = first.rstrip()[-1] in "{[" or (first.rstrip()[-1] in ",:" and rest.lstrip()[:1] not in ("{", ""))
    return opens and not _is_json(first)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield a paper for each good record of each value in the file, and a refusal, with its line, for each bad one."""
    scanner = Scanner(source)
    try:
        while start := scanner.peek():
            if start == "[":
                scanner.take("[")
                yield from _array(scanner, source.name)
            elif start == "{":
                yield from _object(scanner, source.name)
            else:
                raise scanner.error("an object or an array was expected")
    except BrokenJsonError as error:
        yield Refusal(source.name, error.line, f"{error.reason}; what follows it is not read")


def _array(scanner: Scanner, name: str) -> Iterator[Paper | Refusal]:
    """Yield the records of an array, behind its bracket."""
    while (start := scanner.peek()) != "]":
        if start == ",":
            scanner.take(",")
            continue
        if start == "":
            raise scanner.error("it ends before its ']'; the file is cut off")
        line = scanner.line
        try:
            record = scanner.value()
        except UnreadableValueError as error:
            yield Refusal(name, line, error.reason)
        except BrokenJsonError as error:
            if not scanner.skip_record():
                raise
            yield Refusal(name, error.line, error.reason)
        else:
            yield from papers_of(record, name, line)
    scanner.take("]")


def _object(scanner: Scanner, name: str) -> Iterator[Paper | Refusal]:
    """Yield the record that an object is, or those of the list in it, which is read one by one."""
    line, fields, listed = scanner.line, dict[str, Any](), False
    scanner.take("{")
    while scanner.peek() != "}":
        key = scanner.value()
        if not isinstance(key, str):
            raise BrokenJsonError(line, "is not valid JSON: a name in quotes was expected")
        scanner.take(":")
        if scanner.peek() == "[" and key in LISTS and list_in({**fields, key: []}) is not None:
            scanner.take("[")
            yield from _array(scanner, name)
            listed = True
        else:
            fields[key] = scanner.value()
        if scanner.peek() != "}":
            scanner.take(",")
    scanner.take("}")
    if not listed:
        yield from papers_of(fields, name, line)
