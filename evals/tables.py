"""The tables that ``vouched eval`` prints for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from evals.comparing import Comparison
from evals.gating import Check
from evals.metrics import METRICS
from evals.scoring import Tables

DIGITS = {
    "share": 3,
    "words": 1,
    "ms": 1,
    "questions": 0,
    "calls": 1,
    "tokens": 0,
    "USD": 4,
    "MiB": 0,
}  # after the point, by the metric's unit


def of_run(tables: Tables) -> Iterator[Table]:
    """Show each metric with its interval and questions; then the kinds of questions beside each other."""
    table = Table("metric", "value", "95 %", "questions", "no value", box=None)
    table.columns[0].no_wrap = True
    group = ""
    for name, found in tables["all"].items():
        if METRICS[name].group != group:
            group = METRICS[name].group
            table.add_row(Text(group, style="bold"))
        interval = _interval(name, found.low, found.high)
        table.add_row(f"  {name}", number(name, found.value), interval, str(found.n), str(found.undefined or ""))
    yield table
    kinds = [kind for kind in tables if kind != "all"]
    table = Table("metric", *kinds, box=None)
    table.columns[0].no_wrap = True
    for name in tables["all"]:
        found_by_kind = [tables[kind].get(name) for kind in kinds]
        cells = [number(name, found.value if found else None) for found in found_by_kind]
        if METRICS[name].group != "cost" and len(set(cells) - {"–"}) > 1:  # what is the same for all kinds says nothing
            table.add_row(name, *cells)
    yield table


def of_comparison(comparison: Comparison) -> Iterator[Table | str]:
    """Show the settings that differ, what became of each metric, and the questions that changed most."""
    if comparison.settings:
        table = Table("setting", "A", "B", box=None)
        for name, (a, b) in comparison.settings.items():
            table.add_row(name, _text(a), _text(b))
        yield table
    alike = comparison.agreement
    if alike.value is not None:
        interval = "" if alike.low is None or alike.high is None else f" ({alike.low:.3f} to {alike.high:.3f})"
        yield f"Agreement: {alike.value:.3f}{interval} over {alike.n} questions: same papers cited, or both refused."
    table = Table("metric", "A", "B", "B − A", "95 %", "p", "d_z", "questions", "in one only", box=None)
    for name, found in comparison.metrics.items():
        values = [number(name, value) for value in (found.a, found.b)]
        gap = [number(name, found.difference, sign="+"), _interval(name, found.low, found.high, sign="+")]
        chance = ["–" if found.p is None else f"{found.p:.4f}", "–" if found.effect is None else f"{found.effect:+.2f}"]
        table.add_row(name, *values, *gap, *chance, str(found.n), str(found.unpaired or ""))
    yield table
    for name, changes in comparison.changes.items():
        table = Table(name, "A", "B", "changed most, worst first", box=None)
        for change in changes:
            table.add_row(change.id, number(name, change.a), number(name, change.b), change.question)
        yield table


def of_gate(checks: Sequence[Check]) -> Table:
    """Show how each check came out."""
    table = Table("", "metric", "kind", "limit", "value", "95 %", "", box=None)
    for check in checks:
        interval = _interval(check.metric, check.low, check.high)
        value = number(check.metric, check.value)
        table.add_row("✓" if check.passed else "✗", check.metric, check.kind, check.limit, value, interval, check.why)
    return table


def number(name: str, value: float | None, sign: str = "") -> str:
    """Write a metric's value with the digits of its unit, a dash for none."""
    return "–" if value is None else f"{value:{sign}.{DIGITS[METRICS[name].unit]}f}"


def _interval(name: str, low: float | None, high: float | None, sign: str = "") -> str:
    return "–" if low is None or high is None else f"{number(name, low, sign)} to {number(name, high, sign)}"


def _text(value: Any) -> str:  # noqa: ANN401 (any setting)
    return "–" if value in (None, "") else str(value)
