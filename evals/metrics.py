"""What a run is worth. Each metric is a mean over the questions that define it; questions that failed count as wrong.

| metric | of which questions | value of one question |
| --- | --- | --- |
| success@1, success@5 | answerable | 1 when a gold paper is among the first k retrieved |
| nDCG@10, MRR | answerable | ir-measures, binary gains |
| fact coverage | with facts | share of the required facts that the answer holds in one of their spellings |
| citation precision | answered, answerable | share of the cited quotes that are of a gold paper |
| citation recall | answerable | share of the gold papers that are cited |
| evidence recall | answerable | share of the gold evidence sentences that are quoted |
| quote exactness | with citations | share of the quotes that stand at their place in the abstract, character for character |
| abstained when it should | unanswerable | 1 when it abstained |
| answered when it should | answerable | 1 when it answered |
| abstention macro-F1 | all | mean of the F1 of answering and of abstaining (Trust-Score, Song et al. 2024, section 3) |
| words | answered | words of the answer, markers and titles included; its median too |
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import ir_measures
from ir_measures import RR, Success, nDCG

from evals.suite import Case, Suite
from ingestion.library import Library

RETRIEVAL = {"success@1": Success @ 1, "success@5": Success @ 5, "nDCG@10": nDCG @ 10, "MRR": RR}


@dataclass(frozen=True, slots=True)
class Metric:
    """A mean with the number of questions behind it; None when no question defines it."""

    value: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question and what became of it; ``answer`` is the contract's object, None after an error."""

    case: Case
    answer: dict[str, Any] | None

    @property
    def answered(self) -> bool:
        """Tell an answer from an abstention or an error."""
        return self.answer is not None and self.answer["status"] == "answered"

    @property
    def cited(self) -> list[dict[str, Any]]:
        """Give the citations of an answer; those of an abstention are only the nearest evidence."""
        return list(self.answer["citations"]) if self.answer is not None and self.answered else []


def score(suite: Suite, records: Sequence[dict[str, Any]], library: Library) -> dict[str, Metric]:
    """Compute all metrics of a run."""
    outcomes = [Outcome(case, record.get("answer")) for case, record in zip(suite.cases, records, strict=True)]
    answerable = [outcome for outcome in outcomes if outcome.case.answerable]
    unanswerable = [outcome for outcome in outcomes if not outcome.case.answerable]
    abstracts = {paper.id: paper.abstract for paper in library.papers()}
    quotes = [quote for outcome in outcomes if outcome.answer for quote in outcome.answer["citations"]]
    lengths = [len(outcome.answer["answer"].split()) for outcome in outcomes if outcome.answer and outcome.answered]
    metrics = {name: Metric(value, len(answerable)) for name, value in _retrieval(answerable).items()}
    metrics["fact coverage"] = _mean(fact_coverage, [o for o in answerable if o.case.facts])
    metrics["citation precision"] = _mean(citation_precision, [o for o in answerable if o.cited])
    metrics["citation recall"] = _mean(citation_recall, answerable)
    metrics["evidence recall"] = _mean(evidence_recall, [o for o in answerable if o.case.evidence])
    metrics["quote exactness"] = _mean(lambda quote: is_exact(quote, abstracts), quotes)
    metrics["abstained when it should"] = _mean(lambda o: float(_abstained(o)), unanswerable)
    metrics["answered when it should"] = _mean(lambda o: float(o.answered), answerable)
    false = [o for o in answerable if o.case.kind == "false-premise"]
    metrics["false premises named"] = _mean(premise_denied, false)
    metrics["true premises called false"] = _mean(premise_denied, [o for o in answerable if o not in false])
    metrics["abstention macro-F1"] = abstention_macro_f1(outcomes)
    metrics["words"] = _mean(float, lengths)
    metrics["words, median"] = Metric(statistics.median(lengths) if lengths else None, len(lengths))
    metrics["errors"] = Metric(float(sum(o.answer is None for o in outcomes)), len(outcomes))
    return metrics


