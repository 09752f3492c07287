"""The verifier: a statement is held against its quotes. Verbatim words, a trained network and plain alarms decide together.

What stands in a quote word for word is supported. Else a network reads the statement with the quotes, in windows where they
are long (the best window counts), and its logit and the alarms give, calibrated on held-out pairs, the probability of
support. What is neither probable nor improbable is "undetermined".
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.alarms import alarms
from assistant.answer import Alarm, Verdict
from assistant.claims import Claim, Verified
from assistant.entailment import PACKAGED_VERIFIER, Entailment, PackagedEntailment
from assistant.inference import checked
from assistant.lexical import verbatim
from ingestion.sentences import split_sentences
from ingestion.words import terms

WINDOW = 1_400  # characters: some 300 tokens of English
FRAGMENT = 4  # words of meaning
HARD: frozenset[Alarm] = frozenset({"number"})  # what has such an alarm is never called supported


@dataclass(frozen=True, slots=True)
class Margins:
    """What a network says of a claim, the best window counting: log-odds of entailed, and of contradicted."""

    entailed: float
    contradicted: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How margins and alarms become probabilities, and where "undetermined" begins.

    ``supported`` and ``contradicted`` are scale and shift of the margin's logistic curve (Platt 1999); ``alarms`` are what
    each adds to the log-odds of support.
    """

    supported: tuple[float, float] = (1.0, 0.0)
    contradicted: tuple[float, float] = (1.0, 0.0)
    alarms: tuple[tuple[Alarm, float], ...] = ()
    undetermined: float = 0.25

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """Read it from the JSON that the training wrote."""
        found = json.loads(path.read_text(encoding="utf-8"))
        shifts = tuple(found["alarms"].items())
        return cls(tuple(found["supported"]), tuple(found["contradicted"]), shifts, found["undetermined"])


class ModelVerifier:
    """Verbatim words, a model of entailment, and alarms."""

    def __init__(self, model: Entailment, calibration: Calibration | None = None) -> None:
        """Use a model; without a calibration its own probabilities are taken as they are."""
        self.model = model
        self.calibration = calibration or Calibration()

    def load(self) -> None:
        """Load the model now. Raises ModelError."""
        self.model.load()

    def verify(self, claims: Sequence[Claim]) -> list[Verified]:
        """Hold each statement against its quotes, all in one batch. Raises ModelError."""
        found = [without_reading(claim) for claim in claims]
        unread = [place for place, known in enumerate(found) if known is None]
        for place, margins in zip(unread, self.margins([claims[place] for place in unread]), strict=True):
            found[place] = weighed(margins, heard(claims[place]), self.calibration, strange=strange(claims[place]))
        return [item for item in found if item is not None]

    def margins(self, claims: Sequence[Claim]) -> list[Margins]:
        """Read each statement with its quotes. Raises ModelError."""
        parts = [windows(claim) for claim in claims]
        pairs = [(claim.text, part) for claim, of_claim in zip(claims, parts, strict=True) for part in of_claim]
        if not pairs:
            return []
        logits = self.model.logits(pairs).astype(np.float64)
        entailed = logits[:, 0] - np.logaddexp(logits[:, 1], logits[:, 2])
        contradicted = logits[:, 2] - np.logaddexp(logits[:, 0], logits[:, 1])
        ends = np.cumsum([len(of_claim) for of_claim in parts])
        return [
            Margins(float(entailed[end - len(of_claim) : end].max()), float(contradicted[end - len(of_claim) : end].max()))
            for end, of_claim in zip(ends, parts, strict=True)
        ]


class PackagedVerifier(ModelVerifier):
    """The verifier that comes with Vouched."""

    def __init__(self, folder: Path = PACKAGED_VERIFIER) -> None:
        """Use the model in a folder; the network is loaded with the first statement. Raises ModelError."""
        super().__init__(PackagedEntailment(folder), Calibration.read(checked(folder, "calibration.json")))


def without_reading(claim: Claim) -> Verified | None:
    """Say what needs no reading; None where it does."""
    if not claim.quotes or not any(character.isalnum() for character in claim.text):
        return Verified("unsupported", 0.0)
    return Verified("supported", 1.0) if verbatim(claim.text, claim.quotes) else None


def heard(claim: Claim) -> tuple[Alarm, ...]:
    """Give the alarms of a claim; names may stand in the titles of the papers quoted."""
    return alarms(claim.text, [*claim.titles, *claim.quotes])


def strange(claim: Claim) -> bool:
    """Tell a few words that have nothing to do with the quotes ("Captain Brisket."), of which the network knows nothing.

    At most FRAGMENT words of meaning, none of them in the quotes or titles, or a name among them that is not there. Of the
    384 such pairs in the held-out data 57 are right.
    """
    said = set(terms(claim.text))
    if not 0 < len(said) <= FRAGMENT:
        return False
    return not said & set(terms(" ".join([*claim.titles, *claim.quotes]))) or "name" in heard(claim)


def weighed(margins: Margins, heard: tuple[Alarm, ...], known: Calibration, *, strange: bool = False) -> Verified:
    """Turn what the network and the alarms say into a verdict."""
    (scale, shift), (steepness, offset) = known.supported, known.contradicted
    score = _sigmoid(scale * margins.entailed + shift + sum(value for name, value in known.alarms if name in heard))
    denied = round(_sigmoid(steepness * margins.contradicted + offset), 3)
    if score >= 0.5 and not set(heard) & HARD and not strange:
        return Verified("supported", round(score, 3), denied, heard)
    verdict: Verdict = "undetermined" if score >= known.undetermined else "unsupported"
    return Verified(verdict, min(round(score, 3), 0.499), denied, heard)


def windows(claim: Claim) -> list[str]:
    """Join the quotes, each paper's title before its first; what is long is cut into overlapping windows of sentences."""
    titles = claim.titles or ("",) * len(claim.quotes)
    texts: list[str] = []
    for place, (title, quote) in enumerate(zip(titles, claim.quotes, strict=True)):
        texts.append(f"{title}. {quote}" if title and title not in titles[:place] else quote)
    together = " ".join(texts)
    if len(together) <= WINDOW:
        return [together]
    return [part for text in texts for part in _parts(text)]


def _parts(text: str) -> list[str]:
    ends = [sentence.end for sentence in split_sentences(text)]
    found, start = [], 0
    while True:
        within = [end for end in ends if start < end <= start + WINDOW]
        end = within[-1] if within else min(len(text), start + WINDOW)
        found.append(text[start:end].strip())
        if end >= len(text.rstrip()):
            return found
        # The next begins half a window further, at a sentence where there is one.
        start = min((e for e in ends if e >= start + WINDOW // 2 and e <= end), default=end)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, x))))
