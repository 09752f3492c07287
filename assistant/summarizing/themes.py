"""Papers fall into themes, each with a heading from the words of its titles."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from assistant.summarizing.wording import capital
from ingestion.paper import Paper
from ingestion.words import terms

Vectors = npt.NDArray[np.float32]

FEW = 3  # papers that need no themes, and phrases of one heading
WORD = re.compile(r"[^\W_][\w'’.+/-]*[\w+]|[^\W_]")
PART = re.compile(r"[:;,!?()—–|&]|\s-\s|\.\s")
# Where a phrase ends, and words that say too little to begin one, or to be one.
BETWEEN = frozenset(
    re.findall(
        r"\S+",
        "a an and are as at be by can do does for from how in into is it its more most of on or our over than that the their"
        " them through to toward towards under using via we what when where which while who why with without within not but"
        " all you need your let's let against between about during after before across beyond is are was were has have be",
    )
)
BLAND = frozenset(
    re.findall(
        r"\S+",
        "new novel improved improving better effective efficient fast simple good general unified comprehensive holistic"
        " less smaller larger large one two three",
    )
)
EMPTY = BLAND | frozenset(
    re.findall(
        r"\S+",
        "learning model models method methods approach approaches framework frameworks paper study analysis survey step"
        " steps task tasks training case benchmark dataset data examples applications challenges impact tricks tens means"
        " scratch system systems work works language llm llms sizes size understanding generation",
    )
)


def cluster(vectors: Vectors) -> list[list[int]]:
    """Group papers by average linkage on cosines (Sokal & Michener 1958) of their vectors, less the mean of all.

    Two groups are joined as long as their papers are, on average, more like each other than the papers are at large: the
    cosine of the centred vectors is above zero.

    Args:
        vectors: one unit vector a paper, of shape (n, d).

    Returns:
        Places of papers, in order within a group, the groups by their first; single ones are one group, the last.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(vectors) <= FEW:
        return [list(range(len(vectors)))]
    centred = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    units = centred / np.where(lengths > 0, lengths, 1)
    distances = 1 - units @ units.T
    tree = linkage(distances[np.triu_indices(len(units), 1)], method="average")
    labels = fcluster(tree, 1.0, criterion="distance")
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(labels):
        groups.setdefault(int(label), []).append(place)
    found = sorted((group for group in groups.values() if len(group) > 1), key=lambda group: group[0])
    single = [place for group in groups.values() if len(group) == 1 for place in group]
    return [*found, *([sorted(single)] if single else [])]


def headings(
    groups: Sequence[Sequence[Paper]], vectors: Sequence[Vectors], topic: str, embed: Callable[[list[str]], Vectors]
) -> list[str]:
    """Name groups of papers: by the phrase that most of a group's titles share, else by a phrase of each of its first.

    A phrase is up to three words that end where a noun phrase does. What is only the topic over again says nothing. Of a
    title's phrases the one nearest to its paper counts.

    Args:
        groups: the papers.
        vectors: for each group, its papers' unit vectors, of shape (n, d).
        topic: what all are about; alone, a group is named after it.
        embed: gives texts their unit vectors.
    """
    if len(groups) == 1:
        return [capital(topic)]
    asked = set(terms(topic))
    phrases = [[[p for p in phrases_of(paper.title) if set(terms(p)) - asked] for paper in group] for group in groups]
    known = list(dict.fromkeys(phrase for of_group in phrases for of_paper in of_group for phrase in of_paper))
    near = dict(zip(known, embed(known), strict=True)) if known else {}
    titles = [[_words(paper.title) for paper in group] for group in groups]
    found = []
    for place, (group, of_group, of_vectors) in enumerate(zip(groups, phrases, vectors, strict=True)):
        others = [title for other, of_other in enumerate(titles) if other != place for title in of_other]
        shared = _shared([p for of_paper in of_group for p in of_paper], titles[place], others)
        if shared:
            found.append(capital(shared))
            continue
        own = []
        for of_paper, vector in zip(of_group, of_vectors, strict=True):
            weighed = [(float(near[p] @ vector) + 0.05 * len(p.split()), p) for p in of_paper]
            own += [max(weighed)[1]] if weighed else []
        own = list(dict.fromkeys(own))[:FEW]
        found.append(capital(_listed(own)) if own and len(group) > 1 else group[0].title)
    return found


def _shared(phrases: Sequence[str], titles: Sequence[str], others: Sequence[str]) -> str:
    """Find the longest phrase that at least half of the titles hold, two or more, and few of the others."""
    best = (0.0, 0, "")
    for phrase in phrases:
        key = _words(phrase)
        within = sum(key in title for title in titles)
        outside = sum(key in title for title in others)
        if within >= 2 and 2 * within >= len(titles) and 2 * outside < within:
            best = max(best, (within / len(titles) * len(key.split()) ** 0.5, -len(phrase), phrase))
    return best[2]


def phrases_of(title: str) -> list[str]:
    """Give the phrases of a title, each from one to three words up to where a noun phrase ends."""
    found = []
    for part in PART.split(title):
        words = [match.group() for match in WORD.finditer(part)]
        chunk: list[str] = []
        for place, word in enumerate([*words, "."]):
            # a verb in front, as in "Learning to" and "Bootstrapping Language Models"
            if word.lower() not in BETWEEN and word != "." and not (place == 0 and re.fullmatch(r"[A-Za-z]+ing", word)):
                chunk.append(word)
                continue
            if word != "of":  # "Chain of Thought" does not end there
                found += [" ".join(chunk[-size:]) for size in (3, 2, 1) if size <= len(chunk) and _says(chunk[-size:])]
            chunk = []
    return found


def _says(words: Sequence[str]) -> bool:
    first, last = words[0].lower(), words[-1].lower()
    if first in BLAND or last in BLAND or first.endswith("ly") or all(word.lower() in EMPTY for word in words):
        return False
    return len(words) > 1 or ("-" not in last and len(last) > 3)  # "Real-World" wants its noun


def _words(text: str) -> str:
    """Write a text as words between spaces, in lower case, plurals as singulars: a stem would join what only looks alike."""
    return f" {' '.join(match.group().lower().removesuffix('s') for match in WORD.finditer(text))} "


def _listed(phrases: Sequence[str]) -> str:
    return " and ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 1 else phrases)
