"""``vouched check``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from assistant.cli.batch import each, read_text
from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import VERDICT_MARKS, console, progress_bar, waking_up, write_json
from assistant.errors import QuestionError
from assistant.opening import load_verifier, open_library
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.claims import Verified

STYLES = {"supported": "green", "undetermined": "yellow", "unsupported": "red"}


def check(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A text to audit against the library; - for standard input.")
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Lines of {id, claim, source}; - for standard input.")
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a text against the library, sentence by sentence, or claims against source texts of their own.

    A score is the probability of support. VOUCHED_VERIFIER says who checks.

    Examples: vouched check related-work.md  ·  vouched check --pairs claims.jsonl --json > verdicts.jsonl
    """
    if (file is None) == (pairs is None):
        raise typer.BadParameter("Give a text FILE, or --pairs FILE.jsonl.")
    settings = settings_from(context, library)
    if pairs is not None:
        _check_pairs(pairs, settings, as_json)
    elif file is not None:
        _audit(file, settings, as_json)


def _check_pairs(pairs: Path, settings: Settings, as_json: bool) -> None:
    with waking_up():
        from assistant.claims import Claim

        verifier = load_verifier(settings)
        verifier.load()

    def verified(line: dict[str, Any]) -> Verified:
        [found] = verifier.verify([Claim(line["claim"], (line["source"],))])
        return found

    def show(found: Verified) -> None:
        console().print(Text(f"{VERDICT_MARKS[found.verdict]} {found.verdict} ({found.score:.2f}){_heard(found.alarms)}"))

    each(pairs, ("claim", "source"), verified, asdict, show, as_json)


def _audit(file: Path, settings: Settings, as_json: bool) -> None:
    opened = open_library(settings)
    text = read_text(file)
    with waking_up():
        from assistant.auditing import audit, sentences
        from assistant.retrieval import HybridRetriever

        verifier = load_verifier(settings)
        verifier.load()
        opened.wake()
    said = sentences(text)
    if not said:
        raise QuestionError(f"{file} holds no sentence to check.")
    with progress_bar() as bar:
        task = bar.add_task("Checking", total=len(said))
        found = audit(said, HybridRetriever(opened), verifier, lambda done: bar.update(task, completed=done))
    if as_json:
        write_json(found.to_dict())
        return
    out, by_number = console(), {citation.number: citation for citation in found.citations}
    for statement in found.statements:
        mark, style = VERDICT_MARKS[statement.verdict], STYLES[statement.verdict]
        out.print(Text(f"{mark} {statement.text} ({statement.score:.2f}){_heard(statement.alarms)}", style=style))
        for number in statement.citations:
            citation = by_number[number]
            nearest = "" if statement.verdict == "supported" else "nearest: "
            out.print(Text(f"    {nearest}“{citation.quote}” — {citation.title}", style="dim"))


def _heard(alarms: Sequence[str]) -> str:
    return f"; not there: {', '.join(alarms)}" if alarms else ""
