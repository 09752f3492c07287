"""Intervals and tests against known answers: SciPy's, closed forms, and cases worked by hand."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, permutation_test, ttest_rel

from evals.measures.abstention import abstention_macro_f1
from evals.statistics import Difference, Estimate, estimate, mean, paired, percentile, total, wilson


def column(*values: float) -> Any:
    return np.array(values, dtype=float)[:, None]


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (0, 20), (1, 2), (18, 20), (20, 20), (81, 263)])
def test_the_interval_of_a_rate_is_wilsons(successes: int, n: int) -> None:
    z = NormalDist().inv_cdf(0.975)
    rate = successes / n
    middle, half = rate + z**2 / (2 * n), z * (rate * (1 - rate) / n + z**2 / (4 * n**2)) ** 0.5
    by_hand = [(middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)]
    assert list(wilson(successes, n)) == pytest.approx(by_hand)
    theirs = binomtest(successes, n).proportion_ci(0.95, method="wilson")
    found = estimate(column(*[1] * successes, *[0] * (n - successes)))
    assert (found.value, found.n, found.low, found.high) == (rate, n, theirs.low, theirs.high)


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    values = np.random.default_rng(1).normal(10, 2, 400)
    found = estimate(column(*values))
    error = values.std() / len(values) ** 0.5
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(
        (values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.15 * error
    )


def test_the_interval_of_a_median_covers_the_order_statistics_that_it_should() -> None:
    found = estimate(column(*range(1, 101)), percentile(50))
    assert found.value == 50.5
    # The 95 % interval of a median of 100 by order statistics is from the 40th to the 61st (binomial, n = 100, p = 1/2).
    assert (found.low, found.high) == pytest.approx((40.5, 60.5), abs=1.5)


def test_an_interval_is_the_same_every_time() -> None:
    rows = column(0.2, 0.9, 0.4, 0.7)
    assert estimate(rows) == estimate(rows)
    assert paired(rows, rows[::-1]) == paired(rows, rows[::-1])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (np.empty((0, 1)), Estimate(None, 0, 3, None, None)),
        (column(0.3), Estimate(0.3, 1, 3, None, None)),
        (column(0.3, 0.3), Estimate(0.3, 2, 3, 0.3, 0.3)),
    ],
)
def test_little_or_nothing_to_estimate_from(rows: Any, expected: Estimate) -> None:
    assert estimate(rows, undefined=3) == expected


def test_a_count_is_no_estimate() -> None:
    assert estimate(column(1, 0, 1), total) == Estimate(2.0, 3, 0, None, None)


def test_resamples_without_a_class_are_left_out() -> None:
    no = float("nan")
    rows = np.array([(1, no, 0), (no, 1, 0)])  # half of the resamples hold one class only
    found = estimate(rows, abstention_macro_f1)
    assert (found.value, found.low, found.high) == (1, 1, 1)
    one_class = estimate(rows[:1].repeat(3, axis=0), abstention_macro_f1)
    assert one_class == Estimate(None, 3, 0, None, None)


def test_a_paired_difference_by_hand() -> None:
    a, b = column(0.0, 0.5, 0.25, 1.0), column(0.5, 1.0, 0.75, 0.5)
    found = paired(a, b, unpaired=2)
    assert (found.a, found.b, found.difference, found.n, found.unpaired) == (0.4375, 0.6875, 0.25, 4, 2)
    assert found.effect == pytest.approx(0.25 / 0.5)  # the differences are ½, ½, ½, −½: deviation ½
    assert found.p == 10 / 16  # of the 16 ways to flip signs, 5 give as much or more, 5 as little or less
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.25 < found.high <= 0.5


def test_a_mean_is_permuted_as_scipy_flips_signs() -> None:
    random = np.random.default_rng(3)
    a, b = random.random((10, 1)), random.random((10, 1)) + 0.2
    theirs: Any = permutation_test(((b - a)[:, 0],), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert paired(a, b).p == pytest.approx(theirs.pvalue)
    # Questions that are the same in both runs leave the test as it was.
    assert paired(np.vstack([a, a]), np.vstack([b, a])).p == pytest.approx(theirs.pvalue)


def test_many_questions_are_permuted_by_drawing() -> None:
    random = np.random.default_rng(4)
    a = random.normal(size=(200, 1))
    b = a + random.normal(0.1, 1, (200, 1))
    assert paired(a, b).p == pytest.approx(ttest_rel(a[:, 0], b[:, 0]).pvalue, abs=0.02)
    certain = paired(a, b + 1)
    assert certain.p == pytest.approx(2 / 10_000)  # the least that 9,999 draws can show, either way
    assert certain.low is not None
    assert certain.low > 0.5


def test_the_paired_interval_is_narrower_than_the_runs_own() -> None:
    a = np.random.default_rng(5).random((300, 1))
    found, alone = paired(a, a + 0.01), estimate(a)
    assert (found.low, found.high) == (pytest.approx(0.01), pytest.approx(0.01))
    assert alone.high is not None
    assert alone.low is not None
    assert alone.high - alone.low > 0.05


def test_runs_that_do_not_differ() -> None:
    rows = column(0.1, 0.9)
    assert paired(rows, rows) == Difference(0.5, 0.5, 0.0, 0.0, 0.0, 1.0, None, 2, 0)
    assert paired(rows[:0], rows[:0], unpaired=4) == Difference(None, None, None, None, None, None, None, 0, 4)


def test_one_question_that_differs_proves_nothing() -> None:
    assert paired(column(0, 1, 1), column(1, 1, 1)).p == 1


def test_the_difference_of_medians_has_an_interval_alone() -> None:
    found = paired(column(1, 2, 3, 9, 9), column(11, 12, 13, 9, 9), percentile(50))
    assert (found.a, found.b, found.difference, found.p, found.effect) == (3, 11, 8, None, None)
    assert (found.low, found.high) == (0, 10)


def test_a_rate_that_is_all_right_is_not_certain() -> None:
    found = estimate(column(*[1] * 10), mean)
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.7225, abs=1e-4)
