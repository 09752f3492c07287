"""The vectors of the library, in Chroma, embedded and persistent. Derived from the catalogue.

Two collections: ``passages``, one vector a sentence, with ids ``<paper id>#<index>``, and ``papers``, one vector a paper.
Chroma is given vectors and ids only, so that a quote is always cut from the catalogue's abstract.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from ingestion.errors import LibraryError
from ingestion.narrowing import MOST, best_within

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection as ChromaCollection

Vectors = npt.NDArray[np.float32]
Kind = Literal["passages", "papers"]

# Exact enough at 75,000 papers; ef_search is at least the most that one query asks for.
HNSW: CreateHNSWConfiguration = {"space": "cosine", "ef_construction": 200, "max_neighbors": 24, "ef_search": 300}
WRITE_BATCH = 2_000
LISTED = 30_000  # ids that Chroma can hold others against; SQLite takes 32,766 variables in one statement
FEW = 200  # papers whose vectors are compared one by one


class VectorStore:
    """Two Chroma collections in one folder."""

    def __init__(self, path: Path) -> None:
        """Open the folder, making it where there is none. Raises LibraryError."""
        from chromadb.errors import ChromaError

        self._path = path
        self._errors: tuple[type[Exception], ...] = (ChromaError, ValueError, OSError, RuntimeError)
        self._client: Client | None = None
        self._collections: dict[Kind, ChromaCollection] = {}
        self.count("papers")  # opens it

    def close(self) -> None:
        """Let go of the files; the next use opens them again."""
        if self._client is not None:
            self._client.close()
        self._client, self._collections = None, {}

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
        """Map the ids of the k nearest vectors to their cosine similarity to ``vector`` (d,), nearest first.

        ``within`` limits them to those of some papers: the k nearest of these, not those of the k nearest that are theirs.
        """
        if within is None:
            return self._query(kind, vector, k)
        if len(within) <= FEW:
            return self._exactly(kind, vector, k, within)
        papers = frozenset(within)
        return best_within(
            lambda wanted: self._query(kind, vector, wanted),
            lambda: self._query(kind, vector, k, papers),
            k,
            min(1.0, len(papers) / max(1, self.count("papers"))),
            lambda id_: (id_ if kind == "papers" else id_.rpartition("#")[0]) in papers,
            MOST if len(papers) <= LISTED else math.inf,
        )

    def _query(self, kind: Kind, vector: Vectors, k: int, within: Collection[str] | None = None) -> dict[str, float]:
        """Ask the index; it holds all ids against ``within``."""
        where: Any = {"paper": {"$in": list(within)}} if within is not None else None
        with self._chroma(kind, "read") as collection:
            k = min(k, collection.count())
            if k == 0:
                return {}
            found = collection.query(query_embeddings=np.stack([vector]), n_results=k, where=where, include=["distances"])
        distances = found["distances"] or [[]]
        return {id_: 1.0 - distance for id_, distance in zip(found["ids"][0], distances[0], strict=True)}

    def _exactly(self, kind: Kind, vector: Vectors, k: int, within: Collection[str]) -> dict[str, float]:
        """Compare with each vector of a few papers: the index would look at nearly all others on the way to them."""
        if not within:
            return {}
        where: Any = {"paper": {"$in": list(within)}}
        with self._chroma(kind, "read") as collection:
            found = collection.get(where=where, include=["embeddings"])
        matrix = np.asarray(found["embeddings"], dtype=np.float32).reshape(-1, len(vector))
        cosines = matrix @ vector / np.maximum(np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector), 1e-12)
        return {found["ids"][n]: float(cosines[n]) for n in np.argsort(-cosines, kind="stable")[:k]}

    def passages(self, paper_ids: Collection[str]) -> dict[str, Vectors]:
        """Map each paper to the vectors of its passages, an array (n_passages, d) in order."""
        if not paper_ids:
            return {}
        where: Any = {"paper": {"$in": list(paper_ids)}}
        with self._chroma("passages", "read") as collection:
            found = collection.get(where=where, include=["embeddings"])
        rows: dict[str, list[tuple[int, Any]]] = {}
        embeddings = found["embeddings"] if found["embeddings"] is not None else []
        for id_, vector in zip(found["ids"], embeddings, strict=True):
            paper_id, _, index = id_.rpartition("#")
            rows.setdefault(paper_id, []).append((int(index), vector))
        return {
            paper_id: np.asarray([vector for _, vector in sorted(pairs, key=lambda pair: pair[0])], dtype=np.float32)
            for paper_id, pairs in rows.items()
        }

    def wholes(self) -> tuple[list[str], Vectors]:
        """Give the ids of all papers and their vectors, an array (n_papers, d)."""
        ids: list[str] = []
        parts: list[Vectors] = []
        while len(ids) < self.count("papers"):
            with self._chroma("papers", "read") as collection:
                found = collection.get(limit=WRITE_BATCH, offset=len(ids), include=["embeddings"])
            if not found["ids"]:  # papers left meanwhile
                break
            ids += found["ids"]
            parts.append(np.asarray(found["embeddings"], dtype=np.float32))
        return ids, np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)

    def lengths(self) -> dict[str, int]:
        """Map each paper that has passages here to how many."""
        found: dict[str, int] = {}
        read = 0
        while read < self.count("passages"):
            with self._chroma("passages", "read") as collection:
                ids = collection.get(limit=LISTED, offset=read, include=[])["ids"]
            if not ids:  # papers left meanwhile
                break
            read += len(ids)
            for id_ in ids:
                paper_id = id_.rpartition("#")[0]
                found[paper_id] = found.get(paper_id, 0) + 1
        return found

    def count(self, kind: Kind) -> int:
        """Count the vectors of a kind."""
        with self._chroma(kind, "read") as collection:
            return int(collection.count())

    def _passage_ids(self, paper_id: str) -> list[str]:
        with self._chroma("passages", "read") as collection:
            ids = collection.get(where={"paper": paper_id}, include=[])["ids"]
        return sorted(ids, key=lambda id_: int(id_.rpartition("#")[2]))

    def _upsert(self, kind: Kind, rows: list[tuple[str, str, Vectors]]) -> None:
        for start in range(0, len(rows), WRITE_BATCH):
            chunk = rows[start : start + WRITE_BATCH]
            with self._chroma(kind, "written") as collection:
                collection.upsert(
                    ids=[id_ for id_, _, _ in chunk],
                    embeddings=np.stack([vector for _, _, vector in chunk]),
                    metadatas=[{"paper": paper_id} for _, paper_id, _ in chunk],
                )

    def _delete(self, kind: Kind, ids: list[str]) -> None:
        for start in range(0, len(ids), WRITE_BATCH):
            with self._chroma(kind, "written") as collection:
                collection.delete(ids=ids[start : start + WRITE_BATCH])

    @contextlib.contextmanager
    def _chroma(self, kind: Kind, use: Literal["read", "written"]) -> Iterator[ChromaCollection]:
        """Give a collection, opening Chroma where it is closed, and turn its errors into LibraryError."""
        try:
            if not self._collections:
                self._open()
            yield self._collections[kind]
        except self._errors as error:
            # After a failed write (a full disk) a connection of Chroma's pool keeps its lock, and the next call would wait
            # for it without end: only a new client is of use.
            self.close()
            remedy = "Free some disk space, then run it again." if use == "written" else "The folder may be damaged."
            raise LibraryError(f"The vectors in {self._path} cannot be {use}: {error}. {remedy}") from error

    def _open(self) -> None:
        import chromadb
        from chromadb.config import Settings

        self._path.mkdir(parents=True, exist_ok=True)
        settings = Settings(anonymized_telemetry=False, allow_reset=False)
        self._client = cast("Client", chromadb.PersistentClient(str(self._path), settings=settings))
        self._collections = {
            kind: self._client.get_or_create_collection(kind, embedding_function=None, configuration={"hnsw": HNSW})
            for kind in ("passages", "papers")
        }
