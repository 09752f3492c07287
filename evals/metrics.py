"""What a run is worth. Each metric is declared once, in `METRICS`: which questions it is about, and the value of one.

A metric is the mean of its values over the questions that have one; a few are another statistic of such values. Questions
that failed count as wrong where the metric says whether the assistant did what it should, and have no value elsewhere.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import ir_measures
import numpy as np
from ir_measures import RR, Success, nDCG

from evals.statistics import Array, Estimate, Statistic, estimate, mean, percentile, total
from evals.suite import Case, Suite
from ingestion.library import Library

RETRIEVAL = {"success@1": Success @ 1, "success@5": Success @ 5, "nDCG@10": nDCG @ 10, "MRR": RR}

Better = Literal["higher", "lower"]
Unit = Literal["share", "words", "ms", "questions"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question and what became of it.

    ``answer`` is the contract's object, None after an error; ``abstracts`` are those of the library, by the paper's id;
    ``ranked`` are the question's values of the metrics of retrieval.
    """

    case: Case
    answer: dict[str, Any] | None
    abstracts: Mapping[str, str] = field(default_factory=dict)
    ranked: Mapping[str, float] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Tell an answer from an abstention or an error."""
        return self.answer is not None and self.answer["status"] == "answered"

    @property
    def abstained(self) -> bool:
        """Tell an abstention from an answer or an error."""
        return self.answer is not None and not self.answered

    @property
    def cited(self) -> list[dict[str, Any]]:
        """Give the citations of an answer; those of an abstention are only the nearest evidence."""
        return list(self.answer["citations"]) if self.answer is not None and self.answered else []


@dataclass(frozen=True, slots=True)
class Score:
    """The values of one question, by metric; None where the metric is about it but has no value, absent where it is not."""

    id: str
    kind: str
    values: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is.

    ``means`` says it in a line. ``better`` is the direction in which a system gets better, None where neither is.
    ``population`` tells whether the metric is about a question, and ``value`` gives the question's value, None when it has
    none; a metric without ``value`` is computed from the values of the metrics ``of``, in this order.
    """

    name: str
    means: str
    better: Better | None
    unit: Unit = "share"
    population: Callable[[Case], bool] = lambda case: case.answerable
    value: Callable[[Outcome], float | None] | None = None
    of: tuple[str, ...] = ()
    statistic: Statistic = mean

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


def evaluate(suite: Suite, records: Sequence[dict[str, Any]], library: Library) -> list[Score]:
    """Compute the values of every question; the records are in the suite's order."""
    answers = [record.get("answer") for record in records]
    abstracts = {paper.id: paper.abstract for paper in library.papers()}
    ranked = _ranked(suite.cases, answers)
    outcomes = [
        Outcome(case, answer, abstracts, ranked.get(case.id, {})) for case, answer in zip(suite.cases, answers, strict=True)
    ]
    measured = [(metric, metric.value) for metric in METRICS.values() if metric.value is not None]
    return [
        Score(
            outcome.case.id,
            outcome.case.kind,
            {metric.name: value(outcome) for metric, value in measured if metric.population(outcome.case)},
        )
        for outcome in outcomes
    ]


def estimates(scores: Sequence[Score]) -> dict[str, Estimate]:
    """Compute all metrics over questions."""
    return {name: metric.estimate(scores) for name, metric in METRICS.items()}


def estimates_by_kind(scores: Sequence[Score]) -> dict[str, dict[str, Estimate]]:
    """Compute all metrics over the questions of each kind, in the order in which the kinds first come."""
    kinds = dict.fromkeys(score.kind for score in scores)
    return {kind: estimates([score for score in scores if score.kind == kind]) for kind in kinds}


def score(suite: Suite, records: Sequence[dict[str, Any]], library: Library) -> dict[str, Estimate]:
    """Compute all metrics of a run."""
    return estimates(evaluate(suite, records, library))


def fact_coverage(outcome: Outcome) -> float:
    """Give the share of the required facts that the answer's statements hold."""
    said = plain(" ".join(s["text"] for s in outcome.answer["statements"])) if outcome.answer and outcome.answered else ""
    return statistics.mean(float(any(holds(said, spelling) for spelling in fact)) for fact in outcome.case.facts)


def citation_precision(outcome: Outcome) -> float | None:
    """Give the share of the cited quotes that are of a gold paper; None when nothing is cited."""
    gold = [float(citation["paper_id"] in outcome.case.papers) for citation in outcome.cited]
    return statistics.mean(gold) if gold else None


def citation_recall(outcome: Outcome) -> float:
    """Give the share of the gold papers that are cited."""
    cited = {citation["paper_id"] for citation in outcome.cited}
    return statistics.mean(float(paper in cited) for paper in outcome.case.papers)


def evidence_recall(outcome: Outcome) -> float:
    """Give the share of the gold evidence sentences that stand in a quote."""
    quotes = [citation["quote"] for citation in outcome.cited]
    return statistics.mean(float(any(sentence in quote for quote in quotes)) for sentence in outcome.case.evidence)


def quote_exactness(outcome: Outcome) -> float | None:
    """Give the share of exact quotes, those shown by an abstention included; None when there is no quote."""
    citations = outcome.answer["citations"] if outcome.answer else ()
    return statistics.mean(is_exact(citation, outcome.abstracts) for citation in citations) if citations else None


