"""The reader: a question is held against an abstract. Which sentences answer it, and is it answered there at all?

Retrieval finds papers on the topic; only reading tells an answer from a near miss.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from assistant.inference import Network, checked, in_turn
from assistant.packing import Packed, batches, pack_reading, padded, tokenizer, tokens
from assistant.settings import Caution
from ingestion.embedding import PACKAGED_FOLDER

PACKAGED_READER = Path(__file__).parent / "models" / "reader"
TOKENIZER = PACKAGED_FOLDER / "tokenizer.json"  # of the embedder, and of all packaged models
BATCH_TOKENS = 2048  # of one call of the network, padding included


@dataclass(frozen=True, slots=True)
class Abstract:
    """What is read: a title and the sentences of an abstract, in order.

    ``shortfall`` is how far the paper's retrieval score lies below that of the best paper, 0 or more.
    """

    title: str
    sentences: tuple[str, ...]
    shortfall: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading an abstract for a question found.

    ``answered`` is the calibrated probability that the abstract answers the question; ``evidence`` holds, for each
    sentence, the probability that a full answer needs it, if the abstract answers.
    """

    answered: float
    evidence: tuple[float, ...]


class Reader(Protocol):
    """Reads abstracts for a question."""

    def load(self) -> None:
        """Load what it needs now, rather than with the first question. Raises ModelError."""
        ...

    def read(self, question: str, abstracts: Sequence[Abstract]) -> list[Reading]:
        """Read each abstract; the readings come in the same order. Raises ModelError."""
        ...

    def threshold(self, caution: Caution) -> float:
        """Say how probable an answer must be, at the least, to be given."""
        ...


class PackagedReader:
    """The trained MiniLM that comes with Vouched (``assistant/models/reader/README.md`` says from what it learnt)."""

    def __init__(self, folder: Path = PACKAGED_READER) -> None:
        """Use the model in a folder; it is loaded with the first question."""
        self.folder = folder
        self._network = Network(folder, "reader.onnx")

    def load(self) -> None:
        """Load it now. Raises ModelError."""
        self._network.load()
        tokenizer(TOKENIZER)
        _ = self._calibration

    def read(self, question: str, abstracts: Sequence[Abstract]) -> list[Reading]:
        """Read each abstract, up to 512 tokens with the question; sentences beyond them count as no evidence.

        Raises:
            ModelError: the model's files are missing or damaged.
        """
        scale, weight, shift = self._calibration["answered"]
        steepness, offset = self._calibration["evidence"]
        return [
            Reading(
                _sigmoid(scale * answered - weight * item.shortfall + shift),
                tuple(_sigmoid(steepness * logit + offset) for logit in evidence),
            )
            for item, (answered, evidence) in zip(abstracts, self.logits(question, abstracts), strict=True)
        ]

    def threshold(self, caution: Caution) -> float:
        """Say how probable an answer must be; chosen on held-out questions, see the model's README."""
        return float(self._calibration["thresholds"][caution])

    def logits(self, question: str, abstracts: Sequence[Abstract]) -> list[tuple[float, list[float]]]:
        """Give, for each abstract, what the network says: is it answered, and each sentence. Raises ModelError."""
        texts = [question, *(text for item in abstracts for text in (item.title, *item.sentences))]
        asked, *ids = tokens(tokenizer(TOKENIZER), texts)
        packed, start = [], 0
        for item in abstracts:
            packed.append(pack_reading(asked, ids[start], ids[start + 1 : start + 1 + len(item.sentences)]))
            start += 1 + len(item.sentences)
        return in_turn(lambda: self._run(packed))

    def _run(self, packed: Sequence[Packed]) -> list[tuple[float, list[float]]]:
        found: list[tuple[float, list[float]]] = [(0.0, [])] * len(packed)
        for group in batches(packed, BATCH_TOKENS):
            part = [packed[place] for place in group]
            places = np.arange(1, max(item.sentences for item in part) + 1)
            evidence, answered = self._network.run({**padded(part), "places": places})
            for row, place in enumerate(group):
                found[place] = float(answered[row]), evidence[row, : part[row].sentences].tolist()
        return found

    @cached_property
    def _calibration(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(checked(self.folder, "calibration.json").read_text(encoding="utf-8"))
        return found


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, x))))
