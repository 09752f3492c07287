"""``vouched eval compare`` and ``gate``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assistant.cli.options import JsonOption
from assistant.cli.output import console, fail, waking_up, write_json
from evals.cli.options import RunArgument
from evals.errors import SuiteError

if TYPE_CHECKING:
    from evals.gating import Limit


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


def _limits(given: Sequence[str] | None, side: Literal["min", "max"]) -> Iterator[Limit]:
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
