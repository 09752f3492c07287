"""``vouched check``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table
from rich.text import Text

from assistant.cli.batch import each, read_text
from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import VERDICT_MARKS, console, progress_bar, waking_up, write_json
from assistant.errors import QuestionError
from assistant.opening import load_verifier, open_library
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.auditing import Audit, Outcome
    from assistant.claims import Verified

Format = Literal["text", "markdown"]
STYLES: dict[Outcome, str] = {
    "supported": "green", "contradicted": "bold red", "not found": "red", "undetermined": "yellow", "no claim": "dim",
}  # fmt: skip


def check(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="A draft (LaTeX, Markdown, plain) to audit against the library; - for standard input."
        ),
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Lines of {id, claim, source}; - for standard input.")
    ] = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="Of an audit, for a person: text, or markdown for a pull request.")
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(min=0, max=1, metavar="SHARE", help="Exit with 1 when a smaller share of the sentences is supported."),
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a text against the library, sentence by sentence, or claims against source texts of their own.

    A score is the probability of support. VOUCHED_VERIFIER says who checks.

    Examples: vouched check related-work.tex  ·  vouched check draft.md --format markdown --fail-under 0.8
    ·  vouched check --pairs claims.jsonl --json > verdicts.jsonl
    """
    if (file is None) == (pairs is None):
        raise typer.BadParameter("Give a text FILE, or --pairs FILE.jsonl.")
    if pairs is not None and (form, fail_under) != (None, None):
        raise typer.BadParameter("--format and --fail-under are for a text FILE, not for --pairs.")
    if as_json and form is not None:
        raise typer.BadParameter("Give --json or --format, not both.")
    settings = settings_from(context, library)
    if pairs is not None:
        _check_pairs(pairs, settings, as_json)
        return
    found = _audit(file or Path("-"), settings)
    if as_json:
        write_json(found.to_dict())
    elif form == "markdown":
        from assistant.auditing.report import markdown

        console().out(markdown(found, _name(file)), end="", highlight=False)
    else:
        _show(found)
    if fail_under is not None and found.share < fail_under:
        console(err=True).print(
            f"{found.summary}: a share of {found.share:.2f}, below --fail-under {fail_under}.", soft_wrap=True
        )
        raise typer.Exit(1)


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


def _audit(file: Path, settings: Settings) -> Audit:
    opened = open_library(settings)
    text = read_text(file)
    with waking_up():
        from assistant.auditing import audit, sentences
        from assistant.retrieval import HybridRetriever

        verifier = load_verifier(settings)
        verifier.load()
        opened.wake()
    said = sentences(text, file.name)
    if not said:
        raise QuestionError(f"{file} holds no sentence to check.")
    with progress_bar() as bar:
        task = bar.add_task("Checking", total=len(said))
        return audit(said, HybridRetriever(opened), verifier, lambda done: bar.update(task, completed=done))


def _show(found: Audit) -> None:
    """Print an audit for a person: each sentence with its line, how it came out, and its quote; at the end the sum."""
    from assistant.auditing.report import MARKS

    out, by_number = console(), {citation.number: citation for citation in found.citations}
    for statement in found.statements:
        style = STYLES[statement.found]
        body = Text(statement.text)
        body.append(f" ({statement.score:.2f}){_heard(statement.alarms)}", "dim")
        for number in () if statement.found == "no claim" else statement.citations:
            citation = by_number[number]
            nearest = "" if statement.found in {"supported", "contradicted"} else "nearest: "
            body.append(f"\n{nearest}“{citation.quote}” — {citation.title}", "dim")
        row = Table.grid(padding=(0, 1))
        row.add_column(justify="right", min_width=4, style="dim")
        row.add_column(min_width=14, style=style)
        row.add_column()
        row.add_row(str(statement.line), f"{MARKS[statement.found]} {statement.found}", body)
        out.print(row)
    out.print(Text(f"\n{found.summary}", style="bold"))


def _name(file: Path | None) -> str:
    return "The draft" if file is None or str(file) == "-" else file.name


def _heard(alarms: Sequence[str]) -> str:
    return f"; not there: {', '.join(alarms)}" if alarms else ""
