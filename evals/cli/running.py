"""``vouched eval run`` and ``score``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption, LibraryOption, ModelOption, settings_from
from assistant.cli.output import console, progress_bar, waking_up, write_json
from assistant.opening import open_library
from assistant.settings import LLMKind, Settings
from evals.cli.options import JudgeOption, RunArgument, SuiteArgument

if TYPE_CHECKING:
    from evals.scoring import Tables
    from evals.suite import Suite
    from ingestion.library import Library


def run(
    context: typer.Context,
    suite: SuiteArgument,
    out: Annotated[Path | None, typer.Option(help="The folder of the run; runs/SUITE by default.")] = None,
    system: Annotated[
        str,
        typer.Option(help="Who answers: vouched; citation-query-engine (LlamaIndex's); retrieval, bm25 or embedding alone."),
    ] = "vouched",
    llm: Annotated[LLMKind | None, typer.Option(help="Who writes the answers.", show_default=False)] = None,
    model: ModelOption = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(help="How the model is asked to write; several, or all, side by side.", show_default=False),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask so many of the questions, taken evenly.")] = None,
    judge: JudgeOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask every question of a suite, store the answers, score them. A stopped run goes on where it was.

    With several strategies, or all, each has a folder of its own in the run's, and one table shows quality, calls, tokens
    and time, paired against direct.

    Examples: vouched eval run page  ·  vouched eval run mine.yaml --library ./library --out runs/mine  ·
    vouched eval run page --system bm25 --out runs/bm25  ·  vouched eval run page --strategy all --llm local --limit 30
    """
    with waking_up():
        from evals.session import check_suite, library_for
        from evals.suite import load_suite

    names = _strategies(strategy)
    loaded = load_suite(suite, limit)
    folder = out or Path("runs") / loaded.name
    settings = settings_from(context, library, llm=llm, model=model, strategy=names[0] if len(names) == 1 else None)
    opened = library_for(loaded, settings, folder, given=library is not None or context.obj is not None)
    check_suite(loaded, opened.papers(), f"the library {opened.path}")
    if len(names) <= 1:
        _ask_all(suite, loaded, folder, opened, settings, system)
        score_and_show(loaded, folder, opened, judge, settings, as_json)
        return
    for name in names:
        chosen = settings.model_copy(update={"strategy": name})
        _ask_all(suite, loaded, folder / name, opened, chosen, system)
        _scored(loaded, folder / name, opened, judge, chosen)
    _show_strategies({name: folder / name for name in names}, loaded, as_json)


def _strategies(given: list[str] | None) -> list[str]:
    from assistant.strategies import NAMES

    names = list(dict.fromkeys(given or ()))
    if "all" in names:
        return list(NAMES)
    if wrong := [name for name in names if name not in NAMES]:
        raise typer.BadParameter(f"There is no strategy {wrong[0]!r}. There are: all, {', '.join(NAMES)}.")
    return names


def _ask_all(source: str, suite: Suite, folder: Path, library: Library, settings: Settings, system: str) -> None:
    from evals.running import run as ask_all
    from evals.suite import SUFFIXES
    from evals.systems import load_system

    found_again = str(Path(source).resolve()) if Path(source).suffix in SUFFIXES else source  # from any folder
    asked = load_system(system, library, settings)
    with progress_bar() as bar:
        task = bar.add_task(f"Asking ({folder.name})", total=len(suite.cases))
        ask_all(suite, asked, library, folder, lambda done: bar.update(task, completed=done), source=found_again)


def _show_strategies(folders: dict[str, Path], suite: Suite, as_json: bool) -> None:
    from evals.strategies import plain, rows, table

    found = rows(folders)
    if as_json:
        write_json({"suite": suite.name, "questions": len(suite.cases), "strategies": plain(found)})
    else:
        console().print(table(found))


def score(
    context: typer.Context,
    folder: RunArgument,
    judge: JudgeOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a finished run from its stored answers: scores.jsonl by question, judgements.jsonl, metrics.json in all.

    What the same judge has said before is not asked again. The suite and the library are found again where the run had
    them; name the library if it has moved since.

    Examples: vouched eval score runs/page  ·  vouched eval score runs/mine --judge lexical --library ./library
    """
    with waking_up():
        from evals.scoring import about
        from evals.suite import load_suite

    said = about(folder)
    loaded = load_suite(said["suite_source"], said.get("limit"))
    settings = settings_from(context, library)
    opened = None
    if said["library"] is not None or library is not None:
        if library is None and context.obj is None:
            settings = settings.model_copy(update={"library": folder / said["library"]})
        opened = open_library(settings)
    score_and_show(loaded, folder, opened, judge, settings, as_json)


def score_and_show(
    suite: Suite, folder: Path, library: Library | None, judge: str | None, settings: Settings, as_json: bool
) -> None:
    """Score a run and print its figures; ``judge`` is a name, ``none``, or None for the settings' verifier."""
    from evals.scoring import judge_is_guard, read_run

    tables, name = _scored(suite, folder, library, judge, settings)
    _show(suite, tables, folder, as_json)
    if name is not None and judge_is_guard(read_run(folder), name):
        words = f"The judge ({name}) also checked these answers as they were written: figures by the judge flatter them."
        console(err=True).print(f"{words} Name another with --judge.", soft_wrap=True)


def _scored(
    suite: Suite, folder: Path, library: Library | None, judge: str | None, settings: Settings
) -> tuple[Tables, str | None]:
    """Score a run with a progress bar; gives its figures and the judge's name."""
    from evals.judges.cache import cached
    from evals.judges.judge import load_judge
    from evals.scoring import score_run

    chosen = None if judge == "none" else load_judge(judge, settings)
    with progress_bar() as bar, cached(chosen) as asked:
        task = bar.add_task(f"Judging ({folder.name})", total=None)
        tables = score_run(folder, suite, library, asked, lambda done, of: bar.update(task, completed=done, total=of))
    return tables, None if chosen is None else chosen.name


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
