"""Were the right papers found? Rankings are measured by ir-measures."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean
from typing import Any

import ir_measures
from ir_measures import RR, R, Success, nDCG

from evals.metric import Metric, has_papers
from evals.outcome import Outcome
from evals.suite import Case

MEASURES = {
    "success@1": Success @ 1,
    "success@5": Success @ 5,
    "nDCG@10": nDCG @ 10,
    "recall@5": R @ 5,
    "recall@20": R @ 20,
    "MRR": RR,
}


def ranked(cases: Sequence[Case], answers: Sequence[dict[str, Any] | None]) -> dict[str, dict[str, float]]:
    """Compute the metrics of retrieval for each question with gold papers, by its id; an error has found nothing."""
    qrels = [ir_measures.Qrel(case.id, paper, case.relevance.get(paper, 1)) for case in cases for paper in case.papers]
    found = [
        ir_measures.ScoredDoc(case.id, paper["paper_id"], -float(rank))  # the rank, as scores may be equal
        for case, answer in zip(cases, answers, strict=True)
        for rank, paper in enumerate(answer["retrieved"] if answer else [])
    ]
    names = {measure: name for name, measure in MEASURES.items()}
    by_question: dict[str, dict[str, float]] = {}
    for computed in ir_measures.iter_calc(MEASURES.values(), qrels, found) if qrels else ():
        by_question.setdefault(computed.query_id, {})[names[computed.measure]] = float(computed.value)
    return by_question


def context_recall(outcome: Outcome) -> float:
    """Give the share of the gold evidence sentences that stand in what the answer was drawn from."""
    contexts = [" ".join(context.split()) for context in outcome.contexts()]
    evidence = [" ".join(sentence.split()) for sentence in outcome.case.evidence]
    return mean(float(any(sentence in context for context in contexts)) for sentence in evidence)


def _ranking(name: str, means: str, formula: str = "") -> Metric:
    return Metric(
        name, means, "higher", "retrieval", population=has_papers, value=lambda outcome: outcome.ranked[name],
        counters=("latency ms",), formula=formula, source="ir-measures, binary relevance unless the suite grades it",
    )  # fmt: skip


METRICS = (
    _ranking("success@1", "A gold paper is retrieved first."),
    _ranking("success@5", "A gold paper is among the first five retrieved."),
    _ranking(
        "nDCG@10",
        "Gold papers come early among the first ten.",
        "Σ grade(i) / log2(i + 1) over i ≤ 10, over that of the best order",
    ),
    _ranking("recall@5", "Share of the gold papers that are among the first five."),
    _ranking("recall@20", "Share of the gold papers that are among the first twenty."),
    _ranking("MRR", "One over the place of the first gold paper.", "1 / place, 0 when none is retrieved"),
    Metric(
        "context recall",
        "Share of the gold evidence that stands in the contexts of the answer, else in the first five abstracts.",
        "higher",
        "retrieval",
        population=lambda case: case.answerable and bool(case.evidence),
        value=context_recall,
        counters=("words", "prompt tokens"),
        source="Es et al. 2024 (RAGAS), on verbatim evidence instead of judged sentences",
    ),
)
