"""How sure a figure is: the interval of one run's figure, and of the difference between two runs on the same questions.

A figure is a `Statistic` of a table with a row a question; most are the mean of one column. Questions are what is drawn
again, as another suite of the same sort would have had others. All draws are seeded: the same run gives the same interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest, permutation_test

LEVEL = 0.95
RESAMPLES = 2_000
PERMUTATIONS = 9_999  # with up to 13 questions that differ there are fewer, and all of them are tried
TOGETHER = 250  # resamples held in memory at a time
DIGITS = 12  # sums in another order differ behind these; without rounding, equal flips would not count as equal

Array = npt.NDArray[np.float64]
Statistic = Callable[[Array], Array]  # (..., questions, columns) to (...)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over ``n`` questions with its 95 % interval, in the unit of the metric.

    ``undefined`` are the questions that the metric is about and for which it has no value: they are counted here, and in
    no mean. ``value`` is None when nothing defines it; ``low`` and ``high`` are None where there is no interval: for counts,
    and for one question alone.
    """

    value: float | None
    n: int
    undefined: int
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of a figure from run A to run B, over the ``n`` questions that have a value in both.

    ``difference`` is ``b - a`` with its 95 % interval ``low`` to ``high``. For means, ``p`` is the chance of one as large,
    either way, if A and B were exchangeable, and ``effect`` is d_z, the mean difference over its standard deviation, None
    when all questions changed alike.
    ``unpaired`` are the questions with a value in one run only: they are in none of the figures.
    """

    a: float | None
    b: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    effect: float | None
    n: int
    unpaired: int


def mean(rows: Array) -> Array:
    """Average the one column of rows (..., questions, 1); gives (...)."""
    return np.asarray(rows[..., 0].mean(axis=-1))


def total(rows: Array) -> Array:
    """Add up the one column of rows (..., questions, 1); gives (...)."""
    return np.asarray(rows[..., 0].sum(axis=-1))


def greatest(rows: Array) -> Array:
    """Take the greatest of the one column of rows (..., questions, 1); gives (...)."""
    return np.asarray(rows[..., 0].max(axis=-1))


def percentile(percent: float) -> Statistic:
    """Give the statistic that takes a percentile, 0 to 100, of the one column, between two values in proportion."""
    return lambda rows: np.asarray(np.percentile(rows[..., 0], percent, axis=-1))


def estimate(rows: Array, statistic: Statistic = mean, undefined: int = 0) -> Estimate:
    """Compute a figure and its interval.

    The interval is Wilson's (1927) for a mean of zeros and ones, else that of the percentile bootstrap over questions
    (Efron and Tibshirani 1993, chapter 13). A sum or a greatest value is of this run alone, and has none.

    Args:
        rows: the questions that have a value, (questions, columns).
        statistic: what is computed of them; NaN where it is not defined.
        undefined: how many further questions there are that have no value.
    """
    n = len(rows)
    value = _number(statistic(rows)) if n else None
    low, high = None, None
    if value is not None and statistic is mean and np.isin(rows, (0, 1)).all():
        low, high = wilson(int(rows.sum()), n)
    elif value is not None and statistic not in (total, greatest):
        low, high = bootstrap(n, lambda drawn: statistic(rows[drawn]))
    return Estimate(value, n, undefined, low, high)


def paired(a: Array, b: Array, statistic: Statistic = mean, unpaired: int = 0) -> Difference:
    """Compare two runs question by question.

    The interval is that of the percentile bootstrap over pairs, as in `estimate`. Of a mean, ``p`` is that of a permutation
    test that flips the signs of the questions' differences, exact where at most 9,999 ways to flip them are there, else of
    as many drawn ones; the effect size is d_z (Lakens 2013). Other statistics have neither: swapping the runs
    of a question says little about, for one, the difference of two medians.

    Args:
        a: the questions that have a value in both runs, in run A, (questions, columns).
        b: the same questions in run B.
        statistic: what is compared; NaN where it is not defined.
        unpaired: how many further questions have a value in one run only.
    """
    n = len(a)
    before, after = (_number(statistic(rows)) if n else None for rows in (a, b))
    if before is None or after is None:
        return Difference(before, after, None, None, None, None, None, n, unpaired)
    low, high = bootstrap(n, lambda drawn: statistic(b[drawn]) - statistic(a[drawn]))
    p, effect = (_flipped((b - a)[:, 0]), _effect((b - a)[:, 0])) if statistic is mean else (None, None)
    return Difference(before, after, after - before, low, high, p, effect, n, unpaired)


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Give the 95 % interval of a rate, ``successes`` of ``n``, by its score (Wilson 1927)."""
    interval = binomtest(successes, n).proportion_ci(LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def bootstrap(n: int, recompute: Callable[[npt.NDArray[np.intp]], Array]) -> tuple[float | None, float | None]:
    """Give the 95 % interval of a figure by the percentile bootstrap (Efron and Tibshirani 1993, chapter 13).

    Args:
        n: how many questions there are; of one alone nothing can be drawn, and both ends are None.
        recompute: takes drawn places of questions, (resamples, n), and gives the figure of each resample, (resamples).
            Resamples in which it is NaN (a class was not drawn) are left out.
    """
    if n < 2:
        return None, None
    random = np.random.default_rng(0)
    figures = np.concatenate([recompute(random.integers(0, n, (TOGETHER, n))) for _ in range(RESAMPLES // TOGETHER)])
    figures = figures[~np.isnan(figures)]
    if not figures.size:
        return None, None
    low, high = np.quantile(figures, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)


def _flipped(differences: Array) -> float:
    """Give the two-sided p of flipping signs, (questions); those that are zero stay zero, and may be left out."""
    moved = differences[differences != 0]
    if len(moved) < 2:  # the only flip turns the difference round, and no more
        return 1.0

    def average(signed: Array, axis: int) -> Array:
        return np.asarray(np.round(signed.mean(axis=axis), DIGITS))

    test: Any = permutation_test(
        (moved,),
        average,
        permutation_type="samples",
        vectorized=True,
        n_resamples=PERMUTATIONS,
        batch=TOGETHER,
        random_state=np.random.default_rng(0),  # SciPy calls it rng from 1.15 on, and takes both
    )
    return float(test.pvalue)


def _effect(differences: Array) -> float | None:
    spread = differences.std(ddof=1) if len(differences) > 1 else 0.0
    return float(differences.mean() / spread) if spread > 10.0**-DIGITS else None


def _number(figure: Array) -> float | None:
    return None if np.isnan(figure) else float(figure)
