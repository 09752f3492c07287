"""``vouched ingest``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, progress_bar, write_json
from assistant.errors import error_object
from assistant.opening import open_library
from ingestion.errors import VouchedError
from ingestion.library import IngestReport
from ingestion.paper import Paper, Refusal
from ingestion.readers import read, read_stream
from ingestion.readers.record import SYNONYMS

SHOWN = 20  # refusals printed for a person; --json gives all
STEP = 50  # records between two movements of the bar
STANDARD_INPUT = Path("-")


def ingest(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", help="Files, folders, or - for standard input.", show_default=False),
    ] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Ingest the sample page of 92 abstracts.")] = False,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="Take this column of a CSV or TSV as a field: abstract=Summary. Can be repeated.",
            show_default=False,
        ),
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add papers to the library: new ones are added, changed ones updated, the others left alone.

    Formats are told by content, also compressed (.gz), in folders and on standard input (-):
    saved listing pages, JSON Lines, JSON (OpenAlex, Semantic Scholar, arXiv), CSV, TSV,
    BibTeX, RIS, PubMed XML and .nbib, arXiv Atom, PDF. More in docs/formats.md.

    Examples:
    vouched ingest papers.jsonl  ·  vouched ingest references.bib ~/Downloads/papers
    vouched ingest table.csv --map abstract=Summary  ·  curl URL | vouched ingest -
    """
    if not paths and not sample:
        raise typer.BadParameter("Give a file or a folder to ingest, - for standard input, or --sample.")
    for path in paths or []:
        if path != STANDARD_INPUT and not os.path.exists(path):  # unlike Path.exists, never raises
            raise typer.BadParameter(f"{path} does not exist.")
    chosen = _columns(columns or [])
    opened = open_library(settings_from(context, library), create=True)
    page = resources.files("ingestion").joinpath("samples", "papers-page.txt")
    with resources.as_file(page) as sample_path, progress_bar() as bar:
        reading = bar.add_task("Reading", total=None)
        embedding = bar.add_task("Embedding abstracts", total=None, visible=False)

        def read_so_far(source: str, files: int, records: int) -> None:
            bar.update(reading, description=f"Reading file {files}: {escape(Path(source).name)}", completed=records)

        def embedded(done: int, total: int) -> None:
            bar.update(reading, visible=False)
            bar.update(embedding, completed=done, total=total, visible=True)

        useless: list[Refusal] = []
        given = [*(paths or []), *([sample_path] if sample else [])]
        report = opened.add(_records(given, chosen, useless, read_so_far), embedded)
    failed = VouchedError(f"No paper could be read: {'; '.join(map(_said, useless[:3]))}.") if useless else None
    if as_json:
        write_json(asdict(report) | (error_object(failed) if failed else {}))
    else:
        _show(report)
    if failed:
        raise typer.Exit(1)


def _columns(given: Sequence[str]) -> dict[str, str]:
    """Read ``--map``. Raises BadParameter."""
    chosen: dict[str, str] = {}
    for pair in given:
        name, equals, column = (part.strip() for part in pair.partition("="))
        if not equals or not column:
            raise typer.BadParameter(f"--map {pair!r} is no FIELD=COLUMN, such as abstract=Summary.")
        if name not in SYNONYMS:
            raise typer.BadParameter(f"--map {pair!r}: there is no field {name!r}; the fields are: {', '.join(SYNONYMS)}.")
        if name in chosen:
            raise typer.BadParameter(f"--map gives two columns for {name}: {chosen[name]} and {column}.")
        chosen[name] = column
    return chosen


def _records(
    paths: Sequence[Path], columns: Mapping[str, str], useless: list[Refusal], told: Callable[[str, int, int], None]
) -> Iterator[Paper | Refusal]:
    """Read files and folders; of each that holds no paper the first refusal is noted. A bad record is no failure."""
    files, records, last = 0, 0, None
    for path in paths:
        first, papers = None, 0
        is_stream = path == STANDARD_INPUT
        for record in read_stream(sys.stdin.buffer, "standard input", columns) if is_stream else read(path, columns):
            if isinstance(record, Paper):
                papers += 1
            else:
                first = first or record
            records += 1
            if record.source != last:
                files, last = files + 1, record.source
                told(last or "", files, records)
            elif records % STEP == 0:
                told(last or "", files, records)
            yield record
        if first is not None and papers == 0:
            useless.append(first)


def _said(refusal: Refusal) -> str:
    where = refusal.source if refusal.line is None else f"{refusal.source}, line {refusal.line}"
    return f"{where} {refusal.reason}"


def _show(report: IngestReport) -> None:
    error, out = console(err=True), console()
    for refusal in report.refused[:SHOWN]:
        error.print(f"Refused: {_said(refusal)}", soft_wrap=True)
    if len(report.refused) > SHOWN:
        error.print(f"… and {len(report.refused) - SHOWN} more; --json lists them all.")
    out.print(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, {len(report.refused)} refused;"
        f" {report.papers} papers in the library ({report.seconds:.1f} s)."
    )
    for merge in report.merged[:SHOWN]:
        what = merge.into if merge.id == merge.into else f"{merge.id} with {merge.into}"
        out.print(f"Merged: {what}, by {merge.by} (from {', '.join(merge.sources) or 'a program'})", soft_wrap=True)
    if len(report.merged) > SHOWN:
        out.print(f"… and {len(report.merged) - SHOWN} more; --json lists them all.")
