"""Does a paper support a claim, oppose it, or neither? Its sentences are held against the claim; silence is the default.

Of a paper about the claim a sentence counts if it is near it, states a finding, and stands in the latter half of the
abstract, where findings are. It supports where the verifier says so and it denies nothing that the claim does not. It
opposes where it turns the claim round (`assertions.turns`) and the verifier does not think otherwise: of the verifier's
contradictions alone most are wrong. A paper that does both takes no side, nor does one whose whole abstract leans the other
way. All thresholds were chosen on the claims that ``python -m evals.positions`` sets apart for it; docs/summaries.md has
the figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.claims import Claim, Verified, Verifier
from assistant.summarizing.assertions import agrees, finds, turns
from assistant.summarizing.wording import tells
from ingestion.paper import Paper
from ingestion.passages import Passage

ABOUT, NEAR = 0.65, 0.5  # cosine similarity to the claim, of a paper (or its nearest sentence) and of a sentence
SUPPORTED = 0.5  # probability of support, and no less than that of contradiction
DENIED = 0.2  # probability of contradiction that is enough where a sentence denies what is claimed, or the reverse
REVERSED, HEARD = 0.6, 0.3  # likewise where it says "lower" for "higher", and what the whole abstract must have of it
LEAN = 0.2  # by which a whole abstract may lean the other way
# Scale and shift of the logistic curve that makes the probability of a stance of its sentence's log-odds (Platt 1999).
CERTAINTY = {"supports": (0.8, 0.8), "opposes": (0.8, 1.9)}
LEAST = 0.01  # a probability whose log-odds are still moderate

Side = Literal["supports", "opposes"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper that may take a side, its passages (sentences), and the cosine similarity of each to the claim.

    ``similarity`` is that of the whole abstract or of the nearest passage, as retrieval has it.
    """

    paper: Paper
    passages: tuple[Passage, ...]
    near: tuple[float, ...]
    similarity: float

    def telling(self) -> list[int]:
        """Give the places of the passages that may tell its side."""
        latter = range(len(self.passages) // 2, len(self.passages)) if self.similarity >= ABOUT else ()
        return [place for place in latter if self.near[place] >= NEAR and _finds(self.passages[place].text)]


@dataclass(frozen=True, slots=True)
class Stance:
    """The side a paper takes: the place of the passage that carries it, and how probable it is that it does."""

    side: Side
    place: int
    probability: float


def stances(verifier: Verifier, claim: str, candidates: Sequence[Candidate]) -> list[Stance | None]:
    """Tell each paper's side, None where it takes none, in one batch. Raises ModelError."""
    telling = [candidate.telling() for candidate in candidates]
    claims = []
    for candidate, places in zip(candidates, telling, strict=True):
        if places:
            claims += [Claim(claim, (candidate.paper.abstract,), (candidate.paper.title,))]
            claims += [Claim(claim, (candidate.passages[place].text,)) for place in places]
    found = iter(verifier.verify(claims))
    return [
        _stance(claim, next(found), {place: (c.passages[place].text, next(found)) for place in places}) if places else None
        for c, places in zip(candidates, telling, strict=True)
    ]


def _stance(claim: str, whole: Verified, sentences: dict[int, tuple[str, Verified]]) -> Stance | None:
    supporting, opposing = [], []
    for place, (text, held) in sentences.items():
        turn = turns(claim, text)
        reverses = turn == "direction" and held.contradicted >= max(REVERSED, held.score) and whole.contradicted >= HEARD
        if reverses or (turn == "denial" and held.contradicted >= DENIED):
            opposing.append((held.contradicted, place))
        elif held.score >= max(SUPPORTED, held.contradicted) and agrees(claim, text):
            supporting.append((held.score, place))
    lean = whole.score - whole.contradicted
    if supporting and not opposing and lean >= -LEAN:
        return _made("supports", *max(supporting))
    if opposing and not supporting and lean <= LEAN:
        return _made("opposes", *max(opposing))
    return None


def _finds(text: str) -> bool:
    return finds(text) and tells(text)


def _made(side: Side, probability: float, place: int) -> Stance:
    scale, shift = CERTAINTY[side]
    probability = min(max(probability, LEAST), 1 - LEAST)
    odds = scale * math.log(probability / (1 - probability)) + shift
    return Stance(side, place, round(1 / (1 + math.exp(-odds)), 3))
