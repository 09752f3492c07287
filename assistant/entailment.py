"""Entailment: does a text entail a statement, contradict it, or neither? The packaged network, and what others must give."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from assistant.inference import Network, in_turn
from assistant.packing import Packed, batches, pack_checking, padded, tokenizer, tokens
from ingestion.embedding import PACKAGED_FOLDER

PACKAGED_VERIFIER = Path(__file__).parent / "models" / "verifier"
TOKENIZER = PACKAGED_FOLDER / "tokenizer.json"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
BATCH_TOKENS = 2048  # of one call of the network, padding included

Pair = tuple[str, str]  # a statement, and the text it is held against
Logits = npt.NDArray[np.float32]


class Entailment(Protocol):
    """A model of natural language inference."""

    def load(self) -> None:
        """Load it now, rather than with the first pair. Raises ModelError."""
        ...

    def logits(self, pairs: Sequence[Pair]) -> Logits:
        """Give logits of shape (pairs, 3): entailed, neutral, contradicted. Raises ModelError."""
        ...


class PackagedEntailment:
    """The trained MiniLM that comes with Vouched (``assistant/models/verifier/README.md`` says from what it learnt)."""

    def __init__(self, folder: Path = PACKAGED_VERIFIER) -> None:
        """Use the model in a folder; it is loaded with the first pair."""
        self._network = Network(folder, "verifier.onnx")

    def load(self) -> None:
        """Load it now. Raises ModelError."""
        self._network.load()
        tokenizer(TOKENIZER)

    def logits(self, pairs: Sequence[Pair]) -> Logits:
        """Give logits of shape (pairs, 3); a statement is read to its 96th token, a pair to its 512th. Raises ModelError."""
        texts = list(dict.fromkeys(text for pair in pairs for text in pair))  # an abstract is held against many statements
        ids = dict(zip(texts, tokens(tokenizer(TOKENIZER), texts), strict=True))
        packed = [pack_checking(ids[statement], ids[text]) for statement, text in pairs]
        return in_turn(lambda: self._run(packed))

    def _run(self, packed: Sequence[Packed]) -> Logits:
        found = np.zeros((len(packed), 3), dtype=np.float32)
        for group in batches(packed, BATCH_TOKENS):
            stacked = padded([packed[place] for place in group])
            [found[group]] = self._network.run({name: stacked[name] for name in INPUTS})
        return found
