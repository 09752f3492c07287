"""``vouched papers``: list, show, remove, export."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable
from enum import StrEnum
from itertools import accumulate
from typing import Annotated

import typer
from rich.text import Text

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, write_json
from assistant.opening import open_library
from ingestion.paper import Paper

app = typer.Typer(help="List, show, remove and export the papers of the library.", no_args_is_help=True)
FIELDS = ("id", "title", "abstract", "authors", "year", "venue", "doi", "arxiv_id", "url", "source")
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids as `vouched papers list` gives them.")]


class Format(StrEnum):
    """Formats of an export."""

    JSONL = "jsonl"
    BIBTEX = "bibtex"
    CSV = "csv"


@app.command("list")
def list_papers(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the papers in order of arrival.

    Example: vouched papers list --json
    """
    papers = list(open_library(settings_from(context, library)).papers())
    if as_json:
        write_json({"papers": [paper.to_dict() for paper in papers]})
        return
    out = console()
    for paper in papers:
        out.print(Text.assemble((paper.id, "cyan"), f"  {paper.year or ''}  {paper.title}"), soft_wrap=True)
    console(err=True).print(f"{len(papers)} papers")


@app.command()
def show(context: typer.Context, paper_id: str, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show one paper.

    Example: vouched papers show doi:10.1000/182
    """
    paper = open_library(settings_from(context, library)).paper(paper_id)
    if as_json:
        write_json(paper.to_dict())
        return
    out = console()
    out.print(Text(paper.title, style="bold"))
    out.print(Text(", ".join(filter(None, [*paper.authors, str(paper.year or ""), paper.venue, paper.doi, paper.url]))))
    out.print(Text(paper.abstract))


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
    papers = open_library(settings_from(context, library)).papers()
    if as_json:
        write_json({"papers": [paper.to_dict() for paper in papers]})
        return
    writers = {Format.JSONL: _jsonl, Format.BIBTEX: _bibtex, Format.CSV: _csv}
    sys.stdout.writelines(writers[form](papers))


def _jsonl(papers: Iterable[Paper]) -> Iterable[str]:
    return (json.dumps(paper.to_dict(), ensure_ascii=False) + "\n" for paper in papers)


def _csv(papers: Iterable[Paper]) -> Iterable[str]:
    """Write a table that a spreadsheet opens without running any of it."""
    yield _row(FIELDS)
    for paper in papers:
        record = paper.to_dict() | {"authors": "; ".join(paper.authors)}
        yield _row(["" if record[name] is None else _harmless(str(record[name])) for name in FIELDS])


def _row(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _bibtex(papers: Iterable[Paper]) -> Iterable[str]:
    for paper in papers:
        fields = {
            "title": paper.title,
            "author": " and ".join(paper.authors),
            "year": str(paper.year or ""),
            "journal": paper.venue or "",
            "doi": paper.doi or "",
            "eprint": paper.arxiv_id or "",
            "url": paper.url or "",
            "abstract": paper.abstract,
        }
        lines = [f"  {name} = {{{_balanced(value)}}}," for name, value in fields.items() if value]
        yield "\n".join([f"@article{{{re.sub(r'[^A-Za-z0-9:._-]', '-', paper.id)},", *lines, "}", "", ""])


def _balanced(text: str) -> str:
    """Keep a stray brace from ending the field; escape what TeX would read as a command, unless it already is."""
    depths = list(accumulate((character == "{") - (character == "}") for character in text))
    if depths and (min(depths) < 0 or depths[-1] != 0):
        text = text.replace("{", "").replace("}", "")
    return re.sub(r"(?<!\\)([%&#])", r"\\\1", text)