def is_exact(citation: dict[str, Any], abstracts: Mapping[str, str]) -> float:
    """Give 1 when the quote stands at its place in its abstract, else 0."""
    abstract = abstracts.get(citation["paper_id"], "")
    return float(bool(citation["quote"]) and abstract[citation["start"] : citation["end"]] == citation["quote"])


def premise_denied(outcome: Outcome) -> float:
    """Give 1 when the answer says that a quote contradicts what the question takes for granted, else 0."""
    return float(outcome.answered and outcome.answer is not None and outcome.answer.get("denied_by") is not None)


def words(outcome: Outcome) -> float | None:
    """Count the words of an answer, markers and titles included; None when there is no answer."""
    return float(len(outcome.answer["answer"].split())) if outcome.answer and outcome.answered else None


def latency(outcome: Outcome) -> float | None:
    """Give the milliseconds from the question to the answer or abstention; None after an error."""
    taken = (outcome.answer or {}).get("timings", {}).get("total_ms")
    return None if taken is None else float(taken)


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


def plain(text: str) -> str:
    """Fold case, white space and LaTeX escapes: a percent sign is one spelling with its backslash or without."""
    return re.sub(r"\s+", " ", text.replace("\\", "")).casefold()


def holds(said: str, spelling: str) -> bool:
    """Find a spelling, not inside a longer word or number: "3" is not in "13", nor "art" in "start"."""
    return re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(plain(spelling))}(?!\w)(?![.,]\d)", said) is not None


def _ranked(cases: Sequence[Case], answers: Sequence[dict[str, Any] | None]) -> dict[str, dict[str, float]]:
    """Compute the metrics of retrieval for each answerable question, by its id."""
    qrels = [ir_measures.Qrel(case.id, paper, 1) for case in cases for paper in case.papers]
    found = [
        ir_measures.ScoredDoc(case.id, paper["paper_id"], -float(rank))  # the rank, as scores may be equal
        for case, answer in zip(cases, answers, strict=True)
        for rank, paper in enumerate(answer["retrieved"] if answer else [])
    ]
    names = {measure: name for name, measure in RETRIEVAL.items()}
    ranked: dict[str, dict[str, float]] = {}
    for computed in ir_measures.iter_calc(RETRIEVAL.values(), qrels, found) if qrels else ():
        ranked.setdefault(computed.query_id, {})[names[computed.measure]] = float(computed.value)
    return ranked


def _of(*kinds: str) -> Callable[[Case], bool]:
    return lambda case: case.kind in kinds


def _retrieved(name: str, means: str) -> Metric:
    return Metric(name, means, "higher", value=lambda outcome: outcome.ranked[name])


def _any(case: Case) -> bool:
    return True


# fmt: off
METRICS = {metric.name: metric for metric in (
    _retrieved("success@1", "A gold paper is retrieved first."),
    _retrieved("success@5", "A gold paper is among the first five retrieved."),
    _retrieved("nDCG@10", "Gold papers come early among the first ten (ir-measures, binary gains)."),
    _retrieved("MRR", "One over the place of the first gold paper (ir-measures)."),
    Metric("fact coverage", "Share of the required facts that the answer holds in one of their spellings.", "higher",
           population=lambda case: case.answerable and bool(case.facts), value=fact_coverage),
    Metric("citation precision", "Share of the cited quotes that are of a gold paper.", "higher", value=citation_precision),
    Metric("citation recall", "Share of the gold papers that are cited.", "higher", value=citation_recall),
    Metric("evidence recall", "Share of the gold evidence sentences that are quoted.", "higher",
           population=lambda case: case.answerable and bool(case.evidence), value=evidence_recall),
    Metric("quote exactness", "Share of the quotes that stand at their place in the abstract, character for character.",
           "higher", population=_any, value=quote_exactness),
    Metric("abstained when it should", "An unanswerable question is not answered.", "higher",
           population=_of("unanswerable"), value=lambda outcome: float(outcome.abstained)),
    Metric("answered when it should", "An answerable question is answered.", "higher",
           value=lambda outcome: float(outcome.answered)),
    Metric("false premises named", "The answer says that the question takes something false for granted.", "higher",
           population=_of("false-premise"), value=premise_denied),
    Metric("true premises called false", "It says so although the question takes nothing false for granted.", "lower",
           population=lambda case: case.answerable and case.kind != "false-premise", value=premise_denied),
    Metric("abstention macro-F1", "Mean F1 of answering and of abstaining (Trust-Score, Song et al. 2024, section 3).",
           "higher", of=("answered when it should", "abstained when it should", "errors"), statistic=abstention_macro_f1),
    # Fewer words are better where the other metrics hold: copying whole abstracts would cover every fact.
    Metric("words", "Words of an answer, markers and titles included.", "lower", "words", _any, words),
    Metric("words, median", "Half of the answers are shorter.", "lower", "words", of=("words",), statistic=percentile(50)),
    Metric("latency ms", "Milliseconds from a question to its answer or abstention.", "lower", "ms", _any, latency),
    Metric("latency ms, p50", "Half of the questions take less.", "lower", "ms", of=("latency ms",),
           statistic=percentile(50)),
    Metric("latency ms, p95", "One question in twenty takes longer.", "lower", "ms", of=("latency ms",),
           statistic=percentile(95)),
    Metric("errors", "Questions that failed, counted.", "lower", "questions", _any,
           lambda outcome: float(outcome.answer is None), statistic=total),
)}
# fmt: on
