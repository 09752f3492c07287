"""The embedding room: the packaged model against its original, its failures, and the door to other models."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from ingestion.embedding import MAX_TOKENS, PACKAGED_FOLDER, EmbeddingError, PackagedEmbedding, _load, load_embedding
from ingestion.models import export_minilm

TEXTS = [
    "Short.",
    "We trained a convolutional network on satellite images of 1,204 glaciers. " * 40,
    "",
    "Does aspirin lower the risk of stroke in adults over seventy?",
    "Größe, naïve, 日本語の要旨, Δ = 0.3 µm, and an emoji 🧬 in one line.",
    "The reaction rate doubled between 280 K and 300 K. " * 9,
]
NEAR = 0.9998  # the cosine to float32, where the processor computes in bfloat16


@pytest.fixture(scope="module")
def embedding() -> PackagedEmbedding:
    return PackagedEmbedding()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKAGED_FOLDER, tmp_path / "model"))


def test_vectors_are_float32_of_unit_length(embedding: PackagedEmbedding) -> None:
    vectors = embedding.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedding.encode([]).shape == (0, 384)


def test_a_vector_depends_neither_on_place_nor_on_neighbours(embedding: PackagedEmbedding) -> None:
    many = TEXTS + TEXTS[2:4] * 600 + TEXTS[::-1]  # more than embed_batch_size, and lengths mixed
    vectors = embedding.encode(many)
    alone = {text: embedding.encode([text])[0] for text in TEXTS}
    np.testing.assert_allclose(vectors, np.stack([alone[text] for text in many]), atol=1e-5)


def test_the_llama_index_methods_agree(embedding: PackagedEmbedding) -> None:
    expected = embedding.encode(TEXTS)
    np.testing.assert_allclose(embedding.get_text_embedding_batch(TEXTS), expected, atol=1e-5)
    np.testing.assert_allclose(asyncio.run(embedding.aget_text_embedding_batch(TEXTS)), expected, atol=1e-5)
    for one in (
        embedding.get_query_embedding(TEXTS[3]),
        embedding.get_text_embedding(TEXTS[3]),
        asyncio.run(embedding.aget_query_embedding(TEXTS[3])),
        asyncio.run(embedding.aget_text_embedding(TEXTS[3])),
    ):
        np.testing.assert_allclose(one, expected[3], atol=1e-5)
    assert str(PACKAGED_FOLDER) not in embedding.to_json()  # no path of this machine in what LlamaIndex stores


def test_same_vectors_as_the_original_in_torch() -> None:
    assert export_minilm.least_cosine(PACKAGED_FOLDER, TEXTS + list(export_minilm.TEXTS)) >= NEAR


def test_the_export_is_reproducible(tmp_path: Path) -> None:
    export_minilm.export(tmp_path)
    for name in ("model.onnx", "words.json", "tokenizer.json", "checksums.json"):
        assert (tmp_path / name).read_bytes() == (PACKAGED_FOLDER / name).read_bytes(), name
    assert (tmp_path / "model.onnx").stat().st_size < 50_000_000


def test_text_beyond_the_token_limit_is_not_read(embedding: PackagedEmbedding) -> None:
    words = ["glacier"] * (embedding.max_tokens - 2)  # one token each, and room for [CLS] and [SEP]
    exact, longer, shorter = embedding.encode([" ".join(words), " ".join([*words, "vaccine"]), "glacier vaccine"])
    assert embedding.max_tokens == MAX_TOKENS == 256
    np.testing.assert_allclose(exact, longer, atol=1e-6)
    assert exact @ shorter < 0.9


@pytest.mark.parametrize("character", ["a", "a ", "é", "漢", "🧬", "\ud800", "\0", "<script>", " "])
def test_a_megabyte_of_anything_is_quick(embedding: PackagedEmbedding, character: str) -> None:
    embedding.encode(["warm"])
    started = time.perf_counter()
    vector = embedding.encode([character * (1_000_000 // len(character))])[0]
    assert time.perf_counter() - started < 5  # 0.1 s on an idle machine
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_flipped_byte_is_refused(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(content)
    with pytest.raises(EmbeddingError, match=rf"{name} is damaged.*Reinstall") as caught:
        PackagedEmbedding(folder=copied).encode(["anything"])
    assert str(copied) in str(caught.value)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "checksums.json"])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(EmbeddingError, match=rf"cannot be read.*{name}.*Reinstall"):
        PackagedEmbedding(folder=copied).encode(["anything"])


def test_threads_load_one_model_and_agree(copied: Path) -> None:
    before = _load.cache_info().currsize
    embeddings = [PackagedEmbedding(folder=copied) for _ in range(4)]
    with ThreadPoolExecutor(len(embeddings)) as pool:
        vectors = list(pool.map(lambda one: one.encode(TEXTS[:1]), embeddings))
    assert all(np.array_equal(vector, vectors[0]) for vector in vectors)
    assert _load.cache_info().currsize == before + 1


def _python(code: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_query_imports_no_torch_and_an_import_no_runtime() -> None:
    code = """
