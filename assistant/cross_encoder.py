"""Any Hugging Face cross-encoder in the reader's place, or any model of natural language inference in the verifier's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from assistant.entailment import Logits, Pair
from assistant.inference import ModelError
from assistant.reading import Abstract, Reading
from assistant.settings import Caution
from ingestion.embedding import downloads_allowed

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

IMPOSSIBLE = -30.0  # the logit of a class that a model does not know
# No such model was calibrated on our held-out questions: half is the threshold, and the others stand at either side of it.
THRESHOLDS: dict[Caution, float] = {"cautious": 0.8, "balanced": 0.5, "bold": 0.2}


class CrossEncoderReader:
    """A cross-encoder for relevance, such as those trained on MS MARCO. Its scores are not calibrated here."""

    def __init__(self, name: str, *, allow_downloads: bool | None = None) -> None:
        """Use a model by its folder, or by its Hugging Face name if it is on this machine or may be fetched."""
        self.name = name
        self._allow_downloads = downloads_allowed() if allow_downloads is None else allow_downloads

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
        model = _opened(self.name, self._allow_downloads)
        if model.num_labels != 1:
            raise ModelError(f"{self.name} gives {model.num_labels} scores; a reader needs a cross-encoder that gives one.")
        return model


class CrossEncoderEntailment:
    """A model of natural language inference: entailed, neutral and contradicted, or only entailed and not."""

    def __init__(self, name: str, *, allow_downloads: bool | None = None) -> None:
        """Use a model by its folder, or by its Hugging Face name if it is on this machine or may be fetched."""
        self.name = name
        self._allow_downloads = downloads_allowed() if allow_downloads is None else allow_downloads

    def load(self) -> None:
        """Load the model now. Raises ModelError."""
        _ = self._model

    def logits(self, pairs: Sequence[Pair]) -> Logits:
        """Give logits of shape (pairs, 3); the text comes first, as such models learnt it.

        Raises:
            ModelError: the model is not on this machine, has other classes, or sentence-transformers is not installed.
        """
        model, places = self._model
        said = np.asarray(model.predict([(text, statement) for statement, text in pairs], show_progress_bar=False))
        found = np.full((len(pairs), 3), IMPOSSIBLE, dtype=np.float32)
        found[:, list(places)] = said[:, list(places.values())]
        return found

    @cached_property
    def _model(self) -> tuple[CrossEncoder, dict[int, int]]:
        """Give the model, and for each of our classes the column of its own."""
        model = _opened(self.name, self._allow_downloads)
        labels = (model.config and model.config.id2label) or {}
        names = {str(name).lower(): int(column) for column, name in labels.items()}
        places: dict[int, int] = {}
        for name, column in names.items():
            ours = 1 if name.startswith(("neutral", "not_entail", "non")) else 0 if name.startswith("entail") else 2
            if ours == 2 and not name.startswith("contradict"):
                raise ModelError(f"{self.name} has the classes {', '.join(names)}: none of natural language inference.")
            places[ours] = column
        if not {0, 1} <= set(places):
            raise ModelError(f"{self.name} has the classes {', '.join(names)}; a verifier needs entailment and neutral.")
        return model, places


def _opened(name: str, allow_downloads: bool) -> CrossEncoder:
    try:
        from sentence_transformers import CrossEncoder
        from torch.nn import Identity
    except ImportError as error:
        raise ModelError(f"{name} needs what is not installed ({error}). Run: pip install 'vouched[local]'") from error
    try:
        model: CrossEncoder = CrossEncoder(
            name, device="cpu", local_files_only=not allow_downloads, activation_fn=Identity()
        )
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The cross-encoder {name} cannot be loaded ({error}). Name a folder that holds one, or set"
            " VOUCHED_ALLOW_DOWNLOADS=1 to fetch it from Hugging Face."
        ) from error
    return model


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))
