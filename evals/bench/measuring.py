"""Measuring: the cases of a series are done in turn, so that what slows the machine for a while slows the baseline too."""

from __future__ import annotations

import secrets
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from evals.bench import machine, store
from evals.bench.store import Measurement

Told = Callable[[str, int, int], None]  # what is done, how many are done, of how many
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a series: its case, the case that it is held against, and its unit."""

    case: str
    baseline: str | None = None
    unit: str = "ms"


class Samples:
    """The values of a series so far, by case and unit."""

    def __init__(self) -> None:
        """Begin with none."""
        self.values: dict[tuple[str, str], list[float]] = {}

    def note(self, case: str, value: float, unit: str = "ms") -> None:
        """Keep a value."""
        self.values.setdefault((case, unit), []).append(value)

    def timed(self, case: str, do: Callable[[], Done]) -> Done:
        """Do something, and keep how many milliseconds it took."""
        started = time.perf_counter()
        done = do()
        self.note(case, 1000 * (time.perf_counter() - started))
        return done


class Recorder:
    """One run: keeps each series in the store as soon as it is measured, also when it is stopped half-way."""

    def __init__(self, folder: Path) -> None:
        """Begin a run whose store is in a folder. Raises SuiteError."""
        self.file = store.opened(folder)
        now = datetime.now(UTC)
        self.run = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        self.time = now.isoformat(timespec="seconds")
        self.machine, self.load = machine.describe(), machine.load()
        self.measured: list[Measurement] = []

    @contextmanager
    def series(self, bench: str, *figures: Figure, size: int | None = None) -> Iterator[Samples]:
        """Collect samples, and store a measurement for each figure that has any. A baseline comes before what needs it."""
        samples = Samples()
        try:
            yield samples
        finally:  # whatever stopped it, what was measured counts
            found: list[Measurement] = []
            for figure in figures:
                values = samples.values.get((figure.case, figure.unit))
                if values:
                    found.append(self._measurement(bench, figure, size, values, found))
            self.keep(found)

    def published(self, bench: str, case: str, unit: str, value: float) -> None:
        """Keep a figure of others', so that this run's can be held against it."""
        self.keep([self._measurement(bench, Figure(case, unit=unit), None, [value], (), repeats=0)])

    def keep(self, found: Sequence[Measurement]) -> None:
        """Store measurements of this run."""
        store.append(self.file, found)
        self.measured += found

    def _measurement(
        self, bench: str, figure: Figure, size: int | None, values: Sequence[float],
        beside: Sequence[Measurement], repeats: int | None = None,
    ) -> Measurement:  # fmt: skip
        median = statistics.median(values)
        against = (bench, figure.baseline, size, figure.unit)
        base = next((item.median for item in [*self.measured, *beside] if item.key == against), None)
        return Measurement(
            run=self.run, time=self.time, version=version("vouched"), machine=self.machine, load=self.load,
            bench=bench, case=figure.case, size=size, unit=figure.unit,
            repeats=len(values) if repeats is None else repeats,
            median=median, low=min(values), high=max(values),
            baseline=None if base is None else figure.baseline, ratio=median / base if base else None,
        )  # fmt: skip
