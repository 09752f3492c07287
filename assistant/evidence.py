"""Papers become evidence: the sentences that answer the question, verbatim, with their places.

A sentence's score is the logarithm of the probability that its paper answers the question and that the answer needs this
sentence. A sentence that leans on the one before it ("It …", "This …") brings that one along.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from assistant.answer import Evidence
from assistant.planted import planted, shown
from assistant.reading import PackagedReader, Reader
from assistant.reranking import ReadPaper, read_papers
from assistant.retrieval import Hit
from ingestion.library import Library

LEANS = re.compile(r"(It|Its|This|These|Those|They|Their|Such|(The|This) (latter|former))\b(?! work\b| paper\b| study\b)")
LEAST = 1e-9  # a probability whose logarithm is still a number


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
    read: ReadPaper
    index: int
    score: float


def select(read: Sequence[ReadPaper], portion: Portion, *, several: bool = False) -> list[Evidence]:
    """Choose evidence, numbered from 1: the best paper's first, and within a paper in the order of the abstract.

    What is planted in a paper (`assistant.planted`) is never chosen.

    Where several papers are asked for, the portion is larger and each paper's best sentence goes before any other's second.
    """
    if several:  # chosen on the twelve such questions of the suite `page`
        portion = Portion(2 * portion.most, 1.6 * portion.margin, 2 * portion.words)
    weighed = [sorted(_weighed(paper), key=lambda c: -c.score) for paper in read]
    turns = [(rank if several else 0, candidate) for of_paper in weighed for rank, candidate in enumerate(of_paper)]
    candidates = [candidate for _, candidate in sorted(turns, key=lambda turn: (min(turn[0], 1), -turn[1].score))]
    best = max((candidate.score for candidate in candidates), default=0.0)
    chosen: dict[tuple[str, int], _Candidate] = {}
    words = 0
    for candidate in candidates:
        if len(chosen) >= portion.most:
            break
        if candidate.score < best - portion.margin:
            continue
        span = [c for c in _with_antecedents(candidate) if (c.read.paper.id, c.index) not in chosen]
        length = sum(len(c.read.passages[c.index].text.split()) for c in span)
        if chosen and words + length > portion.words:
            continue
        words += length
        chosen.update({(c.read.paper.id, c.index): c for c in span})
    papers = list(dict.fromkeys(paper_id for paper_id, _ in chosen))
    ordered = sorted(chosen.values(), key=lambda c: (papers.index(c.read.paper.id), c.index))
    return [_evidence(number, candidate) for number, candidate in enumerate(ordered, start=1)]


def shuffled(evidence: Sequence[Evidence], seed: int | None) -> list[Evidence]:
    """Put evidence into an order drawn with a seed, numbered anew; None leaves it as it is."""
    if seed is None:
        return list(evidence)
    order = random.Random(seed).sample(evidence, len(evidence))  # noqa: S311 (no secret)
    return [replace(item, number=number) for number, item in enumerate(order, start=1)]


class EvidencePostprocessor(BaseNodePostprocessor):
    """Reading as a LlamaIndex post-processor: nodes of papers in, nodes of the sentences that answer out."""

    most: int = 12
    margin: float = 6.0
    words: int = 600
    _library: Library = PrivateAttr()
    _reader: Reader = PrivateAttr()

    def __init__(self, library: Library, reader: Reader | None = None, **data: Any) -> None:  # noqa: ANN401 (the fields)
        """Choose from papers of this library, read by the packaged reader or another."""
        super().__init__(**data)
        self._library, self._reader = library, reader or PackagedReader()

    def _postprocess_nodes(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None) -> list[NodeWithScore]:
        if query_bundle is None:
            raise ValueError("EvidencePostprocessor needs the query: pass query_bundle or query_str.")
        if any("paper_id" not in node.node.metadata for node in nodes):
            raise ValueError(
                "EvidencePostprocessor needs papers: nodes with a paper_id in their metadata, as HybridRetriever's."
            )
        # Another retriever's scores have another scale: what is read counts alone.
        ids = list(dict.fromkeys(node.node.metadata["paper_id"] for node in nodes))
        papers = {paper.id: paper for paper in self._library.papers(ids)}  # in the library's order, not the nodes'
        hits = [Hit(papers[paper_id], 0.0, 0.0, {}) for paper_id in ids if paper_id in papers]
        found = read_papers(self._reader, query_bundle.query_str, hits)
        return [_node(item) for item in select(found.read, Portion(self.most, self.margin, self.words))]


def _node(item: Evidence) -> NodeWithScore:
    metadata = {"paper_id": item.paper_id, "title": item.title, "start": item.start, "end": item.end}
    node = TextNode(id_=f"{item.paper_id}:{item.start}-{item.end}", text=item.quote, metadata=metadata)
    return NodeWithScore(node=node, score=item.score)


def _weighed(read: ReadPaper) -> list[_Candidate]:
    of_paper, barred = math.log(max(LEAST, read.reading.answered)), planted(read.paper.abstract)
    return [
        _Candidate(read, index, of_paper + math.log(max(LEAST, probability)))
        for index, probability in enumerate(read.reading.evidence)
        if index not in barred
    ]


def _with_antecedents(candidate: _Candidate) -> list[_Candidate]:
    """Bring the sentences before one that leans on them, nearest last, but for what is planted."""
    first, barred = candidate.index, planted(candidate.read.paper.abstract)
    while first > 0 and first > candidate.index - 2 and LEANS.match(candidate.read.passages[first].text):
        first -= 1
    places = [index for index in range(first, candidate.index + 1) if index not in barred]
    return [_Candidate(candidate.read, index, candidate.score) for index in places]


def _evidence(number: int, candidate: _Candidate) -> Evidence:
    passage, paper = candidate.read.passages[candidate.index], candidate.read.paper
    score = round(candidate.score, 4)
    return Evidence(number, paper.id, shown(paper.title), passage.text, passage.start, passage.end, score)
