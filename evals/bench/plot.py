"""Growth, drawn as SVG: a panel for each bench and unit, a line a case, its medians within the band of all values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from evals.bench.store import Measurement

WIDTH, HEIGHT = 720, 400  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 70, 180, 40, 56  # of a panel, outside the axes
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")  # told apart by the colour-blind (Okabe, Ito)
WIDE = 8  # so many times between the lowest and the highest median, and the axis is logarithmic


@dataclass(frozen=True, slots=True)
class Panel:
    """The measurements of one bench and unit that have a size, by case and in order of size."""

    bench: str
    unit: str
    cases: dict[str, list[Measurement]]


@dataclass(frozen=True, slots=True)
class Axis:
    """Turns values into places: from ``low`` at ``start`` to ``high`` at ``end``, evenly or by their logarithm."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool

    def place(self, value: float) -> float:
        """Give the place of a value; one beyond the ends is put at the end."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return self.start + (self.end - self.start) * ((at - low) / (high - low) if high > low else 0.5)


def panels(measurements: Iterable[Measurement]) -> list[Panel]:
    """Sort what has a size into panels."""
    found: dict[tuple[str, str], Panel] = {}
    for item in measurements:
        if item.size is not None:
            panel = found.setdefault((item.bench, item.unit), Panel(item.bench, item.unit, {}))
            panel.cases.setdefault(item.case, []).append(item)
    for panel in found.values():
        for points in panel.cases.values():
            points.sort(key=lambda item: item.size or 0)
    return list(found.values())


def svg(measurements: Iterable[Measurement]) -> str:
    """Draw all that has a size, one panel below another; each measurement is one circle."""
    drawn = panels(measurements)
    height = max(HEIGHT * len(drawn), 60)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'{head} font-family="sans-serif" font-size="12" role="img">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    if not drawn:
        parts.append('<text x="20" y="35">No measurement has a size. Measure some: vouched bench search</text>')
    for place, panel in enumerate(drawn):
        parts += [f'<g transform="translate(0 {HEIGHT * place})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel) -> list[str]:
    points = [item for of_case in panel.cases.values() for item in of_case]
    sizes = sorted({item.size or 0 for item in points})
    across = Axis(sizes[0], sizes[-1], LEFT, WIDTH - RIGHT, logarithmic=True)
    medians = [item.median for item in points]
    lowest, highest = min(item.low for item in points), max(item.high for item in points)
    logarithmic = lowest > 0 and max(medians) > WIDE * min(medians)
    base, top = (lowest, highest) if logarithmic else (min(0.0, lowest), highest or 1.0)
    up = Axis(base, top, HEIGHT - BOTTOM, TOP, logarithmic)
    parts = [_text(LEFT, 22, f"{panel.bench}: {panel.unit} by papers in the library", weight="bold"), *_frame(up, across)]
    last = -math.inf
    for size in sizes:
        x = across.place(size)
        if x - last >= 42:  # else the labels would run into each other
            parts.append(_text(x, HEIGHT - BOTTOM + 18, f"{size:,}", anchor="middle"))
            last = x
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(_text(middle, HEIGHT - BOTTOM + 38, "papers in the library (logarithmic)", anchor="middle"))
    parts.append(_text(0, 0, panel.unit + (" (logarithmic)" if logarithmic else ""), turned=True))
    for place, (case, of_case) in enumerate(panel.cases.items()):
        colour = COLOURS[place % len(COLOURS)]
        parts += _series(of_case, across, up, colour)
        parts.append(f'<rect x="{WIDTH - RIGHT + 16}" y="{TOP + 22 * place}" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(WIDTH - RIGHT + 34, TOP + 22 * place + 10, case))
    return parts


def _series(points: Sequence[Measurement], across: Axis, up: Axis, colour: str) -> list[str]:
    at = [(across.place(item.size or 0), item) for item in points]
    edge = [(x, up.place(item.high)) for x, item in at] + [(x, up.place(item.low)) for x, item in reversed(at)]
    shade = f'fill="{colour}" fill-opacity="0.15" stroke="{colour}" stroke-opacity="0.3"'
    line = _points((x, up.place(item.median)) for x, item in at)
    parts = [
        f'<polygon points="{_points(edge)}" {shade}/>',
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>',
    ]
    for x, item in at:
        said = f"{item.case}, {item.size:,} papers: {item.median:.4g} {item.unit} ({item.low:.4g} to {item.high:.4g})"
        circle = f'<circle cx="{x:.1f}" cy="{up.place(item.median):.1f}" r="3.5" fill="{colour}">'
        parts.append(f"{circle}<title>{escape(said)}</title></circle>")
    return parts


def _frame(up: Axis, across: Axis) -> list[str]:
    parts = []
    for value in ticks(up.low, up.high, logarithmic=up.logarithmic):
        y = up.place(value)
        parts.append(f'<path d="M{across.start} {y:.1f}H{across.end}" stroke="#dddddd"/>')
        parts.append(_text(across.start - 8, y + 4, f"{value:,g}", anchor="end"))
    return [*parts, f'<path d="M{across.start} {up.end}V{up.start}H{across.end}" fill="none" stroke="#444444"/>']


def ticks(low: float, high: float, *, logarithmic: bool) -> list[float]:
    """Give round values between two: 1, 2 and 5 of each power of ten, or five to ten evenly spaced ones."""
    if logarithmic:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        return [value for power in powers for of in (1, 2, 5) if low <= (value := of * 10.0**power) <= high]
    step = 10.0 ** math.floor(math.log10((high - low) / 5))
    step *= next(of for of in (1, 2, 5, 10) if (high - low) / (of * step) <= 8)
    return [round(step * number, 10) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _text(
    x: float, y: float, words: str, anchor: str = "start", weight: str = "normal", *, turned: bool = False
) -> str:  # fmt: skip
    place = f'transform="translate(18 {HEIGHT / 2 + 20}) rotate(-90)"' if turned else f'x="{x:.1f}" y="{y:.1f}"'
    return f'<text {place} text-anchor="{anchor}" font-weight="{weight}" fill="#222222">{escape(words)}</text>'
