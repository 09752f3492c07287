"""The two forms of a suite's file. Each gives the header, and its questions as records with the place where they stand."""

from __future__ import annotations

import json
from typing import Any

import yaml

from evals.errors import SuiteError

HEADER = ("name", "version", "corpus", "about")  # `about` is for the file's reader

Read = tuple[dict[str, Any], list[tuple[str, Any]]]


def read_yaml(content: bytes, name: str) -> Read:
    """Read ``{name, version, corpus, questions: [...]}``. Raises SuiteError."""
    try:
        data = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SuiteError(f"{name} is not valid YAML: {error}.") from error
    if not isinstance(data, dict) or not isinstance(data.get("questions"), list) or not data["questions"]:
        raise SuiteError(f"{name} holds no list `questions`.")
    return data, [(f"{name}, question {place}", record) for place, record in enumerate(data["questions"], start=1)]


def read_jsonl(content: bytes, name: str) -> Read:
    """Read one question a line; a first line without ``question`` is the header. Raises SuiteError, which names the line."""
    records = [(f"{name}, line {number}", _decoded(line, f"{name}, line {number}")) for number, line in _lines(content)]
    header: dict[str, Any] = {}
    if records and isinstance(records[0][1], dict) and "question" not in records[0][1]:
        where, header = records.pop(0)
        unknown = [field for field in header if field not in HEADER]
        if unknown:
            raise SuiteError(
                f"{where} has no question, and so is the header, of which {', '.join(unknown)} is no part;"
                f" a header has {', '.join(HEADER)}."
            )
    if not records:
        raise SuiteError(f"{name} holds no questions; write one object a line.")
    return header, records


def _lines(content: bytes) -> list[tuple[int, bytes]]:
    """Number the lines that are not empty. Only a line feed ends one: JSON allows U+2028 and its like within a string."""
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _decoded(line: bytes, where: str) -> Any:  # noqa: ANN401 (any JSON value)
    try:
        return json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise SuiteError(f"{where} is not valid UTF-8 at byte {error.start}; save the file as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"{where} is not valid JSON: {error}.") from error
