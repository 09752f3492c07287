"""``vouched eval report``."""

from __future__ import annotations

import io
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption
from assistant.cli.output import console, waking_up
from evals.cli.options import RunArgument
from evals.errors import SuiteError

if TYPE_CHECKING:
    from evals.report.content import Report

PAGE = "report.html"
WIDTH = 160  # of tables written to a file


class Format(StrEnum):
    """What a report is written as."""

    html = "html"
    markdown = "markdown"
    junit = "junit"
    json = "json"
    table = "table"


def report(
    folder: RunArgument,
    against: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="An earlier run to hold it against: the baseline.", show_default=False),
    ] = None,
    formats: Annotated[
        list[Format] | None, typer.Option("--format", help="As what; may be repeated.", show_default="html")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to this file, one format only.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Report a scored run: figures with intervals, and every question with its answer, quotes and verdicts.

    html: one file that needs nothing else, DIR/report.html unless --out; its path is printed. The others go to standard
    output unless --out. markdown: short, for a pull request. junit: a test case a question, of this run alone; it fails
    when an unanswerable question is answered, an answerable one is not, a required fact is missed or a forbidden word said.
    json: everything, one object. table: as vouched eval score and compare print.

    Examples: vouched eval report runs/page  ·  vouched eval report runs/new --against runs/page --format markdown  ·
    vouched eval report runs/page --format junit --out junit.xml
    """
    chosen = list(dict.fromkeys([*(formats or ()), *([Format.json] if as_json else ())])) or [Format.html]
    printed = [form for form in chosen if form is not Format.html]
    if out is not None and len(chosen) > 1:
        raise typer.BadParameter("--out takes one format. Call it once for each.")
    if len(printed) > 1:
        raise typer.BadParameter(f"Only one of {', '.join(printed)} can go to standard output.")
    with waking_up():
        from evals.report.content import read_report

    with console(err=True).status("Reading …"):
        content = read_report(folder, against)
        texts = {form: _written(content, form) for form in chosen}
    for form, text in texts.items():
        if out is not None or form is Format.html:
            file = out or folder / PAGE
            _store(file, text)
            beside = bool(printed) and out is None  # then standard output holds a document
            console(err=beside).print(str(file), soft_wrap=True)
        else:
            typer.echo(text, nl=False)


def _written(content: Report, form: Format) -> str:
    if form is Format.html:
        from evals.report.html import html

        return html(content)
    if form is Format.markdown:
        from evals.report.markdown import markdown

        return markdown(content)
    if form is Format.junit:
        from evals.report.junit import junit

        return junit(content)
    if form is Format.json:
        import json

        from evals.report.plain import plain

        return json.dumps(plain(content), ensure_ascii=False) + "\n"
    return _tables(content)


def _tables(content: Report) -> str:
    from rich.console import Console

    from evals.tables import of_comparison, of_run

    drawn = io.StringIO()
    paper = Console(file=drawn, width=WIDTH if not console().is_terminal else console().width, emoji=False, markup=False)
    tables = of_comparison(content.comparison) if content.comparison else of_run(content.run.tables)
    for table in tables:
        paper.print(table, "")
    return drawn.getvalue()


def _store(file: Path, text: str) -> None:
    """Write a file of the report, at once. Raises SuiteError."""
    from evals.report import encodable
    from evals.running import write_whole

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, encodable(text))
    except OSError as error:
        raise SuiteError(f"The report {file} cannot be written: {error.strerror}. Give another file with --out.") from error
