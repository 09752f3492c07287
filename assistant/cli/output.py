"""What the command line writes: JSON for programs on standard output, words for people, errors either way."""

from __future__ import annotations

import contextlib
import gc
import json
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from assistant.answer import Answer
from assistant.errors import error_object

VERDICT_MARKS = {"supported": "✓", "undetermined": "~", "unsupported": "✗"}


def console(*, err: bool = False) -> Console:
    """Give a console that takes text as it is: papers are full of square brackets."""
    return Console(stderr=err, markup=False, highlight=False, emoji=False)


@contextlib.contextmanager
def waking_up(words: str = "Waking up …") -> Iterator[None]:
    """Say that heavy libraries are being imported, and let them be so sooner.

    An import makes many objects that stay: looking through them for garbage, over and over, takes a fifth of the time.
    """
    gc.disable()
    try:
        with console(err=True).status(words):
            yield
    finally:
        gc.freeze()
        gc.enable()


def progress_bar() -> Progress:
    """Give the bar of long work, on standard error: how far, of how many, and how long still."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console(err=True), transient=True)


def write_json(value: Any) -> None:  # noqa: ANN401 (any JSON value)
    """Write one JSON value as one line on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def fail(error: Exception, as_json: bool, code: int) -> int:
    """Report an error; returns the exit code."""
    found = error_object(error)
    if as_json:
        write_json(found)
    else:
        console(err=True).print(Text.assemble(("Error: ", "bold red"), found["error"]["message"]), soft_wrap=True)
    return code


def show_answer(answer: Answer) -> None:
    """Print an answer for a person: the text, the notes, and the quotes that carry it."""
    out = console()
    out.print(Text(answer.answer))
    for note in answer.notes:
        out.print(Text(f"Note: {note}", style="yellow"))
    for statement in answer.statements:
        if statement.verdict == "unsupported":
            heard = f" (not in the quotes: {', '.join(statement.alarms)})" if statement.alarms else ""
            out.print(Text(f"✗ Not supported by what it cites: {statement.text}{heard}", style="red"))
    if not answer.citations:
        return
    out.print(Text("\nNearest evidence" if answer.status == "abstained" else "\nEvidence", style="bold"))
    verdicts = {number: s.verdict for s in reversed(answer.statements) for number in s.citations}
    for citation in answer.citations:
        mark = VERDICT_MARKS.get(verdicts.get(citation.number, ""), " ")
        head = f"[{citation.number}] {mark} {citation.title}  ({citation.paper_id}, {citation.start}–{citation.end})"
        out.print(Text(head, style="cyan"))
        if citation.quote.rstrip(".!?") not in answer.answer:  # an extractive answer has just said it
            out.print(Text(f"    “{citation.quote}”", style="dim"))
