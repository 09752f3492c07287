"""The library: the one owner of everything on disk, and the only door to it.

One folder holds the catalogue (SQLite, the truth), the vectors (Chroma) and the words (Tantivy), both derived from it. A
paper is acknowledged only after all three hold it; what a killed process left half-way is finished by the next writer.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from ingestion import scope as scoping
from ingestion.catalogue import Catalogue, Entry, Order
from ingestion.errors import LibraryError, VouchedError
from ingestion.filters import Filters
from ingestion.merging import Record
from ingestion.paper import Paper, Refusal
from ingestion.passages import passages_of, whole_text
from ingestion.planning import Part, planned
from ingestion.readers import read
from ingestion.report import IngestReport
from ingestion.schema import UNGROUPED
from ingestion.sorting import sort_out

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

    from ingestion.vectors import Vectors, VectorStore
    from ingestion.words import Words

__all__ = ["IngestReport", "Library"]

logger = logging.getLogger(__name__)

BATCH = 128  # papers embedded and acknowledged together: the most that a killed process has to do again
LOCK_SECONDS = 10.0
STORES = ("vectors", "words")  # the folders of what is derived from the catalogue
STORES_NOW = "stores"  # the remark that says what their names end in

Embedder = Callable[[], "BaseEmbedding"]
Progress = Callable[[int, int], None]


def _packaged_embedding() -> BaseEmbedding:
    from ingestion.embedding import PackagedEmbedding

    return PackagedEmbedding()


class Library:
    """Papers on disk, with their vectors and words. Open it with `Library.open`; one process writes at a time."""

    def __init__(self, path: Path, catalogue: Catalogue, embedder: Embedder) -> None:
        """Use `Library.open` instead."""
        self.path = path
        self.catalogue = catalogue
        self._embedder = embedder
        self._lock = FileLock(path / "writing.lock")

    @classmethod
    def open(
        cls, path: str | Path, *, embedder: Embedder | None = None, create: bool = False, recover: bool = True
    ) -> Library:
        """Open the library in a folder.

        Args:
            path: the folder.
            embedder: gives the embedding model when one is needed first; by default the packaged all-MiniLM-L6-v2.
            create: make the library where there is none.
            recover: finish what a killed process left.

        Raises:
            LibraryError: there is no library and ``create`` is false, the path is a file, or it cannot be opened.
        """
        path = Path(os.path.expanduser(path))  # unlike Path.expanduser, never raises
        file = path / "catalogue.sqlite3"
        if path.exists() and not path.is_dir():
            raise LibraryError(f"{path} is a file; a library is a folder. Name another with --library DIR.")
        if not create and not file.is_file():
            raise LibraryError(f"There is no library in {path}. Make one: vouched ingest FILE --library {path}")
        if create:
            try:
                path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise LibraryError(f"The library {path} cannot be made: {error.strerror}. Name another folder.") from error
            if not os.access(path, os.W_OK):
                raise LibraryError(f"The library {path} cannot be written: permission denied. Make the folder writable.")
        library = cls(path, Catalogue(file, create=create), embedder or _packaged_embedding)
        if recover:
            library._recover()
        return library

    def close(self) -> None:
        """Close the catalogue and the vectors; Tantivy needs no closing."""
        self.catalogue.close()
        self.close_stores()

    def close_stores(self) -> None:
        """Close the vectors and forget the words; the next use opens what is there then."""
        if "vectors" in self.__dict__:  # a cached property: there only if it was used
            self.vectors.close()
        for name in (*STORES, "embedding"):
            self.__dict__.pop(name, None)

    @cached_property
    def embedding(self) -> BaseEmbedding:
        """The embedding model. Raises LibraryError when the library's vectors were made with another one."""
        embedding = self._embedder()
        made_with = self.catalogue.meta("embedding")
        if made_with is not None and made_with != embedding.model_name:
            raise LibraryError(
                f"The library {self.path} was embedded with {made_with}, not with {embedding.model_name}. Set"
                f" VOUCHED_EMBEDDING to {made_with}, or embed it anew: vouched library reembed"
            )
        return embedding

    @cached_property
    def vectors(self) -> VectorStore:
        """The vectors, opened on first use: importing Chroma takes longer than listing papers."""
        from ingestion.vectors import VectorStore

        return VectorStore(self.store("vectors"))

    @cached_property
    def words(self) -> Words:
        """The words, opened on first use."""
        from ingestion.words import Words

        return Words(self.store("words"))

    def store(self, name: str) -> Path:
        """Give the folder of what is derived from the catalogue: ``vectors`` or ``words``, with a number once renewed."""
        return self.path / f"{name}{self.catalogue.meta(STORES_NOW) or ''}"

    def wake(self) -> None:
        """Load the model, the vectors and the words now, side by side, rather than at the first question."""
        load = getattr(self.embedding, "load", None)  # a server's model has nothing to load
        with ThreadPoolExecutor(1) as beside:
            loading = beside.submit(load) if load is not None else None
            _ = self.vectors, self.words
            if loading is not None:
                loading.result()

    def count(self) -> int:
        """Count the papers."""
        return self.catalogue.count()

    def paper(self, name: str) -> Paper:
        """Give one paper by its id, by that of a record that became part of it, or by its number ("doi:…", "arxiv:…").

        Raises:
            LibraryError: it is not there.
        """
        for paper in self.catalogue.papers(filter(None, [self.catalogue.find(name)])):
            return paper
        raise LibraryError(
            f"There is no paper {name} in the library {self.path}. List them: vouched papers list", absent=True
        )

    def papers(self, ids: Collection[str] | None = None) -> Iterator[Paper]:
        """Yield all papers in order of arrival, or those of the given ids that are there."""
        return self.catalogue.papers(ids)

    def listing(self, order: Order, start: int, count: int, words: str = "") -> tuple[int, list[Paper]]:
        """Give a stretch of the papers in some order, and how many there are; see `Catalogue.listing`."""
        return self.catalogue.listing(order, start, count, words)

    def near(self, paper: Paper, count: int) -> dict[str, float]:
        """Map the ids of the papers most like one to their cosine similarity, nearest first; itself is not among them."""
        vector = np.asarray(self.embedding.get_text_embedding(whole_text(paper)), dtype=np.float32)
        found = self.vectors.nearest("papers", vector, count + 1)
        return dict([(id_, cosine) for id_, cosine in found.items() if id_ != paper.id][:count])

    def wholes(self) -> tuple[list[str], Vectors]:
        """Give the ids of all papers that are indexed and their vectors, an array (n_papers, d)."""
        return self.vectors.wholes()

    def records(self, paper_id: str) -> list[Record]:
        """Give what each source says of a paper, the first read first: several where one paper was found in several."""
        ids = self.catalogue.records.of_papers([paper_id]).get(paper_id, ())
        versions = self.catalogue.records.versions(ids).values()
        return sorted((record for of_id in versions for record in of_id), key=lambda record: record.turn)

    def sources(self, paper_ids: Collection[str] | None = None) -> dict[str, list[str]]:
        """Map papers, by default all, to the sources that have them, the first read first."""
        return self.catalogue.records.sources(paper_ids)

    def described(self, name: str) -> dict[str, Any]:
        """Give one paper as the contract's object, with where it was read. Raises LibraryError as `paper` does."""
        paper = self.paper(name)
        return paper.to_dict() | {"sources": self.sources([paper.id]).get(paper.id, [])}

    def scope(
        self,
        papers: Collection[str] = (),
        year_from: int | None = None,
        year_to: int | None = None,
        venues: Sequence[str] = (),
        categories: Sequence[str] = (),
        authors: Sequence[str] = (),
    ) -> list[str] | None:
        """List the ids of papers that a question is limited to; None means all, an empty list that no paper fits.

        Args:
            papers: ids; also those of records that became part of a paper.
            year_from: leaves out papers of earlier years, or of none.
            year_to: leaves out papers of later years, or of none.
            venues: any of these; `Filters` says how names match.
            categories: any of these.
            authors: any of these.

        Raises:
            LibraryError: an id, venue, category or author that no paper of the library has; the message names some.
        """
        filters = Filters(year_from, year_to, tuple(venues), tuple(categories), tuple(authors))
        wanted = list(dict.fromkeys(self.paper(name).id for name in papers))
        if not filters:
            return wanted or None
        scoping.check(self.catalogue, filters)
        fitting = self.catalogue.ids(filters)
        return sorted(set(wanted) & set(fitting)) if wanted else fitting

    def emptiness(self, papers: Collection[str] = (), **limits: Any) -> str:  # noqa: ANN401 (as `scope`)
        """Say why no paper meets the limits of a `scope` that came out empty, and which years there are."""
        return scoping.nothing_fits(self.catalogue, Filters(**limits), among=len(papers))

    def fingerprint(self) -> str:
        """Hash all that the papers say: two libraries with equal fingerprints hold the same corpus."""
        digest = hashlib.sha256()
        for paper in sorted(self.papers(), key=lambda paper: paper.id):
            digest.update(paper.fingerprint().encode())
        return digest.hexdigest()

    def ingest(self, paths: Iterable[str | Path], progress: Progress | None = None) -> IngestReport:
        """Read files and add what they hold. See `add`."""
        return self.add((record for path in paths for record in read(Path(path))), progress)

    def add(self, records: Iterable[Paper | Refusal], progress: Progress | None = None) -> IngestReport:
        """Add new papers, update changed ones, put records of one paper together, leave the others as they are.

        Args:
            records: papers, and refusals, which are passed on to the report.
            progress: called with (papers done, papers to do) after each batch.

        Raises:
            LibraryError: another process is writing, or the disk cannot be written. Batches done before stay.
        """
        started = time.monotonic()
        report = IngestReport()
        with self._writing():
            ungrouped = self.catalogue.meta(UNGROUPED) is not None
            found = sort_out(records, self.catalogue.records, report)
            self.catalogue.add_sources(found.sources)
            parts = planned(found.changed, self.catalogue, everything=ungrouped)
            total, done = sum(len(part.entries) for part in parts), 0
            for batch in _batches(parts):
                if progress is not None:
                    progress(done, total)
                self._write([e for part in batch for e in part.entries], [id_ for part in batch for id_ in part.leaving])
                done += sum(len(part.entries) for part in batch)
                for part in batch:
                    report.add(part.added, part.updated, part.unchanged, part.merged)
            if ungrouped:
                self.catalogue.set_meta(UNGROUPED, None)
            if progress is not None:
                progress(total, total)
        report.papers = self.count()
        report.seconds = round(time.monotonic() - started, 3)
        return report

    def remove(self, paper_ids: Iterable[str]) -> list[Paper]:
        """Remove papers from all three stores and give them back. Raises LibraryError when one is not there."""
        with self._writing():
            papers = list({(paper := self.paper(name)).id: paper for name in paper_ids}.values())
            self.catalogue.mark([paper.id for paper in papers], "leaving")
            self._settle()
        return papers

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the library's write lock, for its upkeep. Raises LibraryError when another process has it."""
        with self._writing(settle=False):
            yield

    def _write(self, entries: Sequence[Entry], leaving: Sequence[str]) -> None:
        """Write papers to all three stores; only then are they ready. Vectors are made before anything is replaced."""
        pending = [entry.paper for entry in entries if entry.state == "pending"]
        passages, wholes = self._embedded(pending)
        self.catalogue.put(entries, leaving)
        self._index(pending, passages, wholes)
        self._forget(leaving)

    def _embedded(self, papers: Sequence[Paper]) -> tuple[dict[str, Vectors], dict[str, Vectors]]:
        """Make the vectors of papers: by id, an array (n_passages, d), and one (d,)."""
        if not papers:
            return {}, {}
        found = vectors_of(papers, self.embedding)
        self.catalogue.set_meta("embedding", self.embedding.model_name)
        return found

    def _index(self, papers: Sequence[Paper], passages: dict[str, Vectors], wholes: dict[str, Vectors]) -> None:
        if papers:
            self.vectors.replace(passages, wholes)
            self.words.replace(papers)
            self.catalogue.mark([paper.id for paper in papers], "ready")

    def _forget(self, leaving: Sequence[str]) -> None:
        if leaving:
            self.vectors.remove(leaving)
            self.words.replace((), gone=leaving)
            self.catalogue.delete(leaving)

    def _recover(self) -> None:
        """Finish what a killed process left, unless a living one is at it this moment, or the disk is read-only.

        Vectors or words that someone deleted are made again. Where that fails the library opens all the same: what is
        acknowledged can be read, and the next writer tries again.
        """
        lost = self.count() > 0 and not all(self.store(name).is_dir() for name in STORES)
        if (lost or self.catalogue.unsettled()) and os.access(self.path, os.W_OK):
            try:
                with self._lock.acquire(timeout=0):
                    if lost:
                        self.catalogue.mark([paper.id for paper in self.papers()], "pending")
                    logger.warning("Finishing %d papers that were left half-way.", self.catalogue.unsettled())
                    self._settle()
            except Timeout:
                pass
            except (VouchedError, OSError) as error:
                logger.warning("They could not be finished: %s", error)

    def _settle(self) -> None:
        """Finish what was begun: index pending papers, and forget those that are leaving."""
        pending = list(self.catalogue.papers(state="pending"))
        for start in range(0, len(pending), BATCH):
            batch = pending[start : start + BATCH]
            self._index(batch, *self._embedded(batch))
        self._forget([paper.id for paper in self.catalogue.papers(state="leaving")])

    @contextlib.contextmanager
    def _writing(self, *, settle: bool = True) -> Iterator[None]:
        """Hold the library's write lock, and begin by finishing what a killed process left."""
        try:
            with self._lock.acquire(timeout=LOCK_SECONDS):
                self.catalogue.adopt()
                if settle:
                    self._settle()
                yield
        except Timeout as error:
            raise LibraryError(
                f"Another process is writing to the library {self.path}. Try again when it is done."
            ) from error
        except OSError as error:
            raise LibraryError(
                f"The library {self.path} cannot be written: {error.strerror or error}. Free some disk space or make the"
                " folder writable, then run it again; what was acknowledged is safe."
            ) from error


def _batches(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Put parts together until they have BATCH papers. A part is not divided: its records move between its papers."""
    batch: list[Part] = []
    for part in parts:
        if batch and sum(len(p.entries) for p in batch) + len(part.entries) > BATCH:
            yield batch
            batch = []
        batch.append(part)
    if batch:
        yield batch


def vectors_of(papers: Sequence[Paper], embedding: BaseEmbedding) -> tuple[dict[str, Vectors], dict[str, Vectors]]:
    """Make the vectors of papers, at least one: by id, an array (n_passages, d), and one (d,)."""
    groups = [passages_of(paper) for paper in papers]
    texts = [passage.text for group in groups for passage in group] + [whole_text(paper) for paper in papers]
    vectors = np.asarray(embedding.get_text_embedding_batch(texts), dtype=np.float32)
    ends = np.cumsum([len(group) for group in groups])
    ids = [paper.id for paper in papers]
    of_passages = np.split(vectors[: ends[-1]], ends[:-1])
    return dict(zip(ids, of_passages, strict=True)), dict(zip(ids, vectors[ends[-1] :], strict=True))
