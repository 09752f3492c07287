"""Text to vectors: the packaged all-MiniLM-L6-v2 on OpenVINO, and the door to other models."""

import asyncio
import hashlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np
import numpy.typing as npt
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import Field

from ingestion.errors import VouchedError
from ingestion.inference import compiled

if TYPE_CHECKING:
    from openvino import CompiledModel
    from tokenizers import Tokenizer

PACKAGED_MODEL = "all-MiniLM-L6-v2"
PACKAGED_FOLDER = Path(__file__).parent / "models" / "all-minilm-l6-v2"
DIMENSIONS = 384
MAX_TOKENS = 256  # the length the model was trained with, [CLS] and [SEP] included
MAX_CHARACTERS = 32_768  # far beyond 256 tokens of any writing; keeps a pasted book from being tokenized whole
BATCH_TOKENS = 512  # padding included; measured: more is no faster
WIDTHS = 8  # widths are multiples of this: OpenVINO keeps something for each shape it has met

_loading = threading.Lock()


class EmbeddingError(VouchedError):
    """An embedding model that cannot be used: which one, why, and what to do."""


class PackagedEmbedding(BaseEmbedding):
    """all-MiniLM-L6-v2 from the package's own files: no PyTorch, no network, loaded on first use."""

    max_tokens: ClassVar[int] = MAX_TOKENS  # of each text; what follows is not read
    model_name: str = PACKAGED_MODEL
    embed_batch_size: int = Field(default=256, gt=0, le=2048, description="Texts a call; sorted by length inside it.")
    folder: Path = Field(default=PACKAGED_FOLDER, exclude=True, description="Where the model's files lie.")

    def load(self) -> None:
        """Load model and tokenizer now, rather than with the first text. Raises EmbeddingError."""
        self._loaded()

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Embed n texts, each cut to its first `max_tokens` tokens; an empty one has a vector too.

        Returns:
            Unit vectors, of shape (n, 384), in the order of `texts`. The least cosine to float32 is 0.9999, where the
            processor computes in bfloat16.

        Raises:
            EmbeddingError: A file of the model is missing or damaged.
        """
        network, tokenizer = self._loaded()
        request = network.create_infer_request()
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        for start in range(0, len(texts), self.embed_batch_size):
            slab = [text[:MAX_CHARACTERS] for text in texts[start : start + self.embed_batch_size]]
            slab = [text.encode("utf-8", "replace").decode() for text in slab]  # no tokenizer takes a lone surrogate
            rows = [encoding.ids for encoding in tokenizer.encode_batch_fast(slab)]
            for places in _batches([len(row) for row in rows]):
                batch = _padded([rows[place] for place in places])
                vectors[[start + place for place in places]] = request.infer(batch)["embedding"]
        return vectors

    def _loaded(self) -> tuple["CompiledModel", "Tokenizer"]:
        with _loading:  # the cache alone would let two threads load the model twice
            return _load(self.folder, os.getpid())

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex stores this class."""
        return "PackagedEmbedding"

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return cast("list[list[float]]", self.encode(texts).tolist())

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)  # the model knows no instruction for queries

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await self._aget_text_embedding(query)


def load_embedding(
    spec: str = "", *, api_base: str | None = None, api_key: str | None = None, allow_downloads: bool | None = None
) -> BaseEmbedding:
    """Find the embedding model that a setting names; the packaged one loads on first use, a local one now.

    Args:
        spec: "" or "all-MiniLM-L6-v2" for the packaged model; "openai:MODEL" for a server that speaks the OpenAI
            protocol; else the folder, or the Hugging Face name, of a sentence-transformers model on this machine.
        api_base: The server's address up to and with `/v1`; OpenAI's own when absent.
        api_key: The server's key; the variable OPENAI_API_KEY when absent.
        allow_downloads: May a Hugging Face name be fetched? The variable VOUCHED_ALLOW_DOWNLOADS says when absent.

    Raises:
        EmbeddingError: The model is not on this machine, or what it needs is not installed.
    """
    if spec in {"", PACKAGED_MODEL}:
        return PackagedEmbedding()
    try:
        if spec.startswith("openai:"):
            return _remote(spec.removeprefix("openai:"), api_base, api_key)
        if allow_downloads is None:
            allow_downloads = downloads_allowed()
        return _local(spec, allow_downloads)
    except ImportError as error:
        package = "llama-index-embeddings-openai-like" if spec.startswith("openai:") else "vouched[local]"
        raise EmbeddingError(f"{spec} needs what is not installed ({error}). Run: pip install '{package}'") from error


