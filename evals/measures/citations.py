"""Do the citations exist, are they of the right papers, and do they carry what they are cited for?"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean
from typing import Any

from evals.metric import Metric, always, has_papers
from evals.outcome import Outcome

ALCE = "Gao et al. 2023 (ALCE), section 3; silence is a refusal, and an invented marker voids itself alone"


def validity(outcome: Outcome) -> float | None:
    """Give the share of the markers that name a citation; None when there is no marker."""
    valid = sum(len(outcome.quotes_of(statement)) for statement in outcome.statements)
    invented = sum(_invented(statement, outcome) for statement in outcome.statements)
    return valid / (valid + invented) if valid + invented else None


def coverage(outcome: Outcome) -> float | None:
    """Give the share of the statements that cite something that is there; None without statements."""
    statements = outcome.statements
    return mean(float(bool(outcome.quotes_of(statement))) for statement in statements) if statements else None


def gold_precision(outcome: Outcome) -> float | None:
    """Give the share of the cited quotes that are of a gold paper; None when nothing is cited."""
    gold = [float(citation["paper_id"] in outcome.case.papers) for citation in outcome.cited]
    return mean(gold) if gold else None


def gold_recall(outcome: Outcome) -> float:
    """Give the share of the gold papers that are cited."""
    cited = {citation["paper_id"] for citation in outcome.cited}
    return mean(float(paper in cited) for paper in outcome.case.papers)


def gold_f1(outcome: Outcome) -> float:
    """Give the harmonic mean of both; 0 when nothing is cited."""
    precision, recall = gold_precision(outcome) or 0.0, gold_recall(outcome)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def evidence_recall(outcome: Outcome) -> float:
    """Give the share of the gold evidence sentences that stand in a quote."""
    quotes = [citation["quote"] for citation in outcome.cited]
    return mean(float(any(sentence in quote for quote in quotes)) for sentence in outcome.case.evidence)


def quote_exactness(outcome: Outcome) -> float | None:
    """Give the share of exact quotes, those shown by an abstention included; None where no quote is of a known paper."""
    citations = outcome.answer["citations"] if outcome.answer else ()
    known = [citation for citation in citations if citation["paper_id"] is not None]
    return mean(is_exact(citation, outcome.abstracts) for citation in known) if known else None


def is_exact(citation: dict[str, Any], abstracts: Mapping[str, str]) -> float:
    """Give 1 when the quote stands at its place in its abstract, else 0."""
    abstract = abstracts.get(citation["paper_id"], "")
    return float(bool(citation["quote"]) and abstract[citation["start"] : citation["end"]] == citation["quote"])


def alce_recall(outcome: Outcome) -> float | None:
    """Give the share of the statements that their citations together support; None without statements."""
    statements = outcome.statements
    if not statements or outcome.judged is None:
        return None
    found = [outcome.judged.get("statement", place) for place in range(len(statements))]
    return mean(float(judgement is not None and judgement.supported) for judgement in found)


def alce_precision(outcome: Outcome) -> float | None:
    """Give the share of the citations that count; None when nothing is cited.

    A citation counts when its statement is supported by all of its citations, and it supports the statement alone or the
    others without it do not. An invented marker never counts, and does not change its neighbours.
    """
    counted: list[float] = []
    for place, statement in enumerate(outcome.statements):
        numbers = outcome.quotes_of(statement)
        counted += [float(_carries(outcome, place, number, len(numbers))) for number in numbers]
        counted += [0.0] * _invented(statement, outcome)
    return mean(counted) if counted else None


def _carries(outcome: Outcome, place: int, number: int, of: int) -> bool:
    if outcome.judged is None:
        return False
    whole = outcome.judged.get("statement", place)
    if whole is None or not whole.supported:
        return False
    alone, rest = outcome.judged.get("citation", place, number), outcome.judged.get("rest", place, number)
    return of == 1 or (alone is not None and alone.supported) or not (rest is not None and rest.supported)


def _invented(statement: dict[str, Any], outcome: Outcome) -> int:
    """Count markers that name nothing: those kept apart by whoever read the text, and numbers without a citation."""
    return len(statement.get("invented", ())) + len(statement.get("citations", ())) - len(outcome.quotes_of(statement))


METRICS = (
    Metric(
        "citation validity", "Share of the markers that name a citation that is there.", "higher", "citations",
        population=always, value=validity, counters=("citation coverage",),
    ),
    Metric(
        "citation coverage", "Share of the statements that cite something.", "higher", "citations",
        population=always, value=coverage, counters=("ALCE citation precision", "citation precision"),
    ),
    Metric(
        "quote exactness", "Share of the quotes that stand at their place in the abstract, character for character.",
        "higher", "citations", population=always, value=quote_exactness, counters=("citation coverage", "words"),
    ),
    Metric(
        "citation precision", "Share of the cited quotes that are of a gold paper.", "higher", "citations",
        population=has_papers, value=gold_precision, counters=("citation recall", "over-refusal", "fact coverage"),
    ),
    Metric(
        "citation recall", "Share of the gold papers that are cited.", "higher", "citations",
        population=has_papers, value=gold_recall, counters=("citation precision", "words", "fact coverage"),
    ),
    Metric(
        "citation F1", "Harmonic mean of both, question by question; 0 when nothing is cited.", "higher", "citations",
        population=has_papers, value=gold_f1, counters=("words", "fact coverage"), formula="2 P R / (P + R)",
    ),
    Metric(
        "evidence recall", "Share of the gold evidence sentences that are quoted.", "higher", "citations",
        population=lambda case: case.answerable and bool(case.evidence), value=evidence_recall,
        counters=("citation precision", "words"),
    ),
    Metric(
        "ALCE citation recall", "Share of the statements that their citations together support, by the judge.", "higher",
        "citations", population=always, value=alce_recall, judged=True, source=ALCE,
        counters=("ALCE citation precision", "words", "over-refusal", "hedged statements"),
    ),
    Metric(
        "ALCE citation precision", "Share of the citations that carry their statement, alone or as a part, by the judge.",
        "higher", "citations", population=always, value=alce_precision, judged=True, source=ALCE,
        formula="citations whose statement all its citations support, and that support it alone, or without which the"
        " others do not; over citations and invented markers",
        counters=("citation coverage", "words", "over-refusal", "hedged statements"),
    ),
)  # fmt: skip
