"""``vouched eval import``."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, progress_bar, write_json
from assistant.opening import open_library
from evals.errors import SuiteError
from ingestion.library import Library

if TYPE_CHECKING:
    from evals.mapping.importing import Imported

SHOWN = 3  # places named of each reason why something was left out


def import_data(
    context: typer.Context,
    mapping: Annotated[
        str, typer.Argument(metavar="MAPPING", help="A packaged mapping, such as csv or scifact, or a YAML file.")
    ],
    data: Annotated[Path, typer.Argument(metavar="DATA", help="The folder of the set, or its file.", exists=True)],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder for suite.jsonl and corpus.jsonl.")],
    limit: Annotated[int | None, typer.Option(min=1, help="The most questions to make.", show_default=False)] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write over a suite that is there.")] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a suite, and the papers to ingest, of a public set or of your own questions and answers.

    A mapping says which columns become what; csv is for a CSV with the columns question and answer. Gold papers named by
    id, DOI or title are looked up in the --library; without it they are kept as they are.

    Examples: vouched eval import csv questions.csv --out mine --library library  ·
    vouched eval import scifact data/scifact --out scifact
    """
    from evals.mapping.file import load_mapping
    from evals.mapping.importing import CORPUS, SUITE, import_set, write

    loaded = load_mapping(mapping)
    _check_out(out, data, [out / SUITE, *([out / CORPUS] if loaded.corpus else [])], overwrite)
    opened = None
    if library is not None or context.obj is not None:
        opened = open_library(settings_from(context, library))
    with progress_bar() as bar:
        task = bar.add_task("Reading", total=None)
        papers = None if opened is None else opened.papers()
        imported = import_set(loaded, data, limit, papers, lambda done, total: bar.update(task, completed=done, total=total))
    files = write(imported, loaded, out)
    commands = _next(files, out, opened)
    if as_json:
        write_json(_plain(imported, files, commands) | {"mapping": loaded.name, "version": loaded.version})
        return
    _show(imported, files, commands)


def _check_out(out: Path, data: Path, files: Sequence[Path], overwrite: bool) -> None:
    """Refuse a folder in which something would be lost. Raises SuiteError."""
    folder = data if data.is_dir() else data.parent
    if out.resolve() == folder.resolve() and (data.is_dir() or len(files) > 1):
        raise SuiteError(f"{out} is the folder of the data itself, which must not be written over. Give another with --out.")
    there = [file for file in files if file.exists()]
    if there and not overwrite:
        raise SuiteError(f"There is {there[0]} already. Give another folder with --out, or add --overwrite.")
    if any(file.resolve() == data.resolve() for file in there):
        raise SuiteError(f"{data} would be written over by what is made of it. Give another folder with --out.")


def _next(files: list[Path], out: Path, library: Library | None) -> list[str]:
    """Give the next two commands to type."""
    *corpus, suite = (shlex.quote(str(file)) for file in files)
    if corpus:
        home = shlex.quote(str(out / "library"))
        return [f"vouched ingest {corpus[0]} --library {home}", f"vouched eval run {suite} --library {home}"]
    where = f" --library {shlex.quote(str(library.path))}" if library is not None else ""
    return [f"vouched eval validate {suite}{where}", f"vouched eval run {suite}{where}"]


def _plain(imported: Imported, files: list[Path], commands: list[str]) -> dict[str, object]:
    left_out = {reason: {"count": len(places), "first": places[:SHOWN]} for reason, places in imported.left_out.items()}
    return {
        "questions": len(imported.questions),
        "kinds": imported.kinds(),
        "papers": None if imported.papers is None else len(imported.papers),
        "left_out": left_out,
        "files": [str(file) for file in files],
        "next": commands,
    }


def _show(imported: Imported, files: list[Path], commands: list[str]) -> None:
    kinds = ", ".join(f"{kind} {count}" for kind, count in imported.kinds().items())
    papers = "" if imported.papers is None else f" and {len(imported.papers)} papers"
    console().print(
        f"Made {len(imported.questions)} questions ({kinds}){papers}: {', '.join(map(str, files))}.", soft_wrap=True
    )
    for reason, places in imported.left_out.items():
        more = ", …" if len(places) > SHOWN else ""
        console().print(f"Left out: {len(places)} {reason}: {'; '.join(places[:SHOWN])}{more}.", soft_wrap=True)
    console().print("\n  ".join(["Next:", *commands]), soft_wrap=True)
