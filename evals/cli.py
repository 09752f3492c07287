"""``vouched eval``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, progress_bar, waking_up, write_json
from assistant.opening import load_verifier, open_library
from assistant.settings import LLMKind, Settings
from ingestion.library import Library
from ingestion.paper import Paper
from ingestion.readers import read

if TYPE_CHECKING:
    from evals.metrics import Metric
    from evals.suite import Suite

app = typer.Typer(help="Measure retrieval, facts, citations and abstention on suites of questions.", no_args_is_help=True)
SuiteArgument = Annotated[str, typer.Argument(metavar="SUITE", help="A packaged suite, such as page, or a YAML file.")]
Tables = dict[str, dict[str, "Metric"]]


@app.command()
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
        from evals.metrics import by_kind, score
        from evals.running import run as ask_all
        from evals.suite import load_suite

    loaded = load_suite(suite)
    folder = out or Path("runs") / loaded.name
    settings = settings_from(context, library, llm=llm, model=model)
    opened = _library(loaded, settings, folder, given=library is not None or context.obj is not None)
    _check(loaded, opened.papers(), f"the library {opened.path}")
    with progress_bar() as bar:
        task = bar.add_task("Asking", total=len(loaded.cases))
        records = ask_all(loaded, Assistant(opened, settings), folder, lambda done: bar.update(task, completed=done))
    tables = {"all": score(loaded, records, opened), **by_kind(loaded, records, opened)}
    plain = {kind: {name: asdict(metric) for name, metric in table.items()} for kind, table in tables.items()}
    (folder / "metrics.json").write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    if as_json:
        write_json({"suite": loaded.name, "questions": len(loaded.cases), "out": str(folder), "metrics": plain})
    else:
        _show(tables, folder)


@app.command()
def validate(context: typer.Context, suite: SuiteArgument, library: LibraryOption = None) -> None:
    """Check a suite against its papers: the gold ones are there, evidence is verbatim, both classes are present.

    Examples: vouched eval validate page  ·  vouched eval validate mine.yaml --library ./library
    """
    from evals.suite import corpus_file, load_suite

    loaded = load_suite(suite)
    if loaded.corpus is None or library is not None or context.obj is not None:
        opened = open_library(settings_from(context, library))
        _check(loaded, opened.papers(), f"the library {opened.path}")
    else:
        with resources.as_file(corpus_file(loaded.corpus)) as page:
            _check(loaded, (record for record in read(page) if isinstance(record, Paper)), loaded.corpus)
    console().print(f"{loaded.name}: {len(loaded.cases)} questions, no problem found.")


@app.command()
def judge(
    context: typer.Context,
    pairs: Annotated[list[Path], typer.Argument(metavar="PAIRS.jsonl...", help="Labelled pairs; may be compressed (gzip).")],
    judge: Annotated[
        str | None,
        typer.Option(help="Who judges: packaged, lexical, or a Hugging Face model; else the settings' verifier."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the judge of grounding on labelled pairs, by source: {premise, hypothesis, label, source} a line.

    A label is entailment, neutral, contradiction or not_entailment.

    Examples: vouched eval judge pairs.jsonl.gz  ·  vouched eval judge pairs.jsonl --judge lexical
    """
    settings = settings_from(context, None, verifier="" if judge == "packaged" else judge)
    with waking_up():
        from evals.judging import judge as judge_all
        from evals.judging import plain, read_pairs

        verifier = load_verifier(settings)

    read_in = read_pairs(pairs)
    with progress_bar() as bar:
        task = bar.add_task("Judging", total=len(read_in))
        judged = judge_all(verifier, read_in, lambda done: bar.update(task, completed=done))
    if as_json:
        write_json({"judge": settings.verifier or "packaged", "sources": plain(judged)})
        return
    table = Table("source", "pairs", "supported", "balanced accuracy", "95 %", "AUC", "calibration error", "undetermined")
    for name, found in judged.items():
        interval = f"{found.low:.3f} to {found.high:.3f}" if found.low is not None and found.high is not None else "–"
        values = (found.balanced_accuracy, found.auc, found.calibration_error, found.undetermined)
        accuracy, auc, error, undetermined = ("–" if value is None else f"{value:.3f}" for value in values)
        table.add_row(name, str(found.pairs), str(found.supported), accuracy, interval, auc, error, undetermined)
    console().print(table)


def _library(suite: Suite, settings: Settings, folder: Path, *, given: bool) -> Library:
    """Open the library to ask: the one given, else the suite's own sample corpus, ingested beside the run."""
    if given or suite.corpus is None:
        return open_library(settings)
    from evals.suite import corpus_file

    library = open_library(settings.model_copy(update={"library": folder / "library"}), create=True)
    with resources.as_file(corpus_file(suite.corpus)) as page:
        library.ingest([page])
    return library


def _check(suite: Suite, papers: Iterable[Paper], where: str) -> None:
    from evals.errors import SuiteError
    from evals.suite import problems

    found = problems(suite, papers)
    if found:
        raise SuiteError(f"The suite {suite.name} does not fit {where}: " + "; ".join(found[:5]) + ".")


def _show(tables: Tables, folder: Path) -> None:
    kinds = list(tables)
    table = Table("metric", *(f"{kind}" for kind in kinds), box=None)
    for name in tables["all"]:
        cells = [tables[kind][name] for kind in kinds]
        table.add_row(name, *("–" if cell.value is None else f"{cell.value:.3f} ({cell.n})" for cell in cells))
    console().print(table)
    console(err=True).print(f"Each value with the number of questions behind it. Stored in {folder}.", soft_wrap=True)
