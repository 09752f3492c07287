"""Figures in words, the same in every form of the report."""

from __future__ import annotations

import re
import unicodedata

from evals import tables
from evals.metric import Metric
from evals.statistics import Difference

NONE = "–"
BETTER, WORSE, CHANGED, UNCLEAR = "better", "worse", "changed", "no clear change"
SPECIAL = re.compile(r"([\\`*_\[\]|~$])")  # $ begins mathematics on the usual forges
NAMED = re.compile(r"@(?=\w*[A-Za-z])")  # a forge calls people by name, even where the @ is escaped
JOINERS = "\u200c\u200d"  # of Persian words and of emoji


def number(name: str, value: float | None, sign: str = "") -> str:
    """Give a metric's value as text, as in the tables; a difference (``sign="+"``) of nothing has no sign."""
    text = tables.number(name, value, sign)
    return (text[1:] if value is not None and float(text) == 0 and text[0] in "+-" else text).replace("-", "−")


def interval(name: str, low: float | None, high: float | None, sign: str = "") -> str:
    """Give a metric's interval as text."""
    return NONE if low is None or high is None else f"{number(name, low, sign)} to {number(name, high, sign)}"


def turn(metric: Metric, found: Difference) -> str:
    """Tell better from worse: only where the whole 95 % interval lies on one side of zero, or a count has changed."""
    counted = metric.unit == "questions"
    low, high = (found.difference,) * 2 if counted else (found.low, found.high)
    if low is None or high is None or low <= 0 <= high:  # one question alone has no interval
        return UNCLEAR
    if metric.better is None or metric.unit in {"ms", "MiB"}:  # the machines may differ
        return CHANGED
    return BETTER if (low > 0) == (metric.better == "higher") else WORSE


def one_line(text: str) -> str:
    """Fold white space and drop characters that show nothing, or that turn the text beside them round."""
    hidden = {"Cc", "Cf", "Cs"}
    return " ".join("".join(c for c in text if c.isspace() or c in JOINERS or unicodedata.category(c) not in hidden).split())


def cell(text: object, most: int = 160) -> str:
    """Write text into a Markdown table: one line, none of its marks alive, cut after ``most`` characters."""
    plain = one_line(str(text))
    plain = plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return NAMED.sub("@\u200b", SPECIAL.sub(r"\\\1", escaped))
