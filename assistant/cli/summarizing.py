"""``vouched summarize``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from assistant.cli.exporting import ExportOption, writable, write_to
from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, show_answer, waking_up, write_json
from assistant.exporting import of_summary
from assistant.opening import open_library
from assistant.question import asked
from assistant.settings import Caution, LLMKind

if TYPE_CHECKING:
    from assistant.summarizing import Summary


def summarize(
    context: typer.Context,
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC", help="What the summary is about.")] = None,
    paper: Annotated[
        list[str] | None, typer.Option("--paper", metavar="ID", help="A paper to summarize; may be repeated to compare.")
    ] = None,
    positions: Annotated[
        bool,
        typer.Option("--positions", help="TOPIC is a claim or a yes/no question: who supports it, who opposes it?"),
    ] = False,
    table: Annotated[bool, typer.Option("--table", help="Show a selection of papers as a Markdown table.")] = False,
    llm: Annotated[LLMKind | None, typer.Option(help="Who writes the summary.", show_default=False)] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Its name at the server; with local a GGUF file, or a Hugging Face name or folder.", show_default=False
        ),
    ] = None,
    caution: Annotated[Caution | None, typer.Option(help="How sure it must be of a topic.", show_default=False)] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Ask the model also what it was asked before.")] = False,
    export: ExportOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Summarize a topic, a paper, or several papers side by side. Each sentence carries an exact quote and a verdict.

    Of a topic it says, theme by theme, which papers do what; with --paper as well, what those papers say of it.

    With --positions it says how many papers support a claim and how many oppose it, each with the quote; no model writes.

    Examples: vouched summarize 'diffusion models'  ·  vouched summarize --paper ID_1 --paper ID_2 --table
    ·  vouched summarize 'Does chain-of-thought prompting help small models?' --positions
    ·  vouched summarize 'diffusion models' --export survey.html --export survey.bib
    """
    if positions and topic is None:
        raise typer.BadParameter("--positions needs a claim, or a yes/no question, as TOPIC.")
    if positions and table:
        raise typer.BadParameter("--positions and --table are two kinds of summary: give one.")
    if topic is None and not paper:
        raise typer.BadParameter("Give a TOPIC, or --paper ID, or both.")
    if table and len(set(paper or ())) < 2:
        raise typer.BadParameter("A --table compares papers: give --paper ID twice or more.")
    files = writable(export)
    if topic is not None:
        asked(topic)  # before anything is loaded
    given: dict[str, Any] = {"llm": llm, "model": model, "caution": caution}
    settings = settings_from(context, library, **given, cache_calls=False if no_cache else None)
    opened = open_library(settings)
    opened.scope(paper or ())  # an unknown one is told before anything is loaded
    with waking_up():
        from assistant.engine import Assistant
        from assistant.summarizing import claim_of

        claim = claim_of(topic or "") if positions else ""  # what is no claim is told before the models are loaded
        assistant = Assistant(opened, settings)
        if claim:  # nobody reads or writes
            opened.wake()
            assistant.verifier.load()
        else:
            assistant.wake()
    with console(err=True).status("Summarizing …"):
        found = assistant.positions(topic or "", paper or ()) if claim else assistant.summarize(topic, paper or ())
    if as_json:
        write_json(found.to_dict())
    else:
        _show(found, table)
    write_to(files, lambda: of_summary(found, opened))


def _show(summary: Summary, table: bool) -> None:
    """Print a summary for a person; a table is not wrapped, so that it stays one when it is piped."""
    if not table or summary.table is None:
        show_answer(summary.answer)
        return
    text = summary.table_markdown()
    console().print(Text(text), soft_wrap=True)
    show_answer(replace(summary.answer, answer=""))
