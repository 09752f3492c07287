"""Systems that only find papers: Vouched's hybrid retrieval, and the two sides of it alone, as baselines.

Their answers are abstentions with ``retrieval_only``, so that nothing but retrieval and time is measured of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.answer import Answer, RetrievedPaper, Usage
from assistant.composing import Clock
from assistant.question import asked
from assistant.retrieval import HybridRetriever
from ingestion.library import Library
from ingestion.passages import whole_text

PAPERS = 100  # the most that is found for a question: more than any metric looks at
REASON = "retrieval only"


class Hybrid:
    """Vouched's retrieval, of which nothing is read: passages, whole papers and words, see `assistant.retrieval`."""

    name = "retrieval"

    def __init__(self, library: Library) -> None:
        """Search a library, which is woken."""
        library.wake()
        self.retriever = HybridRetriever(library, PAPERS)
        self.settings: dict[str, Any] = {"embedding": library.embedding.model_name, "papers": PAPERS}

    def ask(self, question: str) -> dict[str, Any]:
        """Find papers. Raises QuestionError, LibraryError, EmbeddingError."""
        clock, question = Clock(), asked(question)
        hits = self.retriever.search(self.retriever.query(question))
        return _found(self.name, question, [RetrievedPaper(hit.paper.id, hit.paper.title, hit.score) for hit in hits], clock)


class BM25:
    """The words of title and abstract alone, ranked by BM25 (Tantivy, stemmed): papers that share none are not found."""

    name = "bm25"

    def __init__(self, library: Library) -> None:
        """Search a library."""
        self.words, self.titles = library.words, {paper.id: paper.title for paper in library.papers()}
        self.settings: dict[str, Any] = {"papers": PAPERS}

    def ask(self, question: str) -> dict[str, Any]:
        """Find papers. Raises QuestionError, LibraryError."""
        clock, question = Clock(), asked(question)
        found = self.words.search(question, PAPERS)
        papers = [RetrievedPaper(id_, self.titles.get(id_, ""), score) for id_, score in found.items()]
        return _found(self.name, question, papers, clock)


class Dense:
    """The cosine of the question to title and abstract alone, computed with every paper: no index that could miss one.

    The vectors, (papers, d), are made anew when the system is, in a batch.
    """

    name = "embedding"

    def __init__(self, library: Library) -> None:
        """Embed the papers of a library. Raises EmbeddingError, LibraryError."""
        self.embedding, self.papers = library.embedding, list(library.papers())
        self.vectors = _unit(self.embedding.get_text_embedding_batch([whole_text(paper) for paper in self.papers]))
        self.settings: dict[str, Any] = {"embedding": self.embedding.model_name, "papers": PAPERS}

    def ask(self, question: str) -> dict[str, Any]:
        """Find papers. Raises QuestionError, EmbeddingError."""
        clock, question = Clock(), asked(question)
        papers: list[RetrievedPaper] = []
        if self.papers:
            cosines = self.vectors @ _unit([self.embedding.get_query_embedding(question)])[0]
            order = np.argsort(-cosines, kind="stable")[:PAPERS]
            papers = [RetrievedPaper(self.papers[i].id, self.papers[i].title, float(cosines[i])) for i in order]
        return _found(self.name, question, papers, clock)


def _unit(vectors: list[list[float]]) -> npt.NDArray[np.float32]:
    """Scale rows to length 1, (n, d); one of zeros stays."""
    rows = np.asarray(vectors, dtype=np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)) if len(rows) else rows


def _found(name: str, question: str, papers: Iterable[RetrievedPaper], clock: Clock) -> dict[str, Any]:
    """Give the contract's object of papers that nobody reads."""
    clock.lap("retrieve_ms")
    said = "The papers are only found, not read."
    answer = Answer(question, "abstained", said, REASON, (), (), tuple(papers), Usage(model=name), clock.timings())
    return {**answer.to_dict(), "retrieval_only": True}
