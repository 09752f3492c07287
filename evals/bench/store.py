"""The store: one JSONL file, one line a measurement, only ever added to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import takewhile
from pathlib import Path
from typing import Any

from evals.errors import SuiteError
from evals.files import mend

FILE = "bench.jsonl"

Key = tuple[str, str, int | None, str]  # bench, case, size, unit: what is measured again in another run


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one run found of one case.

    ``low`` and ``high`` are the smallest and the largest of ``repeats`` values; 0 repeats means a published figure that was
    not measured here. ``size`` is the number of papers in the library, where the case has one. ``ratio`` is the median over
    that of the case ``baseline`` in the same run, bench, size and unit. ``load`` is the machine's load when the run began.
    """

    run: str
    time: str
    version: str
    machine: Mapping[str, Any]
    load: float | None
    bench: str
    case: str
    size: int | None
    unit: str
    repeats: int
    median: float
    low: float
    high: float
    baseline: str | None
    ratio: float | None

    @property
    def key(self) -> Key:
        """Say what is measured."""
        return self.bench, self.case, self.size, self.unit

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON object of a line."""
        return asdict(self)


NAMES = tuple(field.name for field in fields(Measurement))


def opened(folder: Path) -> Path:
    """Make the folder, mend the store in it, and give the store's file. Raises SuiteError."""
    file = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mend(file)
        file.touch()
    except OSError as error:
        raise SuiteError(f"The store {file} cannot be written: {error.strerror}. Give another folder with --out.") from error
    return file


def append(file: Path, measurements: Iterable[Measurement]) -> None:
    """Add whole lines, at once. Raises SuiteError when the disk takes none."""
    lines = "".join(json.dumps(item.to_dict(), ensure_ascii=False) + "\n" for item in measurements)
    try:
        with file.open("ab") as stream:
            stream.write(lines.encode())
    except OSError as error:
        raise SuiteError(f"The store {file} cannot be written: {error.strerror}. Free some disk space.") from error


def read(folder: Path) -> list[Measurement]:
    """Read all whole lines, oldest first. Raises SuiteError where there is no store, or for a damaged line."""
    file = folder / FILE
    if not file.is_file():
        raise SuiteError(f"There is no store {file}. Measure something first: vouched bench --out {folder}")
    lines = file.read_bytes().splitlines(keepends=True)
    return [_measurement(line, f"{file}, line {n}") for n, line in enumerate(lines, start=1) if line.endswith(b"\n")]


def newest(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Give, of each bench, what its newest run measured."""
    runs = {item.bench: item.run for item in measurements}  # oldest first: the newest stays
    return [item for item in measurements if runs[item.bench] == item.run]


def before(item: Measurement, measurements: Iterable[Measurement]) -> Measurement | None:
    """Find what the newest earlier run on the same machine measured of the same thing."""
    older = takewhile(lambda other: other.run != item.run, measurements)
    return next((other for other in reversed(list(older)) if other.key == item.key and other.machine == item.machine), None)


def _measurement(line: bytes, where: str) -> Measurement:
    try:
        record = json.loads(line)
        return Measurement(**{name: record[name] for name in NAMES})
    except (ValueError, TypeError, KeyError) as error:
        raise SuiteError(
            f"{where} is no measurement ({error!r}). Mend or remove the line, or give another --out."
        ) from error
