"""What each metric is, in words: the page ``docs/metrics.md``, made from `METRICS`."""

from __future__ import annotations

from itertools import groupby

from evals.metric import Metric
from evals.metrics import METRICS

HEAD = """# The metrics

Made by `vouched eval metrics`; do not edit. Each metric is declared once, in `evals/measures/`.

The value of a question is a number, in the unit given; the figure is the mean over the questions that it is about, where
nothing else is said, with a 95 % interval: Wilson's (1927) for values of 0 and 1, else the percentile bootstrap over
questions (Efron and Tibshirani 1993, chapter 13). "Share of A that B" is |A with B| / |A| within a question. *No value*
counts questions without one, such as citation precision where nothing is cited. A failed question counts as wrong in what
the assistant should have done and has no value elsewhere; errors have a row of their own. Metrics "by the judge" need one
(`--judge`).

Whoever wins a metric by a trick (copying passages, citing everything, refusing everything, hedging) loses one of those in
its last column, which stand beside it in the report.
"""


COLUMNS = "| metric | what it is | unit | better | source | watch with it |\n| --- | --- | --- | --- | --- | --- |"


def markdown() -> str:
    """Write all definitions as Markdown, a table for each group."""
    parts = [HEAD]
    for group, metrics in groupby(METRICS.values(), key=lambda metric: metric.group):
        parts.append("\n".join([f"## {group.capitalize()}\n", COLUMNS, *map(_row, metrics), ""]))
    return "\n".join(parts)


def _row(metric: Metric) -> str:
    what = metric.means + (f" Of one question: {metric.formula}." if metric.formula else "")
    cells = (metric.name, what, metric.unit, metric.better or "neither", metric.source, ", ".join(metric.counters))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
