"""The verifier is held against held-out pairs: its calibration, and its figures beside those of words alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from assistant.alarms import ALARMS
from assistant.answer import Alarm
from assistant.claims import Claim, Verified
from assistant.lexical import LexicalVerifier
from assistant.models.train.verifier_data import LABELS, Pair
from assistant.verifying import Calibration, Margins, ModelVerifier, heard, weighed, without_reading

Array = npt.NDArray[np.float64]
TOGETHER = 64  # pairs given to the network at a time
BINS = 10  # of the calibration curve


@dataclass(frozen=True, slots=True)
class Read:
    """A held-out pair and what the network and the alarms say of it; ``known`` is the finding where neither is asked."""

    pair: Pair
    margins: Margins
    heard: tuple[Alarm, ...]
    known: Verified | None

    def verified(self, calibration: Calibration) -> Verified:
        """Give the finding under a calibration."""
        return self.known or weighed(self.margins, self.heard, calibration)


def read(verifier: ModelVerifier, pairs: Sequence[Pair]) -> list[Read]:
    """Let the network read every pair."""
    found = []
    for start in track(range(0, len(pairs), TOGETHER), "reading"):
        part = pairs[start : start + TOGETHER]
        claims = [Claim(pair.hypothesis, (pair.premise,)) for pair in part]
        found += [
            Read(pair, margins, heard(claim), without_reading(claim))
            for pair, claim, margins in zip(part, claims, verifier.margins(claims), strict=True)
        ]
    return found


def calibrate(items: Sequence[Read], config: dict[str, Any]) -> dict[str, Any]:
    """Fit the probabilities of support and of contradiction, and where "undetermined" begins.

    Support is a logistic regression over the network's log-odds and the alarms (Platt 1999, with more variables), in which
    each source, and within it each class, weighs the same: a source not seen is not like the largest of those seen. An alarm
    that would raise the score tells nothing that the network does not know, and counts for nothing.
    """
    read = [item for item in items if item.known is None]
    truth = np.array([item.pair.label == LABELS["entailment"] for item in read])
    weights = _weights(read, truth)
    names = list(ALARMS)
    while True:
        x = np.array([[item.margins.entailed, *(name in item.heard for name in names)] for item in read], dtype=np.float64)
        fitted = LogisticRegression(C=100.0).fit(x, truth, sample_weight=weights)
        worth = {name: round(float(value), 4) for name, value in zip(names, fitted.coef_[0][1:], strict=True)}
        if all(shift <= 0 for shift in worth.values()):
            break
        names = [name for name in names if worth[name] <= 0]
    three = [item for item in read if item.pair.label != LABELS["not_entailment"]]
    denied = np.array([item.pair.label == LABELS["contradiction"] for item in three])
    margins = np.array([[item.margins.contradicted] for item in three])
    denying = LogisticRegression(C=100.0).fit(margins, denied, sample_weight=_weights(three, denied))
    found = {
        "supported": [round(float(fitted.coef_[0][0]), 4), round(float(fitted.intercept_[0]), 4)],
        "contradicted": [round(float(denying.coef_[0][0]), 4), round(float(denying.intercept_[0]), 4)],
        "alarms": {name: worth.get(name, 0.0) for name in ALARMS},
    }
    scores = fitted.predict_proba(x)[:, 1]
    return {**found, "undetermined": _lower(scores, truth, weights, config["calibration"]["unsupported_errs"])}


def _weights(items: Sequence[Read], truth: npt.NDArray[np.bool_]) -> Array:
    groups = [(item.pair.source, bool(label)) for item, label in zip(items, truth, strict=True)]
    size = {group: groups.count(group) for group in set(groups)}
    return np.array([len(groups) / len(size) / size[group] for group in groups])


def _lower(scores: Array, truth: npt.NDArray[np.bool_], weights: Array, errs: float) -> float:
    """Choose the highest bound below which at most so large a share is supported after all."""
    bounds = [bound for bound in np.arange(0.05, 0.5, 0.01) if _share(truth, weights, scores < bound) <= errs]
    return round(float(max(bounds, default=0.05)), 2)


def _share(truth: npt.NDArray[np.bool_], weights: Array, rows: npt.NDArray[np.bool_]) -> float:
    return float(weights[rows & truth].sum() / weights[rows].sum()) if rows.any() else 0.0


def figures(items: Sequence[Read], calibration: Calibration) -> dict[str, dict[str, float]]:
    """Measure, by source, balanced accuracy and AUC of "supported": words alone, the network alone, and with the alarms."""
    words = LexicalVerifier().verify([Claim(item.pair.hypothesis, (item.pair.premise,)) for item in items])
    scores = {
        "words": np.array([found.score for found in words]),
        "network": np.array([1 / (1 + np.exp(-item.margins.entailed)) for item in items]),
        "verifier": np.array([item.verified(calibration).score for item in items]),
    }
    undetermined = np.array([item.verified(calibration).verdict == "undetermined" for item in items])
    truth = np.array([item.pair.label == LABELS["entailment"] for item in items])
    sources = np.array([item.pair.source for item in items])
    found: dict[str, dict[str, float]] = {}
    for source in sorted(set(sources.tolist())):
        rows = sources == source
        if truth[rows].all() or not truth[rows].any():
            continue
        row = {"pairs": float(rows.sum()), "undetermined": float(undetermined[rows].mean())}
        for name, said in scores.items():
            row[f"{name}_ba"] = float(balanced_accuracy_score(truth[rows], said[rows] >= 0.5))
            row[f"{name}_auc"] = float(roc_auc_score(truth[rows], said[rows]))
        found[source] = {name: round(value, 4) for name, value in row.items()}
    found["mean"] = {name: round(float(np.mean([row[name] for row in found.values()])), 4) for name in row}
    return found


def curve(items: Sequence[Read], calibration: Calibration) -> list[tuple[float, float, int]]:
    """Give, for each tenth of the score: its mean, the share that is supported, and the pairs."""
    scores = np.array([item.verified(calibration).score for item in items])
    truth = np.array([item.pair.label == LABELS["entailment"] for item in items])
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    return [
        (round(float(scores[bins == n].mean()), 3), round(float(truth[bins == n].mean()), 3), int((bins == n).sum()))
        for n in range(BINS)
        if (bins == n).any()
    ]
