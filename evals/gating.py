"""Whether a run is good enough: held against limits, and against an earlier run, with the benefit of the doubt.

A figure over some questions is only an estimate. A limit is missed when the figure and its whole 95 % interval miss it;
where there is no interval (one question alone), the figure decides. A metric is worse than in the baseline when the interval
of the paired difference excludes zero and the difference is large enough to matter. Errors are counted, not estimated: one
more than in the baseline is one too many.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from evals.comparing import difference
from evals.errors import SuiteError
from evals.metric import Metric
from evals.metrics import METRICS
from evals.scoring import ScoredRun, check_comparable

ALL = "all"


@dataclass(frozen=True, slots=True)
class Limit:
    """The least or the most that a metric may be, over all questions or those of one kind."""

    metric: str
    side: Literal["min", "max"]
    bound: float
    kind: str = ALL


@dataclass(frozen=True, slots=True)
class Check:
    """How one check came out.

    ``limit`` says what was asked, as ``>= 0.9``, or ``difference >= -0.02`` against a baseline; ``value`` with its 95 %
    interval is what it was asked of; ``why`` says in words how it came out.
    """

    metric: str
    kind: str
    limit: str
    value: float | None
    low: float | None
    high: float | None
    passed: bool
    why: str


def gate(run: ScoredRun, limits: Sequence[Limit], baseline: ScoredRun | None, effect: float) -> list[Check]:
    """Check a run.

    Args:
        run: the run.
        limits: what its metrics are held against.
        baseline: an earlier run of the same suite over the same corpus.
        effect: the least worsening that counts; for metrics without an upper end, as a share of the baseline's value.

    Raises:
        SuiteError: a limit is on a metric without a value in this run, or the baseline is of another suite or corpus.
    """
    checks = [_within(run, limit) for limit in limits]
    if baseline is not None:
        check_comparable(run, baseline)
        timed = {limit.metric for limit in limits if limit.side == "max"}
        checks += _no_worse(run, baseline, effect, timed)
    return checks


def plain(checks: Sequence[Check]) -> dict[str, Any]:
    """Give the outcome as an object for JSON."""
    return {"passed": all(check.passed for check in checks), "checks": [asdict(check) for check in checks]}


def _within(run: ScoredRun, limit: Limit) -> Check:
    scores = [score for score in run.scores if limit.kind in (ALL, score.kind)]
    found = METRICS[limit.metric].estimate(scores)
    if found.value is None:
        raise SuiteError(f"No question in {run.folder} gives {limit.metric} a value ({limit.kind}). Drop its limit.")
    least = limit.side == "min"
    outside = found.value < limit.bound if least else found.value > limit.bound
    edge = found.high if least else found.low  # the end of the interval that is nearest to the limit
    sure = edge is None or (edge < limit.bound if least else edge > limit.bound)
    way = "below" if least else "above"
    if not outside:
        why = "within the limit"
    elif sure:
        why = f"{way} the limit" + ("" if edge is None else ", and so is the whole interval")
    else:
        why = f"{way}, but within the interval"
    asked = f"{'>=' if least else '<='} {limit.bound:g}"
    return Check(limit.metric, limit.kind, asked, found.value, found.low, found.high, not (outside and sure), why)


def _no_worse(run: ScoredRun, baseline: ScoredRun, effect: float, timed: Collection[str]) -> Iterator[Check]:
    """Hold each metric with a direction against the baseline; times only when asked for, as machines differ."""
    for metric in METRICS.values():
        meant = metric.better is not None and (metric.unit not in {"ms", "MiB"} or metric.name in timed)
        if meant and metric.estimate(baseline.scores).n:
            counted = metric.unit == "questions"
            yield _no_more(metric, run, baseline) if counted else _not_worse(metric, run, baseline, effect)


def _no_more(metric: Metric, run: ScoredRun, baseline: ScoredRun) -> Check:
    more = (metric.estimate(run.scores).value or 0) - (metric.estimate(baseline.scores).value or 0)
    why = f"{more:g} more than in the baseline" if more > 0 else "no more than in the baseline"
    return Check(metric.name, ALL, "difference <= 0", more, None, None, more <= 0, why)


def _not_worse(metric: Metric, run: ScoredRun, baseline: ScoredRun, effect: float) -> Check:
    found = difference(metric, baseline, run)
    allowed = effect * (1.0 if metric.unit == "share" else abs(found.a or 0.0))
    higher = metric.better == "higher"
    asked = f"difference >= {0 - allowed:g}" if higher else f"difference <= {allowed:g}"
    if found.difference is None:
        return Check(metric.name, ALL, asked, None, None, None, True, "no question has a value in both runs")
    loss = -found.difference if higher else found.difference
    edge = found.high if higher else found.low  # the end of the interval that is nearest to no difference
    sure = edge is not None and (edge < 0 if higher else edge > 0)
    large = round(loss, 12) >= allowed
    if loss <= 0:
        why = "no worse"
    elif not sure:
        why = "worse, but the interval holds no difference"
    elif not large:
        why = "worse, but by less than matters"
    else:
        why = "worse, and the whole interval is"
    passed = not (loss > 0 and sure and large)
    return Check(metric.name, ALL, asked, found.difference, found.low, found.high, passed, why)
