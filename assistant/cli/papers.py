"""``vouched papers``: list, show, remove, export."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from assistant.cli.limiting import Authors, Categories, Venues, YearFrom, YearTo, scope_of
from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, write_json
from assistant.opening import open_library
from ingestion.paper import Paper

app = typer.Typer(help="List, show, remove and export the papers of the library.", no_args_is_help=True)
FIELDS = (
    *("id", "title", "abstract", "authors", "year", "venue", "doi", "arxiv_id", "url", "source", "categories", "pubmed_id"),
)
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids as `vouched papers list` gives them.")]


class Format(StrEnum):
    """Formats of an export."""

    JSONL = "jsonl"
    BIBTEX = "bibtex"
    CSV = "csv"


@app.command("list")
def list_papers(
    context: typer.Context,
    year_from: YearFrom = None,
    year_to: YearTo = None,
    venue: Venues = None,
    category: Categories = None,
    author: Authors = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the papers in order of arrival.

    Examples: vouched papers list --json  ·  vouched papers list --venue Nature --author Curie
    """
    opened = open_library(settings_from(context, library))
    limits = {"year_from": year_from, "year_to": year_to, "venues": venue, "categories": category, "authors": author}
    within, _ = scope_of(opened, **limits)
    papers = list(opened.papers(within))
    if as_json:
        sources = opened.sources()
        write_json({"papers": [paper.to_dict() | {"sources": sources.get(paper.id, [])} for paper in papers]})
        return
    out = console()
    for paper in papers:
        out.print(Text.assemble((paper.id, "cyan"), f"  {paper.year or ''}  {paper.title}"), soft_wrap=True)
    console(err=True).print(f"{len(papers)} papers")


@app.command()
def show(context: typer.Context, paper_id: str, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show one paper, found by its id, DOI, arXiv id or PubMed id, and where it was read.

    Example: vouched papers show doi:10.1000/182
    """
    opened = open_library(settings_from(context, library))
    if as_json:
        write_json(opened.described(paper_id))
        return
    paper = opened.paper(paper_id)
    out = console()
    out.print(Text(paper.title, style="bold"))
    out.print(Text(", ".join(filter(None, [*paper.authors, str(paper.year or ""), paper.venue, paper.doi, paper.url]))))
    out.print(Text(paper.abstract))
    for record in opened.records(paper.id):
        names = ", ".join(filter(None, record.sources)) or "a program"
        out.print(Text(f"From {names}, as {record.id}", style="dim"), soft_wrap=True)


@app.command()
def remove(context: typer.Context, paper_ids: Ids, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Remove papers from the library: all of the given ids, or none when one is unknown.

    Example: vouched papers remove doi:10.1000/182 arxiv:2409.12452
    """
    opened = open_library(settings_from(context, library))
    removed = opened.remove(paper_ids)
    if as_json:
        write_json({"removed": [paper.to_dict() for paper in removed], "papers": opened.count()})
    else:
        console().print(f"{len(removed)} removed; {opened.count()} papers in the library.")


@app.command()
def export(
    context: typer.Context,
    form: Annotated[Format, typer.Option("--format", help="JSONL can be ingested again.")] = Format.JSONL,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write all papers to standard output.

    Examples: vouched papers export > papers.jsonl  ·  vouched papers export --format bibtex > papers.bib
    """
    opened = open_library(settings_from(context, library))
    papers = opened.papers()
    if as_json:
        write_json({"papers": [paper.to_dict() for paper in papers]})
    elif form is Format.BIBTEX:
        from assistant.exporting.bibtex import entries
        from assistant.exporting.keys import keys

        sys.stdout.writelines(entries(papers, keys(opened.papers())))
    else:
        sys.stdout.writelines({Format.JSONL: _jsonl, Format.CSV: _csv}[form](papers))


def _jsonl(papers: Iterable[Paper]) -> Iterable[str]:
    return (json.dumps(paper.to_dict(), ensure_ascii=False) + "\n" for paper in papers)


def _csv(papers: Iterable[Paper]) -> Iterable[str]:
    """Write a table that a spreadsheet opens without running any of it."""
    yield _row(FIELDS)
    for paper in papers:
        record = paper.to_dict() | {"authors": "; ".join(paper.authors), "categories": "; ".join(paper.categories)}
        yield _row(["" if record[name] is None else _harmless(str(record[name])) for name in FIELDS])


def _row(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
