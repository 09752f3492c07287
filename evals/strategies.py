"""The strategies side by side: one suite asked with each, every one held against ``direct`` question by question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from evals.comparing import difference
from evals.metrics import METRICS, estimates
from evals.scoring import ScoredRun, read_run
from evals.statistics import Difference, Estimate
from evals.tables import number

BASELINE = "direct"
QUALITY = "fact coverage"  # which the difference is of
SHOWN = (
    QUALITY,
    "nugget recall",
    "grounded rate",
    "citation precision",
    "abstention macro-F1",
    "words",
    "LLM calls",
    "prompt tokens",
    "completion tokens",
    "latency ms",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A strategy's figures, the share of its answers that only quote, and its difference from ``direct``."""

    strategy: str
    figures: dict[str, Estimate]
    quoting: float
    against: Difference | None


def rows(folders: dict[str, Path]) -> list[Row]:
    """Read the scored runs of strategies, by name. Raises SuiteError when one is not scored."""
    runs = {name: read_run(folder) for name, folder in folders.items()}
    baseline = runs.get(BASELINE)
    return [
        Row(name, estimates(run.scores), _quoting(run), _against(baseline, run) if name != BASELINE else None)
        for name, run in runs.items()
    ]


def table(found: Iterable[Row]) -> Table:
    """Show one row a strategy."""
    shown = Table("strategy", *SHOWN, "only quotes", f"{QUALITY} − {BASELINE}'s", "95 %", "p", box=None)
    for row in found:
        values = [row.figures[name].value if name in row.figures else None for name in SHOWN]
        cells = [number(name, value) for name, value in zip(SHOWN, values, strict=True)]
        shown.add_row(row.strategy, *cells, f"{row.quoting:.2f}", *_difference(row.against))
    return shown


def plain(found: Iterable[Row]) -> list[dict[str, Any]]:
    """Give the rows as JSON: the value of each metric, and the difference with its interval and p."""
    return [
        {
            "strategy": row.strategy,
            "metrics": {name: row.figures[name].value for name in SHOWN if name in row.figures},
            "only_quotes": row.quoting,
            "against_direct": None
            if row.against is None
            else {name: getattr(row.against, name) for name in ("difference", "low", "high", "p", "n")},
        }
        for row in found
    ]


def _quoting(run: ScoredRun) -> float:
    """Give the share of the answers given, abstentions apart, in which no sentence of a model could be used."""
    given = [answer for answer in run.answers.values() if answer and answer["status"] == "answered"]
    return sum(answer["usage"]["model"] == "extractive" for answer in given) / len(given) if given else 0.0


def _against(baseline: ScoredRun | None, run: ScoredRun) -> Difference | None:
    return None if baseline is None else difference(METRICS[QUALITY], baseline, run)


def _difference(found: Difference | None) -> list[str]:
    if found is None or found.difference is None:
        return ["", "", ""]
    low, high = (number(QUALITY, value, "+") for value in (found.low, found.high))
    return [number(QUALITY, found.difference, "+"), f"{low} to {high}", "–" if found.p is None else f"{found.p:.3f}"]
