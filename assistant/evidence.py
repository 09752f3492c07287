"""Papers become evidence: the sentences that bear on the question, verbatim, with their places.

A sentence's score is the log-odds that it answers the question (a small fitted model, ``assistant.features``) plus what
retrieval says of its paper. A sentence that leans on the one before it ("It …", "This …") brings that one along.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

import numpy as np
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from assistant.answer import Evidence
from assistant.features import FEATURES, inverse_document_frequency, sentence_features
from assistant.retrieval import Hit, HybridRetriever, Query
from ingestion.library import Library
from ingestion.passages import Passage, passages_of
from ingestion.words import terms

READ = 8  # papers whose sentences are weighed
PAPER_WEIGHT = 2.0  # of a paper's retrieval score beside its sentences' log-odds
LEANS = re.compile(r"(It|Its|This|These|Those|They|Their|Such|(The|This) (latter|former))\b(?! work\b| paper\b| study\b)")


@dataclass(frozen=True, slots=True)
class Portion:
    """How much evidence a reader wants.

    ``most`` sentences; none whose score is more than ``margin`` below the best one's; no more than ``words`` words beyond
    the first sentence.
    """

    most: int
    margin: float
    words: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: Hit
    passages: list[Passage]
    index: int
    score: float


class EvidenceSelector:
    """Chooses sentences of the papers that a question found."""

    def __init__(self, library: Library) -> None:
        """Read the vectors and word counts of a library."""
        self._library = library

    @cached_property
    def _weights(self) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], float]:
        model = json.loads(resources.files("assistant.models").joinpath("evidence.json").read_text(encoding="utf-8"))
        return np.array([model["weights"][name] for name in FEATURES]), float(model["bias"])

    def select(self, query: Query, hits: list[Hit], portion: Portion) -> list[Evidence]:
        """Choose evidence, numbered from 1: the best paper's first, and within a paper in the order of the abstract."""
        candidates = sorted(self._weigh(query, hits[:READ]), key=lambda candidate: -candidate.score)
        chosen: dict[tuple[str, int], _Candidate] = {}
        words = 0
        for candidate in candidates:
            if len(chosen) >= portion.most or candidate.score < candidates[0].score - portion.margin:
                break
            span = [c for c in _with_antecedents(candidate) if (c.hit.paper.id, c.index) not in chosen]
            length = sum(len(c.passages[c.index].text.split()) for c in span)
            if chosen and words + length > portion.words:
                continue
            words += length
            chosen.update({(c.hit.paper.id, c.index): c for c in span})
        papers = list(dict.fromkeys(paper_id for paper_id, _ in chosen))
        ordered = sorted(chosen.values(), key=lambda c: (papers.index(c.hit.paper.id), c.index))
        return [_evidence(number, candidate) for number, candidate in enumerate(ordered, start=1)]

    def _weigh(self, query: Query, hits: list[Hit]) -> list[_Candidate]:
        """Score every sentence of the papers."""
        vectors = self._library.vectors.passages([hit.paper.id for hit in hits])
        documents = self._library.words.count()
        idf = {
            term: inverse_document_frequency(documents, self._library.words.document_frequency(term))
            for term in set(terms(query.text))
        }
        weights, bias = self._weights
        candidates = []
        for hit in hits:
            passages = passages_of(hit.paper)
            matrix = vectors.get(hit.paper.id)
            if matrix is None or len(matrix) != len(passages):
                continue  # a writer is replacing this paper at this moment
            features = sentence_features(
                query.text,
                hit.paper.title,
                [passage.text for passage in passages],
                (matrix @ query.vector).astype(np.float64),
                idf.__getitem__,
            )
            scores = features @ weights + bias + PAPER_WEIGHT * hit.score
            candidates += [_Candidate(hit, passages, index, float(score)) for index, score in enumerate(scores)]
        return candidates


class EvidencePostprocessor(BaseNodePostprocessor):
    """The selector as a LlamaIndex post-processor: nodes of papers in, nodes of their best sentences out."""

    most: int = 12
    margin: float = 6.0
    words: int = 600
    _retriever: HybridRetriever = PrivateAttr()

    def __init__(self, library: Library, **data: Any) -> None:  # noqa: ANN401 (the fields)
        """Choose from papers of this library."""
        super().__init__(**data)
        self._retriever = HybridRetriever(library)

    def _postprocess_nodes(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None) -> list[NodeWithScore]:
        if query_bundle is None:
            raise ValueError("EvidencePostprocessor needs the query: pass query_bundle or query_str.")
        library = self._retriever.library
        if any("paper_id" not in node.node.metadata for node in nodes):
            raise ValueError(
                "EvidencePostprocessor needs papers: nodes with a paper_id in their metadata, as HybridRetriever's."
            )
        scores: dict[str, float] = {}
        for node in nodes:  # several chunks of one paper count as the best of them
            paper_id, score = node.node.metadata["paper_id"], node.score or 0.0
            scores[paper_id] = max(score, scores.get(paper_id, score))
        hits = [Hit(paper, scores[paper.id], 0.0, {}) for paper in library.papers(list(scores))]
        hits.sort(key=lambda hit: -hit.score)
        portion = Portion(self.most, self.margin, self.words)
        evidence = EvidenceSelector(library).select(self._retriever.query(query_bundle.query_str), hits, portion)
        return [_node(item) for item in evidence]


def _node(item: Evidence) -> NodeWithScore:
    metadata = {"paper_id": item.paper_id, "title": item.title, "start": item.start, "end": item.end}
    node = TextNode(id_=f"{item.paper_id}:{item.start}-{item.end}", text=item.quote, metadata=metadata)
    return NodeWithScore(node=node, score=item.score)


def _with_antecedents(candidate: _Candidate) -> list[_Candidate]:
    """Bring the sentences before one that leans on them, nearest last."""
    first = candidate.index
    while first > 0 and first > candidate.index - 2 and LEANS.match(candidate.passages[first].text):
        first -= 1
    return [
        _Candidate(candidate.hit, candidate.passages, index, candidate.score) for index in range(first, candidate.index + 1)
    ]


def _evidence(number: int, candidate: _Candidate) -> Evidence:
    passage, paper = candidate.passages[candidate.index], candidate.hit.paper
    return Evidence(number, paper.id, paper.title, passage.text, passage.start, passage.end, round(candidate.score, 4))
