"""The vectors of the library, in Chroma, embedded and persistent. Derived from the catalogue.

Two collections: ``passages``, one vector a sentence, with ids ``<paper id>#<index>``, and ``papers``, one vector a paper.
Chroma is given vectors and ids only, so that a quote is always cut from the catalogue's abstract.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ingestion.errors import LibraryError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection as ChromaCollection

Vectors = npt.NDArray[np.float32]
Kind = Literal["passages", "papers"]

# Exact enough at 75,000 papers; ef_search is at least the most that one query asks for.
HNSW: CreateHNSWConfiguration = {"space": "cosine", "ef_construction": 200, "max_neighbors": 24, "ef_search": 300}
WRITE_BATCH = 2_000


class VectorStore:
    """Two Chroma collections in one folder."""

    def __init__(self, path: Path) -> None:
        """Open the folder, making it where there is none. Raises LibraryError."""
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        self._errors: tuple[type[Exception], ...] = (ChromaError, ValueError, OSError, RuntimeError)
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._client: ClientAPI = chromadb.PersistentClient(
                str(path), settings=Settings(anonymized_telemetry=False, allow_reset=False)
            )
            self._collections: dict[Kind, ChromaCollection] = {
                kind: self._client.get_or_create_collection(
                    kind,
                    embedding_function=None,
                    configuration={"hnsw": HNSW},
                )
                for kind in ("passages", "papers")
            }
        except self._errors as error:
            raise LibraryError(f"The vectors in {path} cannot be opened: {error}.") from error

    def replace(self, passages: Mapping[str, Vectors], papers: Mapping[str, Vectors]) -> None:
        """Write the vectors of papers: per paper id, an array (n_passages, d) and one (d,). Old ones go after."""
        stale = [id_ for paper_id in passages for id_ in self._passage_ids(paper_id)[len(passages[paper_id]) :]]
        rows = [(f"{p}#{i}", p, vector) for p, matrix in passages.items() for i, vector in enumerate(matrix)]
        self._upsert("passages", rows)
        self._upsert("papers", [(p, p, vector) for p, vector in papers.items()])
        self._delete("passages", stale)

    def remove(self, paper_ids: Iterable[str]) -> None:
        """Forget papers."""
        ids = list(paper_ids)
        self._delete("passages", [id_ for paper_id in ids for id_ in self._passage_ids(paper_id)])
        self._delete("papers", ids)

    def nearest(self, kind: Kind, vector: Vectors, k: int, within: Collection[str] | None = None) -> dict[str, float]:
        """Map the ids of the k nearest vectors to their cosine similarity to ``vector`` (d,), nearest first."""
        collection = self._collections[kind]
        k = min(k, collection.count())
        if k == 0 or (within is not None and not within):
            return {}
        where: Any = {"paper": {"$in": list(within)}} if within is not None else None
        found = collection.query(query_embeddings=np.stack([vector]), n_results=k, where=where, include=["distances"])
        distances = found["distances"] or [[]]
        return {id_: 1.0 - distance for id_, distance in zip(found["ids"][0], distances[0], strict=True)}

    def passages(self, paper_ids: Collection[str]) -> dict[str, Vectors]:
        """Map each paper to the vectors of its passages, an array (n_passages, d) in order."""
        if not paper_ids:
            return {}
        where: Any = {"paper": {"$in": list(paper_ids)}}
        found = self._collections["passages"].get(where=where, include=["embeddings"])
        rows: dict[str, list[tuple[int, Any]]] = {}
        embeddings = found["embeddings"] if found["embeddings"] is not None else []
        for id_, vector in zip(found["ids"], embeddings, strict=True):
            paper_id, _, index = id_.rpartition("#")
            rows.setdefault(paper_id, []).append((int(index), vector))
        return {
            paper_id: np.asarray([vector for _, vector in sorted(pairs, key=lambda pair: pair[0])], dtype=np.float32)
            for paper_id, pairs in rows.items()
        }

    def count(self, kind: Kind) -> int:
        """Count the vectors of a kind."""
        return int(self._collections[kind].count())

    def _passage_ids(self, paper_id: str) -> list[str]:
        ids = self._collections["passages"].get(where={"paper": paper_id}, include=[])["ids"]
        return sorted(ids, key=lambda id_: int(id_.rpartition("#")[2]))

    def _upsert(self, kind: Kind, rows: list[tuple[str, str, Vectors]]) -> None:
        try:
            for start in range(0, len(rows), WRITE_BATCH):
                chunk = rows[start : start + WRITE_BATCH]
                self._collections[kind].upsert(
                    ids=[id_ for id_, _, _ in chunk],
                    embeddings=np.stack([vector for _, _, vector in chunk]),
                    metadatas=[{"paper": paper_id} for _, paper_id, _ in chunk],
                )
        except self._errors as error:
            raise LibraryError(
                f"The vectors cannot be written: {error}. Free some disk space, then run it again."
            ) from error

    def _delete(self, kind: Kind, ids: list[str]) -> None:
        try:
            for start in range(0, len(ids), WRITE_BATCH):
                self._collections[kind].delete(ids=ids[start : start + WRITE_BATCH])
        except self._errors as error:
            raise LibraryError(
                f"The vectors cannot be written: {error}. Free some disk space, then run it again."
            ) from error
