"""``vouched eval``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, fail, progress_bar, waking_up, write_json
from assistant.opening import load_verifier, open_library
from assistant.settings import LLMKind, Settings
from evals.errors import SuiteError
from ingestion.library import Library
from ingestion.paper import Paper
from ingestion.readers import read

if TYPE_CHECKING:
    from evals.gating import Limit
    from evals.scoring import Tables
    from evals.suite import Suite

app = typer.Typer(help="Measure retrieval, facts, citations and abstention on suites of questions.", no_args_is_help=True)
SuiteArgument = Annotated[str, typer.Argument(metavar="SUITE", help="A packaged suite, such as page, or a YAML file.")]
RunArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run.")]


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
        from evals.running import run as ask_all
        from evals.scoring import score_run
        from evals.suite import load_suite

    loaded = load_suite(suite)
    folder = out or Path("runs") / loaded.name
    settings = settings_from(context, library, llm=llm, model=model)
    opened = _library(loaded, settings, folder, given=library is not None or context.obj is not None)
    _check(loaded, opened.papers(), f"the library {opened.path}")
    source = str(Path(suite).resolve()) if Path(suite).suffix in {".yaml", ".yml"} else suite  # found from any folder
    with progress_bar() as bar:
        task = bar.add_task("Asking", total=len(loaded.cases))
        ask_all(loaded, Assistant(opened, settings), folder, lambda done: bar.update(task, completed=done), source=source)
    _show(loaded, score_run(folder, loaded, opened), folder, as_json)


@app.command()
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


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="DIR_A", help="The folder of run A.")],
    after: Annotated[Path, typer.Argument(metavar="DIR_B", help="The folder of run B.")],
    metric: Annotated[str | None, typer.Option(help="Compare this metric only.", show_default=False)] = None,
    most: Annotated[int, typer.Option(min=0, help="How many of the questions that changed most to list.")] = 10,
    as_json: JsonOption = False,
) -> None:
    """Say what changed from run A to run B of one suite over one corpus, question by question. Settings may differ.

    Each difference has its 95 % interval (bootstrap over questions), the p of a permutation test, and the effect size d_z.
    The questions are listed for each metric that changed; those of times only with --metric.

    Examples: vouched eval compare runs/page runs/new  ·  vouched eval compare runs/page runs/new --metric 'fact coverage'
    """
    with waking_up():
        from evals.comparing import compare as compare_runs
        from evals.comparing import plain
        from evals.metrics import METRICS
        from evals.scoring import read_run
        from evals.tables import of_comparison

    chosen = list(METRICS.values()) if metric is None else [METRICS[_known(metric, METRICS)]]
    comparison = compare_runs(read_run(before), read_run(after), chosen, most)
    if as_json:
        write_json({"a": str(before), "b": str(after), **plain(comparison)})
        return
    for table in of_comparison(comparison):
        console().print(table, "")
    legend = f"A is {before}, B is {after}. The figures are of the questions with a value in both."
    console(err=True).print(legend, soft_wrap=True)


@app.command()
def gate(
    folder: RunArgument,
    baseline: Annotated[
        Path | None, typer.Option(metavar="DIR", help="An earlier run to be no worse than.", show_default=False)
    ] = None,
    least: Annotated[
        list[str] | None, typer.Option("--min", metavar="METRIC=VALUE", help="The least that a metric may be.")
    ] = None,
    most: Annotated[
        list[str] | None, typer.Option("--max", metavar="METRIC=VALUE", help="The most that a metric may be.")
    ] = None,
    effect: Annotated[
        float, typer.Option(min=0, help="The least worsening that counts; of words and times, as a share of the baseline's.")
    ] = 0.02,
    as_json: JsonOption = False,
) -> None:
    """Pass a run or not: exit code 0 when it passes, 1 when it is worse, 2 when it is incomplete or the call is wrong.

    A limit is missed when the value and its whole 95 % interval miss it. Against a baseline a metric is worse when the
    interval of the paired difference excludes zero and the difference is at least --effect; times only where --max names
    them. More errors than in the baseline never pass. 'KIND: METRIC=VALUE' limits one kind of question.

    Examples: vouched eval gate runs/page --min 'fact coverage=0.7' --max 'words=60' --max errors=0  ·
    vouched eval gate runs/new --baseline runs/page --effect 0.01  ·  vouched eval gate runs/page --min 'multi: MRR=0.9'
    """
    with waking_up():
        from evals.gating import gate as check_run
        from evals.gating import plain
        from evals.scoring import read_run
        from evals.tables import of_gate

    limits = [*_limits(least, "min"), *_limits(most, "max")]
    if not limits and baseline is None:
        raise typer.BadParameter("There is nothing to check: give --baseline, --min or --max.")
    try:
        run = read_run(folder)
        checks = check_run(run, limits, None if baseline is None else read_run(baseline), effect)
    except SuiteError as error:  # elsewhere 1; here 1 says that the run is worse
        raise typer.Exit(fail(error, as_json, code=2)) from error
    outcome = plain(checks)
    if as_json:
        write_json(outcome)
    else:
        console().print(of_gate(checks))
        console().print("Passed." if outcome["passed"] else "Not passed.")
    raise typer.Exit(0 if outcome["passed"] else 1)


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
    from evals.suite import problems

    found = problems(suite, papers)
    if found:
        raise SuiteError(f"The suite {suite.name} does not fit {where}: " + "; ".join(found[:5]) + ".")


def _limits(given: Sequence[str] | None, side: Literal["min", "max"]) -> Iterable[Limit]:
    """Read limits: ``METRIC=VALUE``, or ``KIND: METRIC=VALUE``. Raises BadParameter for what is not one."""
    from evals.gating import ALL, Limit
    from evals.metrics import METRICS
    from evals.suite import KINDS

    for text in given or ():
        named, _, value = text.rpartition("=")
        kind, colon, metric = named.rpartition(":")
        if colon and kind not in KINDS:
            raise typer.BadParameter(f"There is no kind of question {kind!r} in {text!r}. There are: {', '.join(KINDS)}.")
        try:
            bound = float(value)
        except ValueError:
            bound = math.nan
        if not named or math.isnan(bound):
            raise typer.BadParameter(f"--{side} {text!r} is not METRIC=VALUE with a number, as 'fact coverage=0.7'.")
        yield Limit(_known(metric.strip(), METRICS), side, bound, kind if colon else ALL)


def _known(metric: str, metrics: Iterable[str]) -> str:
    """Give a metric's name back. Raises BadParameter when there is none of that name."""
    if metric not in metrics:
        raise typer.BadParameter(f"There is no metric {metric!r}. There are: {'; '.join(metrics)}.")
    return metric


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
