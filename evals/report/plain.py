"""A report as one object for JSON: what the HTML page, too, is drawn from."""

from __future__ import annotations

from typing import Any

from evals import comparing
from evals.report.content import Question, Report, Side, badness, faults, gain, held_facts, shortfalls
from evals.report.marking import gold_spans
from evals.scoring import plain_tables

# Of the contract's object; other systems leave some out.
FIELDS: dict[str, Any] = {
    "answer": "", "reason": None, "notes": [], "statements": [], "citations": [], "retrieved": [], "denied_by": None,
}  # fmt: skip


def plain(report: Report) -> dict[str, Any]:
    """Give a report as an object for JSON.

    ``comparison`` is that of `evals.comparing.plain` with ``about`` of the baseline, None without one. A question has its
    gold answers and ``run``, and ``baseline``, None without one; ``gold`` of a citation are the spans of its quote that
    gold evidence holds, in code points.
    """
    comparison = None
    if report.comparison is not None and report.baseline is not None:
        comparison = {"about": report.baseline.about, "judge": report.baseline.judge, **comparing.plain(report.comparison)}
    return {
        "about": report.run.about,
        "judge": report.run.judge,
        "judged_by_its_own_guard": report.run.judged_by_its_own_guard,
        "remarks": report.remarks,
        "metrics": plain_tables(report.run.tables),
        "comparison": comparison,
        "questions": [_question(question) for question in report.questions],
    }


def _question(question: Question) -> dict[str, Any]:
    case = question.case
    better, moved = gain(question)
    return {
        "id": question.id,
        "kind": question.kind,
        "question": question.text,
        "papers": list(case.papers) if case else [],
        "facts": [list(fact) for fact in case.facts] if case else [],
        "evidence": list(case.evidence) if case else [],
        "nuggets": list(case.nuggets) if case else [],
        "forbidden": list(case.forbidden) if case else [],
        "variant_of": case.variant_of if case else None,
        "variation": case.variation if case else None,
        "run": _side(question, question.run),
        "baseline": _side(question, question.baseline) if question.baseline else None,
        "gain": better,
        "moved": moved,
    }


def _side(question: Question, side: Side) -> dict[str, Any]:
    evidence = question.case.evidence if question.case else ()
    # What an abstention shows is only near: it is no quote that carries an answer.
    quotes = [str(citation["quote"]) for citation in side.get("citations") or ()] if side.status == "answered" else []
    worst, short = badness(question, side)
    return {
        **FIELDS,
        **{name: value for name, value in (side.answer or {}).items() if value is not None and name != "question"},
        "status": side.status,
        "error": side.error,
        "citations": [_citation(question, citation) for citation in side.get("citations") or ()],
        "facts_held": held_facts(question, side),
        "evidence_quoted": [any(sentence in quote for quote in quotes) for sentence in evidence],
        "values": side.values,
        "faults": [fault._asdict() for fault in faults(question, side)],
        "shortfalls": shortfalls(side.values),
        "badness": [worst, short],
        "judgements": side.judgements,
    }


def _citation(question: Question, citation: dict[str, Any]) -> dict[str, Any]:
    case = question.case
    relevant = case is not None and (citation["paper_id"] in case.papers or not case.papers)
    spans = gold_spans(str(citation["quote"]), case.evidence) if case is not None and relevant else []
    return {**citation, "gold": [list(span) for span in spans]}