import sys
from ingestion.embedding import load_embedding
print([name for name in ("torch", "openvino", "tokenizers", "transformers") if name in sys.modules])
print(len(load_embedding("").get_query_embedding("why?")))
print([name for name in ("torch", "transformers", "sentence_transformers") if name in sys.modules])
"""
    assert _python(code).splitlines() == ["[]", "384", "[]"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_embeds_too() -> None:
    code = """
import multiprocessing
from ingestion.embedding import PackagedEmbedding
def size(text): return len(PackagedEmbedding().get_query_embedding(text * 60))
print(size("parent "), multiprocessing.get_context("fork").Pool(1).map_async(size, ["child "]).get(60))
"""
    assert _python(code) == "384 [384]"


def test_the_packaged_model_has_two_names() -> None:
    assert isinstance(load_embedding(""), PackagedEmbedding)
    assert isinstance(load_embedding("all-MiniLM-L6-v2"), PackagedEmbedding)


def test_a_folder_of_sentence_transformers(embedding: PackagedEmbedding) -> None:
    local = load_embedding(str(export_minilm.source_folder()))
    vectors = np.array(local.get_text_embedding_batch(TEXTS))
    np.testing.assert_allclose(vectors, embedding.encode(TEXTS), atol=6e-3)
    assert np.einsum("nd,nd->n", vectors, embedding.encode(TEXTS)).min() >= NEAR


def test_a_model_that_is_not_here_is_not_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def refuse(*_: object) -> None:
        asked.append("the network")
        raise OSError("no network in this test")

    monkeypatch.delenv("VOUCHED_ALLOW_DOWNLOADS", raising=False)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    with pytest.raises(EmbeddingError, match=r"'nobody/no-such-model' is not on this.*VOUCHED_ALLOW_DOWNLOADS=1"):
        load_embedding("nobody/no-such-model")
    assert not asked


@pytest.mark.parametrize(("asked", "variable", "fetches"), [(None, "", False), (None, "1", True), (False, "1", False)])
def test_downloads_only_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, asked: bool | None, variable: str, fetches: bool
) -> None:
    seen: dict[str, object] = {}

    def record(**arguments: object) -> None:
        seen.update(arguments)
        raise OSError("stop here")

    monkeypatch.setenv("VOUCHED_ALLOW_DOWNLOADS", variable)
    monkeypatch.setattr("llama_index.embeddings.huggingface.HuggingFaceEmbedding", record)
    with pytest.raises(EmbeddingError):
        load_embedding("some/model", allow_downloads=asked)
    assert seen["local_files_only"] is not fetches


def test_without_torch_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llama_index.embeddings.huggingface", None)  # as if it were not installed
    with pytest.raises(EmbeddingError, match=r"pip install 'vouched\[local\]'"):
        load_embedding("some/model")


class _Server(BaseHTTPRequestHandler):
    """Speaks /v1/embeddings: the vector of a text is (its length, 1)."""

    requests: list[tuple[str, str, str]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append((self.path, body["model"], self.headers["Authorization"]))
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        data = [{"object": "embedding", "index": i, "embedding": [len(text), 1]} for i, text in enumerate(texts)]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        reply = json.dumps({"object": "list", "data": data, "model": body["model"], "usage": usage}).encode()
        self.send_response(401 if body["model"] == "forbidden" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[str]:
    _Server.requests = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}/v1"
        http.shutdown()


def test_an_openai_server(server: str) -> None:
    remote = load_embedding("openai:tiny", api_base=server, api_key="k3y")
    assert remote.get_text_embedding_batch(["four", "seven77"]) == [[4.0, 1.0], [7.0, 1.0]]
    assert remote.get_query_embedding("two") == [3.0, 1.0]
    assert set(_Server.requests) == {("/v1/embeddings", "tiny", "Bearer k3y")}


def test_without_the_openai_client_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llama_index.embeddings.openai_like", None)
    with pytest.raises(EmbeddingError, match="pip install 'llama-index-embeddings-openai-like'"):
        load_embedding("openai:tiny")


def test_an_openai_server_needs_a_model_name() -> None:
    with pytest.raises(EmbeddingError, match="names no model"):
        load_embedding("openai:")


def test_a_server_that_refuses_is_explained(server: str) -> None:
    remote = load_embedding("openai:forbidden", api_base=server, api_key="wrong")
    with pytest.raises(EmbeddingError, match=r"failed: .*401.* Check OPENAI_BASE_URL"):
        remote.get_query_embedding("two")
