"""``vouched ingest``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, error_object, progress_bar, write_json
from assistant.opening import open_library
from ingestion.errors import VouchedError
from ingestion.library import IngestReport
from ingestion.paper import Paper, Refusal
from ingestion.readers import read

SHOWN = 20  # refusals printed for a person; --json gives all


def ingest(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", help="Saved listing pages or JSONL files.", exists=True)
    ] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Ingest the sample page of 92 abstracts.")] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add papers to the library: new ones are added, changed ones updated, the others left alone.

    Examples: vouched ingest papers.jsonl  ·  vouched ingest --sample --library ./library
    """
    if not paths and not sample:
        raise typer.BadParameter("Give a file to ingest, or --sample.")
    opened = open_library(settings_from(context, library), create=True)
    page = resources.files("ingestion").joinpath("samples", "papers-page.txt")
    with resources.as_file(page) as sample_path, progress_bar() as bar:
        task = bar.add_task("Embedding abstracts", total=None)
        useless: list[Refusal] = []
        records = _records([*(paths or []), *([sample_path] if sample else [])], useless)
        report = opened.add(records, lambda done, total: bar.update(task, completed=done, total=total))
    failed = VouchedError(f"No paper could be read: {'; '.join(map(_said, useless[:3]))}.") if useless else None
    if as_json:
        write_json(asdict(report) | (error_object(failed) if failed else {}))
    else:
        _show(report)
    if failed:
        raise typer.Exit(1)


def _records(paths: Iterable[Path], useless: list[Refusal]) -> Iterator[Paper | Refusal]:
    """Read files; of each that holds no paper the first refusal is noted. A bad record among good ones is no failure."""
    for path in paths:
        first, papers = None, 0
        for record in read(path):
            if isinstance(record, Paper):
                papers += 1
            else:
                first = first or record
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
