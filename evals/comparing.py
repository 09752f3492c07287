"""What changed from one run to another: each metric question by question, and the questions that changed most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evals.errors import SuiteError
from evals.measures.robustness import alike
from evals.metric import Metric
from evals.scoring import ScoredRun, check_comparable
from evals.statistics import Array, Difference, Estimate, estimate, paired


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose value changed from run A to run B."""

    id: str
    question: str
    a: float
    b: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs of one suite over one corpus.

    ``settings`` are those that differ, as ``(in A, in B)``; ``agreement`` is how alike the outcomes are, as the metric
    "stability" counts it, whatever they are worth; ``changes`` the questions that changed most, worst first, of
    each metric in which any did, of times only where nothing else is compared.
    """

    settings: dict[str, tuple[Any, Any]]
    agreement: Estimate
    metrics: dict[str, Difference]
    changes: dict[str, list[Change]]


def compare(a: ScoredRun, b: ScoredRun, metrics: Sequence[Metric], most: int) -> Comparison:
    """Compare run A with run B, question by question.

    Args:
        a: the run before.
        b: the run after.
        metrics: which metrics to compare.
        most: of how many questions to say how they changed, for each metric.

    Raises:
        SuiteError: the runs are of different suites or corpora.
    """
    check_comparable(a, b)
    differences = {metric.name: difference(metric, a, b) for metric in metrics if metric.measured(a.scores, b.scores)}
    # Statistics of another metric's values have no questions of their own; times change with every run.
    listed = [metric for metric in metrics if not metric.of and (metric.unit not in {"ms", "MiB"} or len(metrics) == 1)]
    changes = {metric.name: changed(metric, a, b, most) for metric in listed}
    return Comparison(
        _settings(a, b), agreement(a, b), differences, {name: found for name, found in changes.items() if found}
    )


def agreement(a: ScoredRun, b: ScoredRun) -> Estimate:
    """Compute how alike two runs' outcomes are, question by question (see `alike`), over those without an error."""
    pairs = [alike(answer, b.answers.get(id_)) for id_, answer in a.answers.items()]
    found = [value for value in pairs if value is not None]
    return estimate(np.array(found, dtype=np.float64)[:, None], undefined=len(pairs) - len(found))


def difference(metric: Metric, a: ScoredRun, b: ScoredRun) -> Difference:
    """Compute what became of a metric over the questions that have a value in both runs."""
    before, after = _tables(metric, a, b)
    there, still = (~np.isnan(rows).all(axis=1) for rows in (before, after))
    both = there & still
    return paired(before[both], after[both], metric.statistic, unpaired=int((there ^ still).sum()))


def changed(metric: Metric, a: ScoredRun, b: ScoredRun, most: int) -> list[Change]:
    """List the questions whose value changed most, worst first; of equal changes the worse ones are listed."""
    before, after = (rows[:, 0] for rows in _tables(metric, a, b))
    gains = (before - after) if metric.better == "lower" else (after - before)
    order = [place for place in np.lexsort((gains, -np.abs(gains))) if np.abs(gains[place]) > 0]  # by the last key first
    ids = [score.id for score in a.scores]
    return [
        Change(ids[place], _question(ids[place], a, b), float(before[place]), float(after[place]))
        for place in sorted(order[:most], key=lambda place: gains[place])
    ]


def plain(comparison: Comparison) -> dict[str, Any]:
    """Give a comparison as an object for JSON."""
    return {
        "settings": {name: {"a": a, "b": b} for name, (a, b) in comparison.settings.items()},
        "agreement": asdict(comparison.agreement),
        "metrics": {name: asdict(found) for name, found in comparison.metrics.items()},
        "changes": {name: [asdict(change) for change in found] for name, found in comparison.changes.items()},
    }


def _tables(metric: Metric, a: ScoredRun, b: ScoredRun) -> tuple[Array, Array]:
    """Give the values of both runs, (questions, columns), with the same question in the same row."""
    after = {score.id: score for score in b.scores}
    if [score.id for score in a.scores] != list(after):
        raise SuiteError(f"{a.folder} and {b.folder} do not hold scores of the same questions. Score both again.")
    return metric.table(a.scores), metric.table(b.scores)


def _question(id_: str, a: ScoredRun, b: ScoredRun) -> str:
    answer = b.answers.get(id_) or a.answers.get(id_) or {}
    return str(answer.get("question", ""))


def _settings(a: ScoredRun, b: ScoredRun) -> dict[str, tuple[Any, Any]]:
    before, after = (dict(run.about["settings"]) for run in (a, b))
    before["system"], after["system"] = (run.about.get("system", "vouched") for run in (a, b))
    names = [*before, *(name for name in after if name not in before)]
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}
