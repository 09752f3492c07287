"""What a run is worth. `METRICS` holds every metric, each declared once, in `evals.measures`.

A metric is the mean of its values over the questions that have one; a few are another statistic of such values. Questions
that failed count as wrong where the metric says whether the assistant did what it should, and have no value elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals.measures import abstention, answers, citations, costs, grounding, retrieval, robustness
from evals.metric import Metric
from evals.outcome import Outcome, Score
from evals.statistics import Estimate
from evals.suite import Suite
from ingestion.library import Library

ROOMS = (retrieval, answers, citations, grounding, abstention, robustness, costs)
METRICS: dict[str, Metric] = {metric.name: metric for room in ROOMS for metric in room.METRICS}


def outcomes(suite: Suite, records: Sequence[dict[str, Any]], library: Library | None) -> list[Outcome]:
    """Put the questions of a suite and what became of them together; the records are in the suite's order.

    Without a library (answers of another system, with contexts of their own) there are no abstracts.
    """
    answers_ = [record.get("answer") for record in records]
    abstracts = {paper.id: paper.abstract for paper in library.papers()} if library is not None else {}
    ranked = retrieval.ranked(suite.cases, answers_)
    found: dict[str, Outcome] = {}
    originals_first = sorted(zip(suite.cases, records, strict=True), key=lambda pair: pair[0].variant_of is not None)
    for case, record in originals_first:
        found[case.id] = Outcome(
            case,
            record.get("answer"),
            abstracts,
            ranked.get(case.id, {}),
            original=found.get(case.variant_of) if case.variant_of else None,
            peak_mib=record.get("peak_mib"),
        )
    return [found[case.id] for case in suite.cases]


def values(outcomes: Sequence[Outcome]) -> list[Score]:
    """Compute the values of every question."""
    measured = [(metric, metric.value) for metric in METRICS.values() if metric.value is not None]
    return [
        Score(
            outcome.case.id,
            outcome.case.kind,
            {metric.name: value(outcome) for metric, value in measured if metric.about(outcome)},
        )
        for outcome in outcomes
    ]


def estimates(scores: Sequence[Score]) -> dict[str, Estimate]:
    """Compute all metrics that any of the questions has, over these questions."""
    known = set().union(*(score.values for score in scores)) if scores else set()
    return {
        name: metric.estimate(scores) for name, metric in METRICS.items() if known.intersection(metric.of or (metric.name,))
    }


def estimates_by_kind(scores: Sequence[Score]) -> dict[str, dict[str, Estimate]]:
    """Compute all metrics over the questions of each kind, in the order in which the kinds first come."""
    kinds = dict.fromkeys(score.kind for score in scores)
    return {kind: estimates([score for score in scores if score.kind == kind]) for kind in kinds}


def score(suite: Suite, records: Sequence[dict[str, Any]], library: Library | None) -> dict[str, Estimate]:
    """Compute the metrics of a run that need no judge."""
    return estimates(values(outcomes(suite, records, library)))
