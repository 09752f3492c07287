"""An embedder that takes no time: each text has a vector of its own, the same every time, that means nothing."""

from __future__ import annotations

import hashlib

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding

DIMENSIONS = 16


class HashEmbedding(BaseEmbedding):
    """Vectors of length 1, shape (16,), made from a hash of the text."""

    model_name: str = "hash"

    def _get_text_embedding(self, text: str) -> list[float]:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
        vector = np.random.default_rng(seed).normal(size=DIMENSIONS)
        return [float(value) for value in vector / np.linalg.norm(vector)]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)
