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
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock, Timeout

from ingestion.catalogue import Catalogue
from ingestion.errors import LibraryError, VouchedError
from ingestion.paper import Paper, Refusal
from ingestion.passages import passages_of, whole_text
from ingestion.readers import read

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

    from ingestion.vectors import VectorStore
    from ingestion.words import Words

logger = logging.getLogger(__name__)

BATCH = 128  # papers embedded and acknowledged together: the most that a killed process has to do again
LOCK_SECONDS = 10.0
STORES = ("vectors", "words")  # the folders of what is derived from the catalogue

Embedder = Callable[[], "BaseEmbedding"]
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class IngestReport:
    """What became of the records of one ingestion."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    papers: int = 0
    seconds: float = 0.0


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
    def open(cls, path: str | Path, *, embedder: Embedder | None = None, create: bool = False) -> Library:
        """Open the library in a folder.

        Args:
            path: the folder.
            embedder: gives the embedding model when one is needed first; by default the packaged all-MiniLM-L6-v2.
            create: make the library where there is none.

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
        library._recover()
        return library

    def close(self) -> None:
        """Close the catalogue and the vectors; Tantivy needs no closing."""
        self.catalogue.close()
        if "vectors" in self.__dict__:  # a cached property: there only if it was used
            self.vectors.close()

    @cached_property
    def embedding(self) -> BaseEmbedding:
        """The embedding model. Raises LibraryError when the library's vectors were made with another one."""
        embedding = self._embedder()
        made_with = self.catalogue.meta("embedding")
        if made_with is not None and made_with != embedding.model_name:
            raise LibraryError(
                f"The library {self.path} was embedded with {made_with}, not with {embedding.model_name}. Set"
                f" VOUCHED_EMBEDDING to {made_with}, or ingest into a new library with --library DIR."
            )
        return embedding

    @cached_property
    def vectors(self) -> VectorStore:
        """The vectors, opened on first use: importing Chroma takes longer than listing papers."""
        from ingestion.vectors import VectorStore

        return VectorStore(self.path / "vectors")

    @cached_property
    def words(self) -> Words:
        """The words, opened on first use."""
        from ingestion.words import Words

        return Words(self.path / "words")

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

    def paper(self, paper_id: str) -> Paper:
        """Give one paper. Raises LibraryError when it is not there."""
        for paper in self.catalogue.papers([paper_id]):
            return paper
        raise LibraryError(f"There is no paper {paper_id} in the library {self.path}. List them: vouched papers list")

    def papers(self, ids: Collection[str] | None = None) -> Iterator[Paper]:
        """Yield all papers in order of arrival, or those of the given ids that are there."""
        return self.catalogue.papers(ids)

    def scope(
        self, papers: Collection[str] = (), year_from: int | None = None, year_to: int | None = None
    ) -> list[str] | None:
        """List the ids of papers that a question is limited to; None means all. Raises LibraryError for an unknown id."""
        wanted = [self.paper(paper_id).id for paper_id in papers]
        if year_from is None and year_to is None:
            return wanted or None
        of_years = self.catalogue.ids(year_from=year_from, year_to=year_to)
        return sorted(set(wanted) & set(of_years)) if wanted else of_years

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
        """Add new papers, update changed ones, leave the others as they are.

        Args:
            records: papers, and refusals, which are passed on to the report.
            progress: called with (papers done, papers to do) after each batch.

        Raises:
            LibraryError: another process is writing, or the disk cannot be written. Batches done before stay.
        """
        started = time.monotonic()
        report = IngestReport()
        with self._writing():
            changed = self._sort_out(records, report)
            known = self.catalogue.fingerprints(paper.id for paper in changed)
            for start in range(0, len(changed), BATCH):
                if progress is not None:
                    progress(start, len(changed))
                batch = changed[start : start + BATCH]
                self._index(batch)
                updated = sum(paper.id in known for paper in batch)
                report.updated += updated
                report.added += len(batch) - updated
            if progress is not None:
                progress(len(changed), len(changed))
        report.papers = self.count()
        report.seconds = round(time.monotonic() - started, 3)
        return report

    def remove(self, paper_ids: Iterable[str]) -> list[Paper]:
        """Remove papers from all three stores and give them back. Raises LibraryError when one is not there."""
        wanted = list(dict.fromkeys(paper_ids))
        with self._writing():
            papers = [self.paper(paper_id) for paper_id in wanted]
            self.catalogue.mark(wanted, "leaving")
            self._settle()
        return papers

    def _sort_out(self, records: Iterable[Paper | Refusal], report: IngestReport) -> list[Paper]:
        """Tell new and changed papers from the rest, which goes to the report."""
        papers: dict[str, Paper] = {}
        for record in records:
            if isinstance(record, Refusal):
                report.refused.append(record)
            elif record.id not in papers:
                papers[record.id] = record
            elif papers[record.id].fingerprint() == record.fingerprint():
                report.unchanged += 1
            else:  # taking the later one would change the library at every repetition
                reason = f"has the same id as a paper before it, {record.id}, but says something else; the first is kept"
                report.refused.append(Refusal(record.source or "", None, f"{reason}: {record.title[:80]}"))
        known = self.catalogue.fingerprints(papers)
        changed = [paper for paper in papers.values() if known.get(paper.id) != paper.fingerprint()]
        report.unchanged += len(papers) - len(changed)
        return changed

    def _index(self, papers: list[Paper]) -> None:
        """Write papers to all three stores; only then are they ready. Vectors are made before anything is replaced."""
        passages = [passages_of(paper) for paper in papers]
        texts = [passage.text for group in passages for passage in group] + [whole_text(paper) for paper in papers]
        vectors = np.asarray(self.embedding.get_text_embedding_batch(texts), dtype=np.float32)
        self.catalogue.set_meta("embedding", self.embedding.model_name)
        ends = np.cumsum([len(group) for group in passages])
        of_passages = np.split(vectors[: ends[-1]], ends[:-1])
        ids = [paper.id for paper in papers]
        self.catalogue.put(papers)
        self.vectors.replace(dict(zip(ids, of_passages, strict=True)), dict(zip(ids, vectors[ends[-1] :], strict=True)))
        self.words.replace(papers)
        self.catalogue.mark(ids, "ready")

    def _recover(self) -> None:
        """Finish what a killed process left, unless a living one is at it this moment, or the disk is read-only.

        Vectors or words that someone deleted are made again. Where that fails the library opens all the same: what is
        acknowledged can be read, and the next writer tries again.
        """
        lost = self.count() > 0 and not all((self.path / store).is_dir() for store in STORES)
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
        leaving = [paper.id for paper in self.catalogue.papers(state="leaving")]
        if leaving:
            self.vectors.remove(leaving)
            self.words.replace((), gone=leaving)
            self.catalogue.delete(leaving)
        pending = list(self.catalogue.papers(state="pending"))
        for start in range(0, len(pending), BATCH):
            self._index(pending[start : start + BATCH])

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the library's write lock, and begin by finishing what a killed process left."""
        try:
            with self._lock.acquire(timeout=LOCK_SECONDS):
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
