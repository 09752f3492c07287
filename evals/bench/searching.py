"""Searching: how long a hybrid search takes as the library grows, beside its parts, by words and by vectors alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from assistant.retrieval import PAPERS, PASSAGES, HybridRetriever
from evals.bench.corpora import Shelf
from evals.bench.measuring import Figure, Recorder, Told
from ingestion.paper import Paper

WORDS, VECTORS, HYBRID = "BM25 alone", "vectors alone", "hybrid"
FIGURES = (Figure(WORDS), Figure(VECTORS, WORDS), Figure(HYBRID, VECTORS))
K = 20  # papers found, as in `ask`


def measure(recorder: Recorder, shelf: Shelf, sizes: Sequence[int], questions: Sequence[str], told: Told) -> None:
    """Ask all questions, one at a time, at each size of one library that grows. A repeat is a question."""
    for size in sorted(set(sizes)):
        library = shelf.grow(size, told)
        library.wake()
        retriever = HybridRetriever(library, K)
        searches = {
            WORDS: partial(by_words, retriever),
            VECTORS: partial(by_vectors, retriever),
            HYBRID: partial(by_all, retriever),
        }
        for search in searches.values():
            search(questions[0])  # the first opens files
        with recorder.series("search", *FIGURES, size=size) as samples:
            for number, text in enumerate(questions, start=1):
                for name in turned(list(searches), number):
                    samples.timed(name, partial(searches[name], text))
                told(f"Searching {size} papers", number, len(questions))


def turned(names: list[str], number: int) -> list[str]:
    """Begin with another name each time: what comes first finds the caches colder."""
    first = number % len(names)
    return names[first:] + names[:first]


def by_words(retriever: HybridRetriever, text: str) -> list[Paper]:
    """Find papers by BM25 alone."""
    return list(retriever.library.papers(list(retriever.library.words.search(text, K))))


def by_vectors(retriever: HybridRetriever, text: str) -> list[Paper]:
    """Find papers by the question's vector alone: the nearest passages and abstracts, each paper by its best."""
    vector, library = retriever.query(text).vector, retriever.library
    best = library.vectors.nearest("papers", vector, PAPERS)
    for id_, similarity in library.vectors.nearest("passages", vector, PASSAGES).items():
        paper_id = id_.rpartition("#")[0]
        best[paper_id] = max(similarity, best.get(paper_id, -1.0))
    return list(library.papers(sorted(best, key=lambda paper_id: -best[paper_id])[:K]))


def by_all(retriever: HybridRetriever, text: str) -> list[Paper]:
    """Find papers as `ask` does."""
    return [hit.paper for hit in retriever.search(retriever.query(text))]
