"""What a metric is: which questions it is about, the value of one, and how values become a figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evals.outcome import Outcome, Score
from evals.statistics import Array, Estimate, Statistic, estimate, mean
from evals.suite import Case

Better = Literal["higher", "lower"]
Unit = Literal["share", "words", "ms", "questions", "calls", "tokens", "USD", "MiB"]
Group = Literal["retrieval", "answer", "citations", "grounding", "abstention", "robustness", "cost"]
Population = Callable[[Case], bool]


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is.

    ``means`` says it in a line, ``formula`` for one question where that is not a share, ``source`` where it is defined.
    ``better`` is the direction in which a system gets better, None where neither is. ``population`` tells whether the metric
    is about a question, and ``value`` gives the question's value, None when it has none; a metric without ``value`` is
    computed from the values of the metrics ``of``, in this order.
    ``judged`` metrics need a judge. ``counters`` are the metrics that get worse when this one is won by a trick: copying
    passages, citing everything, refusing everything, hedging.
    """

    name: str
    means: str
    better: Better | None
    group: Group
    unit: Unit = "share"
    population: Population = lambda case: case.answerable
    value: Callable[[Outcome], float | None] | None = None
    of: tuple[str, ...] = ()
    statistic: Statistic = mean
    counters: tuple[str, ...] = ()
    judged: bool = False
    formula: str = ""
    source: str = ""

    def about(self, outcome: Outcome) -> bool:
        """Tell whether the metric is about a question, and can be measured there."""
        if self.value is None or not self.population(outcome.case) or (self.judged and outcome.judged is None):
            return False
        only_retrieves = outcome.answer is not None and outcome.answer.get("retrieval_only", False)
        return not only_retrieves or self.group in {"retrieval", "cost"}

    def measured(self, *runs: Sequence[Score]) -> bool:
        """Tell whether any question of any run has a value, or could have had one."""
        columns = self.of or (self.name,)
        return any(column in score.values for run in runs for score in run for column in columns)

    def table(self, scores: Sequence[Score]) -> Array:
        """Give the values that the statistic takes, (questions, columns); NaN where there is none."""
        columns = self.of or (self.name,)
        cells = [[score.values.get(column) for column in columns] for score in scores]
        return np.array(cells, dtype=np.float64).reshape(len(scores), len(columns))  # None becomes NaN

    def estimate(self, scores: Sequence[Score]) -> Estimate:
        """Compute the metric over questions."""
        columns = self.of or (self.name,)
        rows = self.table([score for score in scores if any(column in score.values for column in columns)])
        defined = ~np.isnan(rows).all(axis=1)
        return estimate(rows[defined], self.statistic, undefined=int((~defined).sum()))


def always(case: Case) -> bool:
    """Every question."""
    return True


def has_papers(case: Case) -> bool:
    """Questions whose gold papers are known."""
    return bool(case.papers)


def has_facts(case: Case) -> bool:
    """Answerable questions with required facts."""
    return case.answerable and bool(case.facts)


def has_nuggets(case: Case) -> bool:
    """Answerable questions with nuggets."""
    return case.answerable and bool(case.nuggets)


def of_kind(*kinds: str) -> Population:
    """Questions of these kinds."""
    return lambda case: case.kind in kinds
