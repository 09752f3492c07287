"""A search result as the contract gives it: papers, best first, each with the passages that matched."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from assistant.composing import Clock
from assistant.retrieval import Hit, HybridRetriever
from ingestion.passages import passages_of

SHOWN = 3  # passages of a paper


def search(retriever: HybridRetriever, text: str, k: int, within: Collection[str] | None = None) -> dict[str, Any]:
    """Find k papers. Gives ``{"query", "results": [...], "timings"}``; raises LibraryError."""
    clock = Clock()
    hits = retriever.search(retriever.query(text), k, within)
    clock.lap("retrieve_ms")
    timings = clock.timings()
    return {
        "query": text,
        "results": [_result(hit) for hit in hits],
        "timings": {"retrieve_ms": timings.retrieve_ms, "total_ms": timings.total_ms},
    }


def _result(hit: Hit) -> dict[str, Any]:
    passages = passages_of(hit.paper)
    best = sorted(hit.passages.items(), key=lambda pair: -pair[1])[:SHOWN]
    found = [
        {"text": passages[i].text, "start": passages[i].start, "end": passages[i].end, "score": round(similarity, 4)}
        for i, similarity in best
        if i < len(passages)  # a writer may have shortened the abstract meanwhile
    ]
    return {"paper_id": hit.paper.id, "title": hit.paper.title, "score": round(hit.score, 4), "passages": found}
