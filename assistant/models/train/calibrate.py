"""The reader is held against held-out papers: its figures, its calibration, and the thresholds of abstention."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from assistant.models.train.reader_data import lines
from assistant.reading import Abstract, PackagedReader
from assistant.retrieval import HybridRetriever
from ingestion.library import Library
from ingestion.paper import Paper
from ingestion.passages import passages_of

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A held-out question, and what was read for it: a row for each paper, in the order of retrieval.

    ``own`` is the row of the paper it was written over; ``logits`` and ``gaps`` (retrieval score below the best one) have
    shape (papers,); ``evidence`` are the sentences' logits in the own paper, ``gold`` those that answer.
    """

    kind: str
    own: int | None
    logits: Array
    gaps: Array
    evidence: Array
    gold: tuple[int, ...]


def ask(reader: PackagedReader, data: Path, config: dict[str, Any], work: Path) -> list[Asked]:
    """Ask every held-out question of a library that holds its paper among many others."""
    rows = list(lines(data / config["dev"]))
    others = itertools.islice(lines(data / config["written"][0]), config["calibration"]["other_papers"])
    library = Library.open(work / "calibration-library", create=True)
    library.add([_paper(row) for row in [*rows, *others]])
    retriever = HybridRetriever(library, config["calibration"]["papers_read"])
    asked = []
    for row in track(rows, "asking"):
        questions = [(qa["k"], qa["q"], tuple(qa["e"])) for qa in row["qa"]] + [("near-miss", u, ()) for u in row["u"]]
        for kind, question, gold in questions:
            hits = retriever.search(retriever.query(question))
            abstracts = [Abstract(h.paper.title, tuple(p.text for p in passages_of(h.paper))) for h in hits]
            own = next((i for i, hit in enumerate(hits) if hit.paper.id == row["id"]), None)
            found = reader.logits(question, [*abstracts, Abstract(row["title"], tuple(row["sentences"]))])
            logits = np.array([answered for answered, _ in found[:-1]])
            gaps = np.array([hits[0].score - hit.score for hit in hits])
            asked.append(Asked(kind, own, logits, gaps, np.array(found[-1][1]), gold))
    return asked


def _paper(row: dict[str, Any]) -> Paper:
    return Paper(id=row["id"], title=row["title"], abstract=" ".join(row["sentences"]), source="reader data")


def calibrate(asked: Sequence[Asked], config: dict[str, Any]) -> dict[str, Any]:
    """Fit probabilities and thresholds.

    The answered logit and the retrieval score of each paper read go into a logistic regression (Platt 1999, with one more
    variable): does this paper answer? Evidence logits likewise, within the paper that answers.

    Returns:
        ``answered`` as scale, weight of the retrieval score, and shift; ``evidence`` as scale and shift; ``thresholds``, by
        caution, of the highest probability among the papers read; ``curve``, what each threshold would give.
    """
    x = np.concatenate([np.column_stack([a.logits, a.gaps]) for a in asked])
    y = np.concatenate([(np.arange(len(a.logits)) == a.own) & bool(a.gold) for a in asked])
    answered = LogisticRegression(C=100.0).fit(x, y)
    in_paper = [a for a in asked if a.gold]
    evidence = LogisticRegression(C=100.0).fit(
        np.concatenate([a.evidence for a in in_paper])[:, None],
        np.concatenate([np.isin(np.arange(len(a.evidence)), a.gold) for a in in_paper]),
    )
    scale, weight, shift = float(answered.coef_[0][0]), -float(answered.coef_[0][1]), float(answered.intercept_[0])
    best = np.array([_sigmoid(scale * a.logits - weight * a.gaps + shift).max() for a in asked])
    answerable = np.array([bool(a.gold) for a in asked])
    curve = _curve(best, answerable, config["calibration"]["unanswerable_share"])
    return {
        "answered": [round(scale, 4), round(weight, 4), round(shift, 4)],
        "evidence": [round(float(evidence.coef_[0][0]), 4), round(float(evidence.intercept_[0]), 4)],
        "thresholds": _thresholds(curve, config["calibration"]),
        "curve": curve,
    }


def _curve(best: Array, answerable: npt.NDArray[np.bool_], share: float) -> list[dict[str, float]]:
    """Give, for each threshold, the shares refused and the macro-F1 of abstention, were ``share`` unanswerable."""
    curve = []
    for threshold in [0.01, 0.02, 0.03, *np.arange(0.05, 1.0, 0.05)]:
        right = float((best[~answerable] < threshold).mean())
        wrong = float((best[answerable] < threshold).mean())
        abstaining = 2 * share * right / (share * right + share + (1 - share) * wrong or 1.0)
        answering = 2 * (1 - share) * (1 - wrong) / ((1 - share) * (2 - wrong) + share * (1 - right))
        macro = (abstaining + answering) / 2
        point = {"threshold": threshold, "near_misses_refused": right, "answerable_refused": wrong, "macro_f1": macro}
        curve.append({name: round(float(value), 4) for name, value in point.items()})
    return curve


def _thresholds(curve: Sequence[dict[str, float]], config: dict[str, Any]) -> dict[str, float]:
    """Choose: ``balanced`` has the best macro-F1; the others refuse as few, or as many, answerable ones as configured."""

    def refusing_at_most(limit: float) -> float:
        return max((p["threshold"] for p in curve if p["answerable_refused"] <= limit), default=curve[0]["threshold"])

    return {
        "cautious": refusing_at_most(config["cautious_refuses"]),
        "balanced": max(curve, key=lambda point: point["macro_f1"])["threshold"],
        "bold": refusing_at_most(config["bold_refuses"]),
    }


def figures(asked: Sequence[Asked]) -> dict[str, float]:
    """Measure the raw logits, with no calibration."""
    answers = [a for a in asked if a.gold]
    found = [a for a in answers if a.own is not None]
    own = {id(a): float(a.logits[a.own]) for a in asked if a.own is not None}
    near = [a for a in asked if not a.gold and a.own is not None]
    others = [float(logit) for a in found for i, logit in enumerate(a.logits) if i != a.own]
    return {
        "questions": len(asked),
        "evidence_first": _mean(int(np.argmax(a.evidence)) in a.gold for a in answers),
        "evidence_in_three": _mean(bool(set(np.argsort(-a.evidence)[:3].tolist()) & set(a.gold)) for a in answers),
        "auc_near_miss": _auc([own[id(a)] for a in found], [own[id(a)] for a in near]),
        "auc_other_paper": _auc([own[id(a)] for a in found], others),
        "retrieval_first": _mean(a.own == 0 for a in answers),
        "reader_first": _mean(a.own == int(np.argmax(a.logits)) for a in answers),
    }


def _mean(values: Iterable[bool]) -> float:
    return round(float(np.mean(list(values))), 4)


def _auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    return round(float(roc_auc_score([1] * len(positive) + [0] * len(negative), [*positive, *negative])), 4)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def write(path: Path, calibration: dict[str, Any]) -> None:
    """Write it as JSON."""
    if not all(math.isfinite(value) for value in calibration["answered"]):
        raise ValueError("the calibration did not converge")
    path.write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")
