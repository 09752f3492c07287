"""``vouched eval run`` and ``score``."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, progress_bar, waking_up, write_json
from assistant.opening import open_library
from assistant.settings import LLMKind, Settings
from evals.cli.options import RunArgument, SuiteArgument, check_suite
from ingestion.library import Library

if TYPE_CHECKING:
    from evals.scoring import Tables
    from evals.suite import Suite


def run(
    context: typer.Context,
    suite: SuiteArgument,
    out: Annotated[Path | None, typer.Option(help="The folder of the run; runs/SUITE by default.")] = None,
    llm: Annotated[LLMKind | None, typer.Option(help="Who writes the answers.", show_default=False)] = None,
    model: Annotated[str | None, typer.Option(help="The model's name at the server.", show_default=False)] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask every question of a suite, store the answers, and print the metrics. A stopped run goes on where it was.

    Examples: vouched eval run page  ·  vouched eval run mine.yaml --library ./library --out runs/mine
    """
    with waking_up():
        from assistant.engine import Assistant
        from evals.running import run as ask_all
        from evals.scoring import score_run
        from evals.suite import load_suite

    loaded = load_suite(suite)
    folder = out or Path("runs") / loaded.name
    settings = settings_from(context, library, llm=llm, model=model)
    opened = _library(loaded, settings, folder, given=library is not None or context.obj is not None)
    check_suite(loaded, opened.papers(), f"the library {opened.path}")
    source = str(Path(suite).resolve()) if Path(suite).suffix in {".yaml", ".yml"} else suite  # found from any folder
    with progress_bar() as bar:
        task = bar.add_task("Asking", total=len(loaded.cases))
        ask_all(loaded, Assistant(opened, settings), folder, lambda done: bar.update(task, completed=done), source=source)
    _show(loaded, score_run(folder, loaded, opened), folder, as_json)


def score(context: typer.Context, folder: RunArgument, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Score a finished run from its stored answers, asking nobody: scores.jsonl by question, metrics.json in all.

    The suite and the library are found again where the run had them; name the library if it has moved since.

    Examples: vouched eval score runs/page  ·  vouched eval score runs/mine --library ./library
    """
    with waking_up():
        from evals.scoring import about, score_run
        from evals.suite import load_suite

    said = about(folder)
    loaded = load_suite(said["suite_source"])
    settings = settings_from(context, library)
    if library is None and context.obj is None:
        settings = settings.model_copy(update={"library": folder / said["library"]})
    _show(loaded, score_run(folder, loaded, open_library(settings)), folder, as_json)


def _library(suite: Suite, settings: Settings, folder: Path, *, given: bool) -> Library:
    """Open the library to ask: the one given, else the suite's own sample corpus, ingested beside the run."""
    if given or suite.corpus is None:
        return open_library(settings)
    from evals.suite import corpus_file

    library = open_library(settings.model_copy(update={"library": folder / "library"}), create=True)
    with resources.as_file(corpus_file(suite.corpus)) as page:
        library.ingest([page])
    return library


def _show(suite: Suite, tables: Tables, folder: Path, as_json: bool) -> None:
    """Print the figures of a run."""
    from evals.scoring import plain_tables
    from evals.tables import of_run

    if as_json:
        metrics = plain_tables(tables)
        write_json({"suite": suite.name, "questions": len(suite.cases), "out": str(folder), "metrics": metrics})
        return
    for table in of_run(tables):
        console().print(table, "")
    console(err=True).print(f"Each value with the number of questions behind it. Stored in {folder}.", soft_wrap=True)
