"""Opening what the settings name: the library with its embedder, the reader, the verifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.settings import Settings
from ingestion.library import Library

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

    from assistant.claims import Verifier
    from assistant.reading import Reader


def load_embedder(settings: Settings) -> BaseEmbedding:
    """Load the embedding model of the settings. Raises EmbeddingError."""
    from ingestion.embedding import load_embedding  # imports LlamaIndex, which listing papers does not need

    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    return load_embedding(settings.embedding, api_base=settings.openai_base_url, api_key=key)


def open_library(settings: Settings, *, create: bool = False, recover: bool = True) -> Library:
    """Open the library of the settings; its embedder is loaded when first needed. Raises LibraryError."""
    return Library.open(settings.library, embedder=lambda: load_embedder(settings), create=create, recover=recover)


def load_reader(settings: Settings) -> Reader:
    """Find the reader of the settings: the packaged one, loaded when first needed, or a cross-encoder. Raises ModelError."""
    if settings.reader:
        from assistant.cross_encoder import CrossEncoderReader

        return CrossEncoderReader(settings.reader)
    from assistant.reading import PackagedReader

    return PackagedReader()


def load_verifier(settings: Settings) -> Verifier:
    """Find the verifier of the settings; a network is loaded when first needed. Raises ModelError."""
    if settings.verifier == "lexical":
        from assistant.lexical import LexicalVerifier

        return LexicalVerifier()
    from assistant.verifying import ModelVerifier, PackagedVerifier

    if settings.verifier:
        from assistant.cross_encoder import CrossEncoderEntailment

        return ModelVerifier(CrossEncoderEntailment(settings.verifier))
    return PackagedVerifier()
