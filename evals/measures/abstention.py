"""Does it answer what can be answered, refuse what cannot, and see what is false in a question?"""

from __future__ import annotations

import numpy as np

from evals.measures.answers import fact_coverage, nugget_recall
from evals.metric import Metric, always, of_kind
from evals.outcome import Outcome
from evals.statistics import Array, total


def premise_denied(outcome: Outcome) -> float:
    """Give 1 when the answer says that a quote contradicts what the question takes for granted, else 0."""
    return float(outcome.answered and outcome.answer is not None and outcome.answer.get("denied_by") is not None)


def premise_corrected(outcome: Outcome) -> float:
    """Give 1 when the answer denies the false premise, or holds all the facts, or all the nuggets, that set it right."""
    said_facts = bool(outcome.case.facts) and fact_coverage(outcome) == 1
    said_nuggets = bool(outcome.case.nuggets) and outcome.judged is not None and nugget_recall(outcome) == 1
    return float(outcome.answered and (premise_denied(outcome) == 1 or said_facts or said_nuggets))


def premise_accepted(outcome: Outcome) -> float:
    """Give 1 when it is answered without setting the premise right."""
    return float(outcome.answered and not premise_corrected(outcome))


def abstention_macro_f1(rows: Array) -> Array:
    """Average the F1 of answering (the answerable) and of abstaining (the unanswerable). An error is neither.

    Args:
        rows: 1 or 0 for answered when it should, abstained when it should, failed, NaN where a metric is not about the
            question: (..., questions, 3).

    Returns:
        The mean of both F1, 2 TP / (2 TP + FP + FN), (...); NaN where either class has no question.
    """
    answered, abstained, failed = rows[..., 0], rows[..., 1], rows[..., 2]
    answerable, unanswerable = (~np.isnan(column) for column in (answered, abstained))
    right_answers, right_abstentions = answered == 1, abstained == 1
    wrong_answers = unanswerable & ~right_abstentions & (failed == 0)
    wrong_abstentions = answerable & ~right_answers & (failed == 0)
    scores = []
    for truth, right, wrong in (
        (answerable, right_answers, wrong_answers),
        (unanswerable, right_abstentions, wrong_abstentions),
    ):
        there, hits, strays = (found.sum(axis=-1) for found in (truth, right, wrong))
        # FN is what is there and not hit: 2 TP + FP + FN is hits + strays + there
        scores.append(np.where(there > 0, 2 * hits / np.maximum(hits + strays + there, 1), np.nan))
    return np.asarray((scores[0] + scores[1]) / 2)


METRICS = (
    Metric(
        "abstained when it should", "An unanswerable question is not answered.", "higher", "abstention",
        population=of_kind("unanswerable"), value=lambda outcome: float(outcome.abstained), counters=("over-refusal",),
    ),
    Metric(
        "answered when it should", "An answerable question is answered.", "higher", "abstention",
        value=lambda outcome: float(outcome.answered), counters=("false confidence",),
    ),
    Metric(
        "false confidence", "An unanswerable question is answered; an error is no answer.", "lower", "abstention",
        population=of_kind("unanswerable"), value=lambda outcome: float(outcome.answered), counters=("over-refusal",),
    ),
    Metric(
        "over-refusal", "An answerable question is refused; an error is no refusal.", "lower", "abstention",
        value=lambda outcome: float(outcome.abstained), counters=("false confidence",),
    ),
    Metric(
        "abstention macro-F1", "Mean F1 of answering the answerable and of abstaining from the rest.", "higher",
        "abstention",
        of=("answered when it should", "abstained when it should", "errors"), statistic=abstention_macro_f1,
        formula="mean of 2 TP / (2 TP + FP + FN) of both classes, over all questions",
        source="F1 of refusals and answers, Song et al. 2024 (Trust-Score), section 3",
    ),
    Metric(
        "false premises named", "The answer says that the question takes something false for granted.", "higher",
        "abstention", population=of_kind("false-premise"), value=premise_denied, counters=("true premises called false",),
    ),
    Metric(
        "true premises called false", "It says so although the question takes nothing false for granted.", "lower",
        "abstention", population=lambda case: case.answerable and case.kind != "false-premise", value=premise_denied,
        counters=("false premises named",),
    ),
    Metric(
        "false premises corrected", "The answer denies the premise, or holds what sets it right.", "higher", "abstention",
        population=of_kind("false-premise"), value=premise_corrected, counters=("true premises called false", "words"),
    ),
    Metric(
        "false premises accepted", "It is answered without setting the premise right.", "lower", "abstention",
        population=of_kind("false-premise"), value=premise_accepted, counters=("over-refusal",),
    ),
    Metric(
        "false premises refused", "A question with a false premise is refused.", None, "abstention",
        population=of_kind("false-premise"), value=lambda outcome: float(outcome.abstained),
    ),
    Metric(
        "errors", "Questions that failed, counted.", "lower", "abstention", "questions", always,
        lambda outcome: float(outcome.answer is None), statistic=total,
    ),
)  # fmt: skip