def by_kind(suite: Suite, records: Sequence[dict[str, Any]], library: Library) -> dict[str, dict[str, Metric]]:
    """Compute the metrics of each kind of question by itself."""
    tables: dict[str, dict[str, Metric]] = {}
    for kind in dict.fromkeys(case.kind for case in suite.cases):
        chosen = [(case, record) for case, record in zip(suite.cases, records, strict=True) if case.kind == kind]
        part = Suite(suite.name, suite.version, suite.corpus, tuple(case for case, _ in chosen), suite.sha256)
        tables[kind] = score(part, [record for _, record in chosen], library)
    return tables


def fact_coverage(outcome: Outcome) -> float:
    """Give the share of the required facts that the answer's statements hold."""
    said = plain(" ".join(s["text"] for s in outcome.answer["statements"])) if outcome.answer and outcome.answered else ""
    return statistics.mean(any(holds(said, spelling) for spelling in fact) for fact in outcome.case.facts)


def citation_precision(outcome: Outcome) -> float:
    """Give the share of the cited quotes that are of a gold paper."""
    return statistics.mean(citation["paper_id"] in outcome.case.papers for citation in outcome.cited)


def citation_recall(outcome: Outcome) -> float:
    """Give the share of the gold papers that are cited."""
    cited = {citation["paper_id"] for citation in outcome.cited}
    return statistics.mean(paper in cited for paper in outcome.case.papers)


def evidence_recall(outcome: Outcome) -> float:
    """Give the share of the gold evidence sentences that stand in a quote."""
    return statistics.mean(
        any(sentence in citation["quote"] for citation in outcome.cited) for sentence in outcome.case.evidence
    )


def premise_denied(outcome: Outcome) -> float:
    """Give 1 when the answer says that a quote contradicts what the question takes for granted, else 0."""
    return float(outcome.answered and outcome.answer is not None and outcome.answer.get("denied_by") is not None)


def is_exact(citation: dict[str, Any], abstracts: dict[str, str]) -> float:
    """Give 1 when the quote stands at its place in its abstract, else 0."""
    abstract = abstracts.get(citation["paper_id"], "")
    return float(bool(citation["quote"]) and abstract[citation["start"] : citation["end"]] == citation["quote"])


def abstention_macro_f1(outcomes: Sequence[Outcome]) -> Metric:
    """Average the F1 of answering (the answerable) and of abstaining (the unanswerable). An error is neither."""
    answering = _f1([(o.case.answerable, o.answered) for o in outcomes])
    abstaining = _f1([(not o.case.answerable, _abstained(o)) for o in outcomes])
    if answering is None or abstaining is None:
        return Metric(None, len(outcomes))
    return Metric((answering + abstaining) / 2, len(outcomes))


def plain(text: str) -> str:
    """Fold case, white space and LaTeX escapes: a percent sign is one spelling with its backslash or without."""
    return re.sub(r"\s+", " ", text.replace("\\", "")).casefold()


def holds(said: str, spelling: str) -> bool:
    """Find a spelling, not inside a longer word or number: "3" is not in "13", nor "art" in "start"."""
    return re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(plain(spelling))}(?!\w)(?![.,]\d)", said) is not None


def _retrieval(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    if not outcomes:
        return dict.fromkeys(RETRIEVAL)
    qrels = [ir_measures.Qrel(o.case.id, paper, 1) for o in outcomes for paper in o.case.papers]
    found = [
        ir_measures.ScoredDoc(o.case.id, paper["paper_id"], -float(rank))  # the rank, as scores may be equal
        for o in outcomes
        for rank, paper in enumerate(o.answer["retrieved"] if o.answer else [])
    ]
    computed = ir_measures.calc_aggregate(RETRIEVAL.values(), qrels, found)
    return {name: float(computed[measure]) for name, measure in RETRIEVAL.items()}


def _abstained(outcome: Outcome) -> bool:
    return outcome.answer is not None and not outcome.answered


def _f1(pairs: Iterable[tuple[bool, bool]]) -> float | None:
    """F1 of (truth, said) pairs: 2 TP / (2 TP + FP + FN); undefined when nothing is true."""
    pairs = list(pairs)
    if not any(truth for truth, _ in pairs):
        return None
    hits = sum(truth and said for truth, said in pairs)
    return 2 * hits / (2 * hits + sum(truth != said for truth, said in pairs))


def _mean(value: Callable[[Any], float], items: Sequence[Any]) -> Metric:
    return Metric(statistics.fmean(value(item) for item in items) if items else None, len(items))
