"""How good is a judge? Labelled pairs tell: a premise, a statement, and whether the one supports the other.

Of several judges the same pairs also tell how far they agree, and which is the better one.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import mannwhitneyu

from assistant.claims import Claim, Verified, Verifier
from evals.errors import SuiteError
from evals.statistics import bootstrap

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


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two judges, A and B, agree on the same pairs on what is supported, at a score of one half, and who is better.

    ``agreement`` is the share of pairs on which both say the same. ``kappa`` is what that is beyond chance, of what could be
    (Cohen 1960, "A coefficient of agreement for nominal scales", equation 1), None where both say one thing throughout.
    ``difference`` is the balanced accuracy of B less that of A, ``low`` to ``high`` its 95 % interval of a percentile
    bootstrap over pairs that draws both judges' findings together; None where only one class is there.
    """

    pairs: int
    agreement: float
    kappa: float | None
    difference: float | None
    low: float | None
    high: float | None


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
    return measure(verdicts(verifier, pairs, progress), pairs)


def verdicts(verifier: Verifier, pairs: Sequence[Pair], progress: Callable[[int], None]) -> list[Verified]:
    """Let a verifier judge pairs; gives its findings in their order.

    Raises:
        ModelError: the verifier's model cannot be used.
        LLMError: the verifier asks a server, which failed.
    """
    found: list[Verified] = []
    for start in range(0, len(pairs), TOGETHER):
        part = pairs[start : start + TOGETHER]
        found += verifier.verify([Claim(pair.hypothesis, (pair.premise,)) for pair in part])
        progress(len(found))
    return found


def measure(found: Sequence[Verified], pairs: Sequence[Pair]) -> dict[str, Judged]:
    """Hold findings against the labels of their pairs; gives figures by source, and of all pairs under ``all``."""
    scores = _scores(found)
    undetermined = np.array([finding.verdict == "undetermined" for finding in found])
    truth = np.array([pair.supported for pair in pairs])
    return {name: _judged(scores[rows], truth[rows], undetermined[rows]) for name, rows in _by_source(pairs).items()}


def agreement(a: Sequence[Verified], b: Sequence[Verified], pairs: Sequence[Pair]) -> dict[str, Agreement]:
    """Compare two judges on the same pairs, by source, and on all pairs under ``all``.

    Args:
        a: the findings of judge A, in the pairs' order.
        b: those of judge B.
        pairs: the pairs.
    """
    said_a, said_b = _scores(a) >= 0.5, _scores(b) >= 0.5
    truth = np.array([pair.supported for pair in pairs])
    return {name: _agreement(said_a[rows], said_b[rows], truth[rows]) for name, rows in _by_source(pairs).items()}


def _scores(found: Sequence[Verified]) -> Array:
    return np.array([finding.score for finding in found])


def _by_source(pairs: Sequence[Pair]) -> dict[str, Truth]:
    """Give for each source, and for all, which pairs are its own."""
    sources = np.array([pair.source for pair in pairs])
    chosen = {name: sources == name for name in sorted(set(sources.tolist()))}
    return {**chosen, "all": np.ones(len(pairs), dtype=bool)}


def _agreement(a: Truth, b: Truth, truth: Truth) -> Agreement:
    same = float((a == b).mean())
    chance = float(a.mean() * b.mean() + (~a).mean() * (~b).mean())
    difference, low, high = None, None, None
    if truth.any() and not truth.all():
        difference = _balanced(b, truth) - _balanced(a, truth)
        low, high = bootstrap(len(truth), lambda drawn: _advantage(a[drawn], b[drawn], truth[drawn]))
    kappa = (same - chance) / (1 - chance) if chance < 1 else None
    return Agreement(len(truth), same, kappa, difference, low, high)


def _advantage(a: Truth, b: Truth, truth: Truth) -> Array:
    """Give of resamples, (resamples, pairs), the balanced accuracy of B less that of A; NaN where a class was not drawn."""
    with np.errstate(invalid="ignore"):
        gain = [((b & own).sum(axis=-1) - (a & own).sum(axis=-1)) / own.sum(axis=-1) for own in (truth, ~truth)]
    return np.asarray((gain[0] - gain[1]) / 2)


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


def plain(judged: Mapping[str, Judged | Agreement]) -> dict[str, Any]:
    """Give the figures as an object for JSON."""
    from dataclasses import asdict

    return {name: asdict(figures) for name, figures in judged.items()}
