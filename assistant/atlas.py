"""A map of the library: topics where they are like each other, and in each its papers.

Topics are k-means clusters (Arthur & Vassilvitskii 2007, k-means++) of the papers' vectors. Their centres are laid out by
their first two principal components and pushed apart; a paper stands about its topic's centre by the first two of what it
differs in.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.summarizing.themes import phrases_of
from assistant.summarizing.wording import capital

Vectors = npt.NDArray[np.float32]
Places = npt.NDArray[np.float64]

MOST = 12  # topics
SEED = 7
STEPS = 200  # of pushing topics apart


@dataclass(frozen=True, slots=True)
class Point:
    """A paper on the map: ``x`` and ``y`` from 0 to 1, and the place of its topic."""

    paper_id: str
    x: float
    y: float
    topic: int


@dataclass(frozen=True, slots=True)
class Atlas:
    """The points of a map, and the names of its topics, the largest first."""

    points: tuple[Point, ...]
    topics: tuple[str, ...]


def atlas(ids: Sequence[str], vectors: Vectors, titles: Mapping[str, str]) -> Atlas:
    """Lay papers out.

    Args:
        ids: the papers.
        vectors: their unit vectors, of shape (n, d).
        titles: the papers' titles, from whose words the topics are named.
    """
    if not ids:
        return Atlas((), ())
    labels = _clustered(vectors)
    count = int(labels.max()) + 1
    centres = np.stack([vectors[labels == topic].mean(axis=0) for topic in range(count)])
    sizes = np.bincount(labels, minlength=count)
    radii = np.sqrt(sizes / sizes.sum())
    places = _apart(_plane(centres), radii)
    spots = np.empty((len(ids), 2))
    for topic in range(count):
        within = labels == topic
        spots[within] = places[topic] + 0.8 * radii[topic] * _round(_plane(vectors[within] - centres[topic]))
    low, high = spots.min(axis=0), spots.max(axis=0)
    spots = (spots - low) / np.where(high > low, high - low, 1)
    names = _named([[titles.get(ids[i], "") for i in np.flatnonzero(labels == topic).tolist()] for topic in range(count)])
    points = (Point(id_, float(x), float(y), int(t)) for id_, (x, y), t in zip(ids, spots, labels, strict=True))
    return Atlas(tuple(points), tuple(names))


def _clustered(vectors: Vectors) -> npt.NDArray[np.intp]:
    """Give each paper the place of its topic; the largest topic is the first."""
    from scipy.cluster.vq import kmeans2

    wanted = max(1, min(MOST, round(math.sqrt(len(vectors) / 2))))
    _, labels = kmeans2(vectors.astype(np.float64), wanted, minit="++", seed=SEED)
    by_size = [label for label, _ in Counter(labels.tolist()).most_common()]
    ranks = {label: rank for rank, label in enumerate(by_size)}
    return np.array([ranks[label] for label in labels.tolist()], dtype=np.intp)


def _plane(vectors: npt.NDArray[np.floating]) -> Places:
    """Give the first two principal components, of shape (n, 2)."""
    centred = np.asarray(vectors, dtype=np.float64) - vectors.mean(axis=0)
    if len(centred) < 2:
        return np.zeros((len(centred), 2))
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, :-3:-1]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), range(axes.shape[1])])  # else a sign would be the machine's whim
    return np.asarray(centred @ axes, dtype=np.float64)


def _round(places: Places) -> Places:
    """Spread places evenly over a disc: angles stay, distances become ranks."""
    distance = np.linalg.norm(places, axis=1)
    ranks = np.sqrt((distance.argsort().argsort() + 0.5) / len(places))
    return np.asarray(places / np.where(distance > 0, distance, 1)[:, None] * ranks[:, None], dtype=np.float64)


def _apart(places: Places, radii: Places) -> Places:
    """Push discs apart until few overlap, from where their places put them."""
    scale = np.abs(places).max() or 1.0
    places = places / scale * radii.sum() / 2
    for _ in range(STEPS):
        between = places[:, None] - places[None]
        distance = np.linalg.norm(between, axis=2) + np.eye(len(places))
        wanted = 1.15 * (radii[:, None] + radii[None]) * (1 - np.eye(len(places)))
        push = np.clip(wanted - distance, 0, None) / distance
        places = places + 0.25 * (push[:, :, None] * between).sum(axis=1)
    return places


def _named(titles: Sequence[Sequence[str]]) -> list[str]:
    """Name topics by the two phrases of their titles that are most their own: often in it, seldom elsewhere."""
    found = [Counter({phrase.lower(): 1 for phrase in phrases_of(title)}) for group in titles for title in group]
    everywhere = sum(found, Counter[str]())
    spelt = {phrase.lower(): phrase for group in titles for title in group for phrase in phrases_of(title)}
    names: list[str] = []
    start = 0
    for group in titles:
        within = sum(found[start : start + len(group)], Counter[str]())
        start += len(group)
        said = {phrase: n for phrase, n in within.items() if n > 1} or within  # what one title says names a topic badly
        weights = {
            phrase: n / len(group) * math.log((1 + len(found)) / everywhere[phrase]) * math.sqrt(len(phrase.split()))
            for phrase, n in said.items()
        }
        best: list[str] = []
        for phrase in sorted(weights, key=lambda each: (-weights[each], each)):
            if len(best) < 2 and not any(set(phrase.split()) & set(other.split()) for other in best):
                best.append(phrase)
        names.append(capital(" · ".join(spelt[phrase] for phrase in best)) if best else f"Topic {len(names) + 1}")
    return names
