"""A run as one HTML file that needs nothing else: styles, script and data are inside, and nothing is fetched.

Figures are drawn here; the questions are one block of JSON, drawn by ``report.js`` when they are opened. The page's own
policy lets no other script run and nothing be fetched, whatever stands in a paper.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup

from assistant.cli.output import VERDICT_MARKS
from evals.metrics import METRICS
from evals.report import encodable, plots, source, template
from evals.report.content import Report, Run
from evals.report.plain import plain
from evals.report.wording import interval, number, turn
from evals.statistics import Estimate
from evals.tables import DIGITS

DULL = ("timeout_s", "max_retries", "openai_base_url")  # settings that change no answer, or may hold what is private
RETRIEVED = 10  # papers listed with a question, as many as the metrics look at
PLACES = 4  # after the point, of values and scores


def html(report: Report) -> str:
    """Write the run, beside its baseline if it has one."""
    css, script = source("report.css"), source("report.js")
    rows = list(_figures(report))
    sources = f"style-src {_hash(css)}; script-src {_hash(script)}"
    page = template("report.html.jinja", html=True).render(
        report=report,
        css=Markup(css),  # noqa: S704 (a packaged file)
        script=Markup(script),  # noqa: S704 (a packaged file)
        policy=f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'",
        settings=_settings(report.run),
        groups=[(group, list(found)) for group, found in groupby(rows, key=lambda row: row["group"])],
        unmeasured=sorted(METRICS.keys() - {row["name"] for row in rows}, key=list(METRICS).index),
        differences=list(_differences(report)),
        reach=_reach(report),
        kinds=[kind for kind in report.run.tables if kind != "all"],
        by_kind=list(_by_kind(report)),
        data=_data(report),
    )
    return encodable(page)


def block(value: object) -> Markup:
    """Write JSON that may stand inside a ``script`` element: no ``<`` can end it, or begin a comment in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (just escaped)


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _settings(run: Run) -> dict[str, str]:
    settings = dict(run.about["settings"])
    return {name: str(value) for name, value in settings.items() if name not in DULL and value not in (None, "", [], {})}


def _figures(report: Report) -> Iterator[dict[str, Any]]:
    """Give the rows of the summary: the metrics that are about some question of this suite."""
    table = report.run.tables["all"]
    for name, found in table.items():
        if found.n or found.undefined:
            metric = METRICS[name]
            yield {
                "name": name,
                "group": metric.group,
                "means": metric.means,
                "better": metric.better,
                "value": number(name, found.value),
                "interval": interval(name, found.low, found.high),
                "n": found.n,
                "undefined": found.undefined,
                "counters": [(other, number(other, table[other].value)) for other in metric.counters if other in table],
                "plot": _plot(name, found),
            }


def _plot(name: str, found: Estimate) -> Markup | None:
    if METRICS[name].unit != "share" or found.value is None:
        return None
    label = f"{number(name, found.value)}, 95 % interval {interval(name, found.low, found.high)}, between 0 and 1"
    return plots.interval(found.value, found.low, found.high, label=label)


def _differences(report: Report) -> Iterator[dict[str, Any]]:
    """Give the rows of the comparison: the metrics with a value in both runs."""
    reach = _reach(report)
    for name, found in report.comparison.metrics.items() if report.comparison else ():
        if found.difference is not None:
            tone = turn(METRICS[name], found)
            gap = number(name, found.difference, "+")
            label = f"{gap}, 95 % interval {interval(name, found.low, found.high, '+')}: {tone}"
            share = METRICS[name].unit == "share"
            yield {
                "name": name,
                "a": number(name, found.a),
                "b": number(name, found.b),
                "gap": gap,
                "interval": interval(name, found.low, found.high, "+"),
                "p": "–" if found.p is None else f"{found.p:.4f}",
                "n": found.n,
                "unpaired": found.unpaired,
                "turn": tone,
                "tone": tone.replace(" ", "-"),
                "plot": plots.interval(
                    found.difference, found.low, found.high, floor=-reach, ceiling=reach, label=label, tone=tone.split()[0]
                )
                if share
                else None,
            }


def _reach(report: Report) -> float:
    """Give the half-width of the axis on which all differences of shares are drawn."""
    metrics = report.comparison.metrics if report.comparison else {}
    shares = [found for name, found in metrics.items() if METRICS[name].unit == "share"]
    return plots.span(end for found in shares for end in (found.difference, found.low, found.high))


def _by_kind(report: Report) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    tables = [table for kind, table in report.run.tables.items() if kind != "all"]
    for name in report.run.tables["all"]:
        found = [table.get(name) for table in tables]
        cells = [(number(name, cell.value), cell.n) if cell and cell.value is not None else ("–", 0) for cell in found]
        if any(n for _, n in cells):
            yield name, cells


def _data(report: Report) -> Markup:
    """Give what the script draws: the report's object, without what it says twice or the page does not show."""
    content = plain(report)
    titles: dict[str, str] = {}
    questions = [
        question | {name: _slim(question[name], titles) for name in ("run", "baseline") if question[name]}
        for question in content["questions"]
    ]
    metrics = [
        {"name": name, "means": METRICS[name].means, "better": METRICS[name].better, "digits": DIGITS[METRICS[name].unit]}
        for name, found in report.run.tables["all"].items()
        if found.n
    ]
    judge = report.run.judge or (report.baseline.judge if report.baseline else None)
    return block(
        {
            "compared": report.baseline is not None,
            "judged": judge is not None,
            "marks": VERDICT_MARKS,
            "metrics": metrics,
            "titles": titles,
            "questions": questions,
        }
    )


def _slim(side: Mapping[str, Any], titles: dict[str, str]) -> dict[str, Any]:
    papers = [*side["citations"], *side["retrieved"][:RETRIEVED]]
    titles.update((paper["paper_id"], paper["title"]) for paper in papers if paper.get("title"))
    quotes = {citation["number"]: citation["quote"] for citation in side["citations"]}
    kept = ("status", "answer", "notes", "denied_by", "error", "facts_held", "evidence_quoted", "faults", "badness")
    return {
        **{name: side[name] for name in kept},
        "statements": [{**statement, "score": _rounded(statement.get("score"))} for statement in side["statements"]],
        "citations": [
            {name: citation.get(name) for name in ("number", "paper_id", "quote", "gold")} for citation in side["citations"]
        ],
        "retrieved": [paper["paper_id"] for paper in side["retrieved"][:RETRIEVED]],
        "values": {name: _rounded(value) for name, value in side["values"].items()},
        "shortfalls": list(side["shortfalls"]),
        "ms": side.get("timings", {}).get("total_ms"),
        "model": side.get("usage", {}).get("model"),
        "judgements": [_judgement(judgement, quotes) for judgement in side["judgements"]],
    }


def _judgement(judgement: Mapping[str, Any], quotes: Mapping[int, str]) -> dict[str, Any]:
    """Keep what the judge found; what it rested on as ``[number, start, end]`` of a quote, where it is of one."""
    rested = judgement.get("evidence")
    found = {name: judgement.get(name) for name in ("of", "index", "citation", "claim", "verdict", "alarms")}
    place = _place(rested, quotes) if rested else None
    return {name: value for name, value in found.items() if value not in (None, [])} | {
        "score": _rounded(judgement.get("score")),
        "evidence": place or rested,
    }


def _place(passage: str, quotes: Mapping[int, str]) -> Sequence[int] | None:
    for number_, quote in quotes.items():
        start = quote.find(passage)
        if start >= 0:
            return [number_, start, start + len(passage)]
    return None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, PLACES)
