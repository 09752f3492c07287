"""``vouched ask`` and ``vouched search``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from assistant.answer import Answer
from assistant.cli.batch import each
from assistant.cli.exporting import ExportOption, writable, write_to
from assistant.cli.limiting import Authors, Categories, Venues, YearFrom, YearTo, scope_of
from assistant.cli.options import JsonOption, LibraryOption, ModelOption, settings_from
from assistant.cli.output import console, show_answer, waking_up, write_json
from assistant.exporting import of_answer
from assistant.opening import open_library
from assistant.question import asked
from assistant.settings import Caution, LLMKind, StrategyName

BatchOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE.jsonl", help="Ask each line of a JSONL file (- for standard input).", show_default=False),
]
Papers = Annotated[list[str] | None, typer.Option("--paper", metavar="ID", help="Only this paper; may be repeated.")]


def ask(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(metavar="QUESTION", help="What you want to know.")] = None,
    batch: BatchOption = None,
    llm: Annotated[LLMKind | None, typer.Option(help="Who writes the answer.", show_default=False)] = None,
    model: ModelOption = None,
    strategy: Annotated[
        StrategyName | None, typer.Option(help="How the model is asked to write (docs/strategies.md).", show_default=False)
    ] = None,
    caution: Annotated[Caution | None, typer.Option(help="How sure it must be to answer.", show_default=False)] = None,
    paper: Papers = None,
    year_from: YearFrom = None,
    year_to: YearTo = None,
    venue: Venues = None,
    category: Categories = None,
    author: Authors = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Ask the model also what it was asked before.")] = False,
    export: ExportOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the library. Each sentence of the answer carries an exact quote and the verdict of a check.

    Examples: vouched ask 'How much does CodePlan improve?'  ·  vouched ask --batch questions.jsonl --json > answers.jsonl
    ·  vouched ask 'What is NitroFusion?' --llm local --model model.gguf  ·  vouched ask 'What is MALT?' --export malt.html
    """
    if (question is None) == (batch is None):
        raise typer.BadParameter("Give a question, or --batch FILE.jsonl.")
    if batch is not None and export:
        raise typer.BadParameter("--export is for one QUESTION, not for --batch.")
    files = writable(export)
    if question is not None:
        asked(question)  # before anything is loaded
    given: dict[str, Any] = {"llm": llm, "model": model, "strategy": strategy, "caution": caution}
    settings = settings_from(context, library, **given, cache_calls=False if no_cache else None)
    opened = open_library(settings)
    limits = {"year_from": year_from, "year_to": year_to, "venues": venue, "categories": category, "authors": author}
    _, scope = scope_of(opened, papers=paper, **limits)
    with waking_up():
        from assistant.engine import Assistant

        assistant = Assistant(opened, settings)
        assistant.wake()
    if batch is not None:
        each(
            batch, ("question",), lambda line: assistant.ask(line["question"], **scope), Answer.to_dict, show_answer, as_json
        )
        return
    with console(err=True).status("Asking …"):
        answer = assistant.ask(question or "", **scope)
    if as_json:
        write_json(answer.to_dict())
    else:
        show_answer(answer)
    write_to(files, lambda: of_answer(answer, opened))


def search(
    context: typer.Context,
    query: Annotated[str | None, typer.Argument(metavar="QUERY", help="Words, or a question.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many papers.")] = 10,
    batch: BatchOption = None,
    year_from: YearFrom = None,
    year_to: YearTo = None,
    venue: Venues = None,
    category: Categories = None,
    author: Authors = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find papers, best first, with the passages that match.

    Examples: vouched search 'few-step diffusion' -k 5  ·  vouched search --batch queries.jsonl -k 10 --json
    ·  vouched search 'protein folding' --category q-bio --author Jumper --year-from 2021
    """
    if (query is None) == (batch is None):
        raise typer.BadParameter("Give a query, or --batch FILE.jsonl.")
    opened = open_library(settings_from(context, library))
    limits = {"year_from": year_from, "year_to": year_to, "venues": venue, "categories": category, "authors": author}
    within, _ = scope_of(opened, **limits)
    with waking_up():
        from assistant.retrieval import HybridRetriever
        from assistant.searching import search as find

        retriever = HybridRetriever(opened)
        opened.wake()

    def found(text: str) -> dict[str, Any]:
        return find(retriever, asked(text), k, within)

    if batch is not None:
        each(batch, ("query",), lambda line: found(line["query"]), dict, _show_results, as_json)
    elif as_json:
        write_json(found(query or ""))
    else:
        _show_results(found(query or ""))


def _show_results(result: dict[str, Any]) -> None:
    out = console()
    for rank, paper in enumerate(result["results"], start=1):
        out.print(Text.assemble((f"{rank:>3}. ", "dim"), (paper["title"], "bold"), (f"  {paper['paper_id']}", "cyan")))
        for passage in paper["passages"][:1]:
            out.print(Text(f"     “{passage['text']}”", style="dim"))
    if not result["results"]:
        console(err=True).print("Nothing found: the library is empty, or no paper of it meets the limits.")
