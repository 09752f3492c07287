"""``vouched library``: verify, repair, rebuild, reembed, stats, backup."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, progress_bar, write_json
from assistant.opening import load_embedder, open_library
from assistant.settings import Settings
from ingestion.library import Library

app = typer.Typer(
    help="Look after the library: is it whole, what is in it, a copy of it.",
    epilog="Examples: vouched library verify  ·  vouched library backup ./library-copy",
    no_args_is_help=True,
)
REMEDY = "Mend it: vouched library repair"


@app.command()
def verify(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Hold catalogue, vectors and words against each other. Changes nothing; exit code 1 says that something is wrong.

    Example: vouched library verify --library ./library
    """
    opened = _opened(context, library)
    faults = _faults(opened)
    if as_json:
        write_json({"papers": opened.count(), "faults": faults})
    elif not faults:
        console().print(f"{opened.count()} papers: catalogue, vectors and words agree.")
    else:
        _show(faults)
        console().print(Text(REMEDY))
    raise typer.Exit(1 if faults else 0)


@app.command()
def repair(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Mend what `verify` finds: vectors and words are made anew from the catalogue, which alone is the truth.

    Where nothing is wrong, nothing is done. Readers go on meanwhile.

    Example: vouched library repair --library ./library
    """
    opened = _opened(context, library)
    faults = _faults(opened)
    if faults:
        _renew(opened, settings_from(context, library))
    left = _faults(opened)
    if as_json:
        write_json({"papers": opened.count(), "repaired": faults, "faults": left})
    else:
        _show(faults)
        console().print(_outcome(opened, faults, left))
    raise typer.Exit(1 if left else 0)


@app.command()
def rebuild(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Make vectors and words anew from the catalogue, whatever state they are in. Readers go on meanwhile.

    Example: vouched library rebuild --library ./library
    """
    opened = _opened(context, library)
    _renew(opened, settings_from(context, library))
    _done(opened, as_json)


@app.command()
def reembed(
    context: typer.Context,
    embedding: Annotated[
        str | None, typer.Option(help="The model, as in VOUCHED_EMBEDDING; else what the settings name.", show_default=False)
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Embed the library with another model. Readers go on with the old vectors; a killed run changes nothing.

    Afterwards set VOUCHED_EMBEDDING to the same model.

    Examples: vouched library reembed --embedding openai:text-embedding-3-small
    ·  vouched library reembed --embedding all-MiniLM-L6-v2
    """
    settings = settings_from(context, library)
    if embedding is not None:
        settings = settings.model_copy(update={"embedding": embedding})
    opened = _opened(context, library)
    _renew(opened, settings)
    _done(opened, as_json)


@app.command()
def stats(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Say what is in the library, and how large it is on disk.

    Example: vouched library stats --json
    """
    from ingestion.upkeep import statistics

    found = asdict(statistics(_opened(context, library)))
    if as_json:
        write_json(found)
        return
    for name, value in found.items():
        if name == "bytes":
            value = {store: f"{size / 2**20:.1f} MiB" for store, size in value.items()}  # noqa: PLW2901
        said = ", ".join(f"{key} {part}" for key, part in list(value.items())[:12]) if isinstance(value, dict) else value
        console().print(Text(f"{name}: {said}"))


@app.command()
def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder that is not there yet.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the library to a new folder, while nobody writes to it. The copy is a library.

    Example: vouched library backup ./library-2026-12-01
    """
    from ingestion.upkeep import backup as copy

    copy(_opened(context, library), target)
    if as_json:
        write_json({"target": str(target)})
    else:
        console().print(f"Copied to {target}. Look at it: vouched library verify --library {target}", soft_wrap=True)


def _opened(context: typer.Context, library: Path | None) -> Library:
    return open_library(settings_from(context, library), recover=False)


def _faults(library: Library) -> list[dict[str, Any]]:
    from ingestion.upkeep import verify as verified

    return [asdict(fault) for fault in verified(library)]


def _renew(library: Library, settings: Settings) -> None:
    from ingestion.upkeep import renew

    with progress_bar() as bar:
        task = bar.add_task("Embedding", total=None)
        renew(library, load_embedder(settings), lambda done, total: bar.update(task, completed=done, total=total))


def _show(faults: list[dict[str, Any]]) -> None:
    for fault in faults:
        count = f"{fault['papers']} papers " if fault["papers"] else ""
        some = f" ({', '.join(fault['some'])})" if fault["some"] else ""
        console().print(Text(f"✗ {count}{fault['what']}{some}"))


def _outcome(library: Library, faults: list[dict[str, Any]], left: list[dict[str, Any]]) -> str:
    if left:
        return "Not all of it could be mended."
    return f"Mended: {library.count()} papers agree." if faults else "Nothing was wrong, and nothing was done."


def _done(library: Library, as_json: bool) -> None:
    made_with = library.catalogue.meta("embedding")
    if as_json:
        write_json({"papers": library.count(), "embedding": made_with})
    else:
        console().print(f"{library.count()} papers, embedded with {made_with}.")
