"""How good is a judge? Labelled pairs tell: a premise, a statement, and whether the one supports the other."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import mannwhitneyu

from assistant.claims import Claim, Verified, Verifier
from evals.errors import SuiteError

LABELS = {"entailment": True, "neutral": False, "contradiction": False, "not_entailment": False}
BINS = 10  # of the calibration curve
RESAMPLES = 1_000
TOGETHER = 64  # pairs given to the judge at a time

Array = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pair:
    """A statement with the text that is to support it; ``source`` is the set that the pair is from."""

    premise: str
    hypothesis: str
    supported: bool
    source: str


@dataclass(frozen=True, slots=True)
class Judged:
    """How a judge did on the pairs of one source.

    ``balanced_accuracy`` is the mean of the shares it gets right of the supported and of the others, at a score of one half,
    with the 95 % interval of a percentile bootstrap over pairs. ``auc`` is the chance that a supported pair scores higher
    than another (Mann and Whitney 1947). ``calibration_error`` is the expected one of ten equal bins (Guo et al. 2017,
    section 2); ``undetermined`` the share without a verdict. None where only one class is there.
    """

    pairs: int
    supported: int
    balanced_accuracy: float | None
    low: float | None
    high: float | None
    auc: float | None
    calibration_error: float
    undetermined: float
    curve: tuple[tuple[float, float, int], ...]  # of each bin that is not empty: mean score, share supported, pairs


def read_pairs(paths: Sequence[Path]) -> list[Pair]:
    """Read JSONL, also compressed: ``{"premise", "hypothesis", "label", "source"}``. Raises SuiteError, with the line."""
    pairs = []
    for path in paths:
        for number, line in _lines(path):
            where = f"Line {number} of {path}"
            try:
                row = dict(json.loads(line))
                pairs.append(
                    Pair(
                        str(row["premise"]), str(row["hypothesis"]), LABELS[row["label"]], str(row.get("source", path.name))
                    )
                )
            except (ValueError, TypeError, KeyError) as error:
                form = '{"premise", "hypothesis", "label", "source"}'
                raise SuiteError(f"{where} is not {form} with a label of {', '.join(LABELS)}: {error}.") from error
    if not pairs:
        raise SuiteError(f"There are no pairs in {', '.join(map(str, paths))}.")
    return pairs


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SuiteError(f"The pairs {path} cannot be read: {error}.") from error
    yield from ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())


def judge(verifier: Verifier, pairs: Sequence[Pair], progress: Callable[[int], None]) -> dict[str, Judged]:
    """Let a verifier judge pairs; gives its figures by source, and those of all pairs under ``all``."""
    verdicts: list[Verified] = []
    for start in range(0, len(pairs), TOGETHER):
        part = pairs[start : start + TOGETHER]
        verdicts += verifier.verify([Claim(pair.hypothesis, (pair.premise,)) for pair in part])
        progress(len(verdicts))
    scores = np.array([found.score for found in verdicts])
    undetermined = np.array([found.verdict == "undetermined" for found in verdicts])
    truth = np.array([pair.supported for pair in pairs])
    sources = np.array([pair.source for pair in pairs])
    chosen = {name: sources == name for name in sorted(set(sources.tolist()))}
    chosen["all"] = np.ones(len(pairs), dtype=bool)
    return {name: _judged(scores[rows], truth[rows], undetermined[rows]) for name, rows in chosen.items()}


def _judged(scores: Array, truth: Truth, undetermined: Truth) -> Judged:
    both = bool(truth.any() and not truth.all())
    draw = np.random.default_rng(0).integers(0, len(truth), (RESAMPLES, len(truth))) if both else np.empty((0, 0), dtype=int)
    resampled = [_balanced(scores[rows] >= 0.5, truth[rows]) for rows in draw if 0 < truth[rows].sum() < len(rows)]
    low, high = np.quantile(resampled, (0.025, 0.975)) if resampled else (None, None)
    curve = list(_curve(scores, truth))
    return Judged(
        pairs=len(truth),
        supported=int(truth.sum()),
        balanced_accuracy=_balanced(scores >= 0.5, truth) if both else None,
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        auc=_auc(scores, truth) if both else None,
        calibration_error=sum(n * abs(mean - share) for mean, share, n in curve) / len(truth),
        undetermined=float(undetermined.mean()),
        curve=tuple(curve),
    )


def _balanced(said: Truth, truth: Truth) -> float:
    return float((said[truth].mean() + (~said[~truth]).mean()) / 2)


def _auc(scores: Array, truth: Truth) -> float:
    statistic = mannwhitneyu(scores[truth], scores[~truth]).statistic
    return float(statistic / (truth.sum() * (~truth).sum()))


def _curve(scores: Array, truth: Truth) -> Iterator[tuple[float, float, int]]:
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    for number in range(BINS):
        rows = bins == number
        if rows.any():
            yield float(scores[rows].mean()), float(truth[rows].mean()), int(rows.sum())


def plain(judged: dict[str, Judged]) -> dict[str, Any]:
    """Give the figures as an object for JSON."""
    from dataclasses import asdict

    return {name: asdict(figures) for name, figures in judged.items()}
