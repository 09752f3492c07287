"""Batches: JSONL in, a result for each line out, in the order of the lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import typer
from rich.progress import track
from rich.text import Text

from assistant.cli.output import console, write_json
from assistant.errors import QuestionError, error_object
from ingestion.errors import VouchedError

Found = TypeVar("Found")


def each(
    file: Path,
    fields: Sequence[str],
    do: Callable[[dict[str, Any]], Found],
    to_dict: Callable[[Found], dict[str, Any]],
    show: Callable[[Found], None],
    as_json: bool,
) -> None:
    """Do something for each line of a batch; a failing line is reported in its place and the batch goes on.

    Args:
        file: JSONL, or - for standard input.
        fields: the fields, texts, that each line must have; it may have an ``id`` too.
        do: is given a line's object.
        to_dict: turns what was done into an object for ``--json``, to which the ``id`` is added.
        show: prints it for a person, below the first of the fields.
        as_json: for a program.

    Raises:
        QuestionError: the file cannot be read or has no lines.
        typer.Exit: with code 1, when every line failed.
    """
    form = "{" + ", ".join(f'"{name}": …' for name in ("id", *fields)) + "}"
    lines = _lines(file)
    if not lines:
        raise QuestionError(f"{file} has no lines; expected one {form} a line.")
    failed = 0
    for number, line in track(lines, "Working", console=console(err=True), transient=True):
        identity: Any = None
        try:
            record = _record(line, f"Line {number} of {file}")
            identity = record.get("id")
            if not all(isinstance(record.get(name), str) for name in fields):
                raise QuestionError(f"Line {number} of {file} is not {form}, all texts but the id.")
            result = do(record)
        except VouchedError as error:
            failed += 1
            if as_json:
                write_json({"id": identity, **error_object(error)})
            else:
                console(err=True).print(f"{number if identity is None else identity}: {error}", soft_wrap=True)
        else:
            if as_json:
                write_json({"id": identity, **to_dict(result)})
            else:
                console().print(Text(f"\n{number if identity is None else identity}: {record[fields[0]]}", style="bold"))
                show(result)
    if failed == len(lines):
        raise typer.Exit(1)


def _record(line: str, where: str) -> dict[str, Any]:
    """Decode one line of a batch. Raises QuestionError."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise QuestionError(f"{where} is not valid JSON: {error.msg} at column {error.colno}.") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; lists in lists in lists
        raise QuestionError(f"{where} is JSON that cannot be read: {error}.") from error
    if not isinstance(record, dict):
        raise QuestionError(f"{where} is not a JSON object.")
    return record


def read_text(file: Path) -> str:
    """Read a file, or standard input, as UTF-8, whatever the locale says. Raises QuestionError."""
    try:
        return (sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"{file} cannot be read: {error}.") from error


def _lines(file: Path) -> list[tuple[int, str]]:
    """Read the written lines, with their numbers, of a batch file or of standard input. Raises QuestionError."""
    return [(number, line) for number, line in enumerate(read_text(file).split("\n"), start=1) if line.strip()]
