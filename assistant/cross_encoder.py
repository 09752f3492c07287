"""Any Hugging Face cross-encoder in the reader's place: it scores a question with each sentence."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.inference import ModelError
from assistant.reading import Abstract, Reading
from assistant.settings import Caution

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

# No such model was calibrated on our held-out questions: half is the threshold, and the others stand at either side of it.
THRESHOLDS: dict[Caution, float] = {"cautious": 0.8, "balanced": 0.5, "bold": 0.2}


class CrossEncoderReader:
    """A cross-encoder for relevance, such as those trained on MS MARCO. Its scores are not calibrated here."""

    def __init__(self, name: str, *, allow_downloads: bool | None = None) -> None:
        """Use a model by its folder, or by its Hugging Face name if it is on this machine or may be fetched."""
        if allow_downloads is None:
            allow_downloads = os.environ.get("VOUCHED_ALLOW_DOWNLOADS", "").lower() in {"1", "true", "yes"}
        self.name = name
        self._allow_downloads = allow_downloads

    def load(self) -> None:
        """Load the model now. Raises ModelError."""
        _ = self._model

    def read(self, question: str, abstracts: Sequence[Abstract]) -> list[Reading]:
        """Score the question with each sentence, led by the title; the best sentence says whether it is answered.

        Raises:
            ModelError: the model is not on this machine, or sentence-transformers is not installed.
        """
        pairs = [(question, f"{item.title}. {sentence}") for item in abstracts for sentence in item.sentences]
        if not pairs:
            return []
        scores = iter(self._model.predict(pairs, show_progress_bar=False).tolist())
        readings = []
        for item in abstracts:
            evidence = tuple(_probability(next(scores)) for _ in item.sentences)
            readings.append(Reading(max(evidence, default=0.0), evidence))
        return readings

    def threshold(self, caution: Caution) -> float:
        """Say how probable an answer must be."""
        return THRESHOLDS[caution]

    @cached_property
    def _model(self) -> CrossEncoder:
        try:
            from sentence_transformers import CrossEncoder
            from torch.nn import Identity
        except ImportError as error:
            raise ModelError(
                f"{self.name} needs what is not installed ({error}). Run: pip install 'vouched[local]'"
            ) from error
        try:
            model: CrossEncoder = CrossEncoder(
                self.name, device="cpu", local_files_only=not self._allow_downloads, activation_fn=Identity()
            )
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The cross-encoder {self.name} cannot be loaded ({error}). Name a folder that holds one, or set"
                " VOUCHED_ALLOW_DOWNLOADS=1 to fetch it from Hugging Face."
            ) from error
        if model.num_labels != 1:
            raise ModelError(f"{self.name} gives {model.num_labels} scores; a reader needs a cross-encoder that gives one.")
        return model


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))
