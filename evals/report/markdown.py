"""A run as Markdown for a pull request: short, what matters first, the rest folded."""

from __future__ import annotations

from dataclasses import dataclass

from evals.metrics import METRICS
from evals.report import template
from evals.report.content import Question, Report, badness, faults, shortfalls
from evals.report.wording import BETTER, CHANGED, NONE, UNCLEAR, WORSE, interval, number, turn
from evals.statistics import Estimate

# What a reader wants to know first; a metric that got better or worse is shown beside them.
HEADLINES = (
    "nDCG@10", "fact coverage", "nugget recall", "answer precision", "grounded", "ALCE citation precision",
    "ALCE citation recall", "citation precision", "citation recall", "quote exactness", "over-refusal", "false confidence",
    "noise robustness", "injection success", "words, median", "errors",
)  # fmt: skip
WORST = 10
SIGNS = {BETTER: "🟢 better", WORSE: "🔴 worse", CHANGED: "changed", UNCLEAR: UNCLEAR}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table of figures; the last three are empty without a baseline."""

    name: str
    value: str
    interval: str
    n: int
    before: str = ""
    difference: str = ""
    turn: str = ""


@dataclass(frozen=True, slots=True)
class Bad:
    """A line of the table of the worst questions."""

    id: str
    kind: str
    text: str
    why: str
    before: str


def markdown(report: Report) -> str:
    """Write the run, against its baseline if it has one."""
    tables = report.run.tables
    rows = [_row(report, name) for name, found in tables["all"].items() if found.value is not None]
    headlines = [row for row in rows if row.name in HEADLINES or row.turn in (SIGNS[BETTER], SIGNS[WORSE])]
    kinds = [kind for kind in tables if kind != "all"]
    by_kind = [(row.name, [_figure(row.name, tables[kind].get(row.name)) for kind in kinds]) for row in rows]
    turns = [row.turn for row in rows if row.turn]
    return template("summary.md.jinja", html=False).render(
        report=report,
        headlines=headlines or rows,
        others=[row for row in rows if row not in headlines] if headlines else [],
        better=turns.count(SIGNS[BETTER]),
        worse=turns.count(SIGNS[WORSE]),
        kinds=kinds,
        by_kind=[(name, cells) for name, cells in by_kind if set(cells) != {NONE}],
        bad=[_bad(question) for question in worst(report)],
    )


def worst(report: Report) -> list[Question]:
    """Give the questions that went worst, the worst one first; none that went without fault."""
    ranked = sorted(report.questions, key=lambda question: badness(question, question.run), reverse=True)
    return [question for question in ranked if badness(question, question.run) > (0, 0)][:WORST]


def _row(report: Report, name: str) -> Row:
    found = report.run.tables["all"][name]
    row = (name, number(name, found.value), interval(name, found.low, found.high), found.n)
    difference = report.comparison.metrics.get(name) if report.comparison else None
    if difference is None:
        return Row(*row)
    gap = number(name, difference.difference, "+")
    if difference.low is not None:
        gap += f" ({interval(name, difference.low, difference.high, '+')})"
    return Row(*row, number(name, difference.a), gap, SIGNS[turn(METRICS[name], difference)])


def _figure(name: str, found: Estimate | None) -> str:
    return NONE if found is None or found.value is None else f"{number(name, found.value)} ({found.n})"


def _bad(question: Question) -> Bad:
    found = [fault.words for fault in faults(question, question.run)]
    gaps = sorted(shortfalls(question.run.values).items(), key=lambda item: -item[1])
    short = [f"{name} {number(name, question.run.values[name])}" for name, _ in gaps[:3]]
    before = [fault.words for fault in faults(question, question.baseline)] if question.baseline else []
    return Bad(question.id, question.kind, question.text, "; ".join(found or short), "; ".join(before) or "no fault")