def _remote(model: str, api_base: str | None, api_key: str | None) -> BaseEmbedding:
    if not model:
        raise EmbeddingError('The embedding "openai:" names no model. Write, for example, openai:text-embedding-3-small.')
    from llama_index.embeddings.openai_like import OpenAILikeEmbedding
    from openai import OpenAIError

    class ServerEmbedding(OpenAILikeEmbedding):  # type: ignore[misc]  # untyped
        """A server's embedding whose failures say what to do."""

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embeddings([query])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            try:
                vectors: list[list[float]] = super()._get_text_embeddings(texts)
            except OpenAIError as error:
                address = api_base or "api.openai.com"
                raise EmbeddingError(
                    f"The embedding server at {address} failed: {error}. Check OPENAI_BASE_URL, OPENAI_API_KEY and the"
                    f" model {model!r}, then run it again; what was embedded before is kept."
                ) from error
            return vectors

    key = api_key or os.environ.get("OPENAI_API_KEY") or "none"  # a local server asks for no key, its client does
    return ServerEmbedding(model_name=model, api_base=api_base, api_key=key, embed_batch_size=100, max_retries=3)


def _local(name: str, allow_downloads: bool) -> BaseEmbedding:
    from huggingface_hub import constants
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    # LlamaIndex would look in a cache of its own, and not find the models the user already has.
    folder = os.environ.get("SENTENCE_TRANSFORMERS_HOME") or constants.HF_HUB_CACHE
    # `local_files_only` is not enough: huggingface_hub asks its server about its caller unless it is offline.
    offline, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE or not allow_downloads
    try:
        model = HuggingFaceEmbedding(model_name=name, cache_folder=folder, local_files_only=not allow_downloads)
    except (OSError, ValueError, RuntimeError) as error:
        raise EmbeddingError(
            f"The embedding model {name!r} is not on this machine (looked for a folder, and in {folder}) or cannot be "
            f"loaded: {str(error).partition(chr(10))[0]} Set VOUCHED_ALLOW_DOWNLOADS=1 to fetch it from Hugging Face."
        ) from error
    finally:
        constants.HF_HUB_OFFLINE = offline
    return cast("BaseEmbedding", model)


def downloads_allowed() -> bool:
    """Tell whether models may be fetched from Hugging Face: the variable VOUCHED_ALLOW_DOWNLOADS is 1, true or yes."""
    return os.environ.get("VOUCHED_ALLOW_DOWNLOADS", "").lower() in {"1", "true", "yes"}


@cache
def _load(folder: Path, _process: int) -> tuple["CompiledModel", "Tokenizer"]:
    """Load a model once in a process; a forked child loads its own, as OpenVINO's threads do not survive a fork."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_buffer(verified(folder, "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    return compiled(verified(folder, "model.onnx")), tokenizer


@cache
def word_vectors() -> npt.NDArray[np.float16]:
    """Give the packaged model's table of word vectors, shape (30522, 384), which the reader and the verifier share.

    Raises:
        EmbeddingError: A file of the model is missing or damaged.
    """
    place = json.loads(verified(PACKAGED_FOLDER, "words.json"))
    rows, width = place["shape"]
    content = verified(PACKAGED_FOLDER, "model.onnx")
    return np.frombuffer(content, np.float16, rows * width, place["offset"]).reshape(rows, width).copy()


def verified(folder: Path, name: str) -> bytes:
    """Read a file of a packaged embedder, checked; the bytes that are checked are the bytes that are used.

    Raises:
        EmbeddingError: It is missing or damaged.
    """
    try:
        expected = json.loads((folder / "checksums.json").read_bytes())[name]
        content = (folder / name).read_bytes()
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise EmbeddingError(f"The embedding model in {folder} cannot be read ({error}). Reinstall vouched.") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise EmbeddingError(f"{folder / name} is damaged: its SHA-256 is not the recorded one. Reinstall vouched.")
    return content


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group places of like length, so that little is padded, up to BATCH_TOKENS a group."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[place] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    yield batch


def _padded(rows: Sequence[Sequence[int]]) -> dict[str, npt.NDArray[np.int64]]:
    """Lay token ids side by side; returns the model's inputs, each of shape (rows, longest row, rounded up)."""
    lengths = np.array([len(row) for row in rows])
    mask = np.arange(-(-lengths.max() // WIDTHS) * WIDTHS) < lengths[:, None]
    ids = np.zeros(mask.shape, dtype=np.int64)  # 0 is [PAD]
    ids[mask] = np.concatenate(rows)
    return {"input_ids": ids, "attention_mask": mask.astype(np.int64)}
