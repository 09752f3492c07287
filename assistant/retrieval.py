"""A question finds papers: passage vectors, whole-paper vectors and BM25, summed after standardising each.

Standardised scores keep how sure each side is, which rank fusion throws away. The candidates are the union of the three
lists; a paper that one list lacks gets that list's lowest score there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from ingestion.library import Library
from ingestion.paper import Paper

PASSAGES = 300  # nearest passages that are looked at: those of some 100 papers
PAPERS = 100  # nearest papers, and best by words


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that the question found.

    ``score`` is the sum of the three standardised scores. ``similarity`` is the best cosine similarity of the question to
    the paper or to one of its passages. ``passages`` maps the index of each passage among the nearest to its similarity.
    """

    paper: Paper
    score: float
    similarity: float
    passages: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Query:
    """A question with its embedding, of shape (d,), so that it is made once."""

    text: str
    vector: npt.NDArray[np.float32]


class HybridRetriever(BaseRetriever):
    """Vouched's retrieval as a LlamaIndex retriever: a node for each paper, whose text is the abstract."""

    def __init__(self, library: Library, k: int = 20) -> None:
        """Retrieve from a library, k papers at most."""
        super().__init__()
        self.library = library
        self.k = k

    def query(self, text: str) -> Query:
        """Embed a question."""
        return Query(text, np.asarray(self.library.embedding.get_query_embedding(text), dtype=np.float32))

    def search(self, query: Query, k: int | None = None, within: Collection[str] | None = None) -> list[Hit]:
        """Find the k best papers for a question, best first; only among those ``within``, if given."""
        within = None if within is None else frozenset(within)
        nearest = self.library.vectors.nearest
        passages: dict[str, dict[int, float]] = {}
        for id_, similarity in nearest("passages", query.vector, PASSAGES, within).items():
            paper_id, _, index = id_.rpartition("#")
            passages.setdefault(paper_id, {})[int(index)] = similarity
        best_passage = {paper_id: max(of_paper.values()) for paper_id, of_paper in passages.items()}
        whole = nearest("papers", query.vector, PAPERS, within)
        words = self.library.words.search(query.text, PAPERS, within)
        candidates = list(dict.fromkeys([*best_passage, *whole, *words]))
        if not candidates:
            return []
        scores = (
            _standardised(best_passage, candidates)
            + _standardised(whole, candidates)
            # fewer hits than asked for: all others share no word with the question
            + _standardised(words, candidates, floor=0.0 if len(words) < PAPERS else None)
        )
        order = np.argsort(-scores, kind="stable")[: k or self.k]
        papers = {paper.id: paper for paper in self.library.papers([candidates[i] for i in order])}
        return [
            Hit(
                papers[paper_id],
                float(scores[i]),
                max(best_passage.get(paper_id, -1.0), whole.get(paper_id, -1.0)),
                passages.get(paper_id, {}),
            )
            for i in order
            if (paper_id := candidates[i]) in papers  # a writer may have removed it meanwhile
        ]

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if query_bundle.embedding:
            query = Query(query_bundle.query_str, np.asarray(query_bundle.embedding, dtype=np.float32))
        else:
            query = self.query(query_bundle.query_str)
        return [node_of(hit.paper, hit.score) for hit in self.search(query)]


def node_of(paper: Paper, score: float) -> NodeWithScore:
    """Give a paper as a LlamaIndex node: its abstract, with title, id and year as metadata."""
    metadata = {"paper_id": paper.id, "title": paper.title, "year": paper.year}
    return NodeWithScore(node=TextNode(id_=paper.id, text=paper.abstract, metadata=metadata), score=score)


def _standardised(found: Mapping[str, float], candidates: list[str], floor: float | None = None) -> npt.NDArray[np.float64]:
    """Give each candidate's score less the mean, over the standard deviation (z-score); all zero where all are equal."""
    if not found:
        return np.zeros(len(candidates))
    lowest = min(found.values()) if floor is None else floor
    values = np.asarray([found.get(candidate, lowest) for candidate in candidates], dtype=np.float64)
    deviation = float(values.std())
    return np.zeros(len(candidates)) if deviation == 0 else (values - values.mean()) / deviation
