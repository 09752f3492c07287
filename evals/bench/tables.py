"""Measurements as tables for a person, and as a page with the plots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from rich.table import Table

from evals.bench.machine import mark
from evals.bench.plot import panels, svg
from evals.bench.store import Measurement, before

Row = tuple[str, ...]
HEADINGS: Row = ("case", "papers", "median", "range", "n", "ratio", "before")
HISTORY: Row = ("time", "version", "machine", "load", "median", "range", "n", "ratio")
WORDS = frozenset({"case", "ratio", "time", "version", "machine"})  # the others are numbers, and end at the right
STYLE = (
    "body{font:15px/1.5 sans-serif;margin:2em auto;max-width:60em;padding:0 1em}table{border-collapse:collapse}"
    "td,th{padding:.2em .7em;text-align:left;border-bottom:1px solid #ddd}svg{max-width:100%;height:auto}"
)


def groups(shown: Iterable[Measurement]) -> dict[str, list[Measurement]]:
    """Sort by bench and unit: what can stand in one table."""
    found: dict[str, list[Measurement]] = {}
    for item in shown:
        found.setdefault(f"{item.bench} ({item.unit})", []).append(item)
    return found


def rows(shown: Iterable[Measurement], every: Sequence[Measurement]) -> Iterator[Row]:
    """Give a row for each; ``before`` is the median of the newest earlier run on the same machine."""
    for item in shown:
        earlier = before(item, every)
        size, last = "" if item.size is None else f"{item.size:,}", "" if earlier is None else number(earlier.median)
        n = str(item.repeats) if item.repeats else "published"
        yield item.case, size, number(item.median), _range(item), n, _ratio(item), last


def histories(shown: Iterable[Measurement]) -> dict[str, list[Row]]:
    """Give the rows of each thing that was measured, a run each, oldest first, under its name."""
    found: dict[str, list[Row]] = {}
    for item in shown:
        time, load = item.time[:16].replace("T", " "), "" if item.load is None else f"{item.load:g}"
        median, n = number(item.median), str(item.repeats or "")
        row = (time, item.version, mark(item.machine), load, median, _range(item), n, _ratio(item))
        found.setdefault(title(item), []).append(row)
    return found


def title(item: Measurement) -> str:
    """Name what was measured."""
    size = "" if item.size is None else f", {item.size:,} papers"
    return f"{item.bench}: {item.case}{size} ({item.unit})"


def table(headings: Row, found: Iterable[Row], caption: str) -> Table:
    """Lay rows out; a column that says nothing is left out."""
    made = Table(box=None, title=caption, title_justify="left", title_style="bold")
    names, lines = _filled(headings, found)
    for name in names:
        made.add_column(name, justify="left" if name in WORDS else "right")
    for row in lines:
        made.add_row(*row)
    return made


def page(shown: Sequence[Measurement], every: Sequence[Measurement]) -> str:
    """Write a page that needs no other file: machines, figures, plots, and what was measured more than once."""
    machines = {mark(item.machine): item.machine for item in every}
    parts = ["<h1>Performance</h1>", "<h2>Machines</h2>", "<ul>"]
    for name, about in machines.items():
        parts.append(f"<li><b>{name}</b>: {escape(', '.join(f'{key} {value}' for key, value in _flat(about)))}</li>")
    parts += ["</ul>", "<h2>Newest run of each bench</h2>"]
    for name, group in groups(shown).items():
        parts += [f"<h3>{escape(name)}</h3>", _html(HEADINGS, rows(group, every))]
    if panels(shown):
        parts += ["<h2>Growth</h2>", svg(shown)]
    parts += ["<h2>History</h2>", "<p>Across machines compare the ratios.</p>"]
    for name, found in histories(every).items():
        parts += [f"<h3>{escape(name)}</h3>", _html(HISTORY, found)]
    head = f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/><title>Performance</title><style>{STYLE}</style>'
    return "\n".join([head, "</head><body>", *parts, "</body></html>"]) + "\n"


def number(value: float) -> str:
    """Write a number with three digits that count, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _range(item: Measurement) -> str:
    return f"{number(item.low)} – {number(item.high)}" if item.repeats else ""


def _ratio(item: Measurement) -> str:
    return "" if item.ratio is None else f"{number(item.ratio)} × {item.baseline}"


def _flat(about: object, under: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(about, dict):
        for name, value in about.items():
            yield from _flat(value, str(name))
    else:
        yield under, "unknown" if about is None else about


def _filled(headings: Row, found: Iterable[Row]) -> tuple[Row, list[Row]]:
    """Leave out the columns that say nothing in any row."""
    lines = list(found)
    kept = [place for place in range(len(headings)) if any(row[place] for row in lines)]
    return tuple(headings[place] for place in kept), [tuple(row[place] for place in kept) for row in lines]


def _html(headings: Row, found: Iterable[Row]) -> str:
    names, rows_ = _filled(headings, found)
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows_]
    return f"<table>\n<tr>{head}</tr>\n" + "\n".join(f"<tr>{line}</tr>" for line in lines) + "\n</table>"
