"""Intervals as inline SVG: a dot with whiskers on an axis. Places are percentages, so that a plot takes any width."""

from __future__ import annotations

import math
from collections.abc import Iterable

from markupsafe import Markup

MIDDLE, HALF_CAP, HALF_TICK, RADIUS = 10, 5, 3, 3.5  # of a plot 20 pixels high


def interval(
    value: float,
    low: float | None,
    high: float | None,
    *,
    floor: float = 0.0,
    ceiling: float = 1.0,
    label: str,
    tone: str = "",
) -> Markup:
    """Draw a figure with its interval.

    Args:
        value: the figure, from ``floor`` to ``ceiling``.
        low: the lower end of its interval, None where there is none.
        high: the upper end.
        floor: what the left end of the axis stands for.
        ceiling: what its right end stands for.
        label: what the plot says, for those who do not see it.
        tone: a class of its own, such as ``worse``.
    """

    def place(at: float) -> str:
        return f"{100 * (min(max(at, floor), ceiling) - floor) / (ceiling - floor):.2f}%"

    ticks = (floor, (floor + ceiling) / 2, ceiling)
    parts = [_line("axis", "0%", "100%", MIDDLE, MIDDLE)]
    parts += [_line("tick", place(at), place(at), MIDDLE - HALF_TICK, MIDDLE + HALF_TICK) for at in ticks]
    if low is not None and high is not None:
        parts.append(_line("whisker", place(low), place(high), MIDDLE, MIDDLE))
        caps = (place(low), place(high))
        parts += [_line("whisker", cap, cap, MIDDLE - HALF_CAP, MIDDLE + HALF_CAP) for cap in caps]
    parts.append(Markup('<circle class="dot" cx="{}" cy="{}" r="{}"/>').format(place(value), MIDDLE, RADIUS))
    svg = Markup('<svg class="plot {}" role="img" aria-label="{}" width="100%" height="20">{}</svg>')
    return svg.format(tone, label, Markup("").join(parts))


def span(ends: Iterable[float | None]) -> float:
    """Give the half-width of an axis around zero that holds all ends: the next of 0.05, 0.1, 0.2, 0.5 and 1."""
    widest = max((abs(end) for end in ends if end is not None and not math.isnan(end)), default=0.0)
    return next((step for step in (0.05, 0.1, 0.2, 0.5) if widest <= step), 1.0)


def _line(name: str, x1: str, x2: str, y1: int, y2: int) -> Markup:
    return Markup('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(name, x1, x2, y1, y2)
