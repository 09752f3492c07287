"""A topic finds its papers: those that the reader says tell something of it, and that name it or come near it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.planted import shown, sound_passages
from assistant.reading import Abstract
from assistant.reranking import ReadPaper
from assistant.retrieval import Hit
from assistant.summarizing.aspects import Aspect
from ingestion.library import Library
from ingestion.words import terms

if TYPE_CHECKING:
    from assistant.engine import Assistant

NAMED = 0.75  # of the weight of a topic's words, in a sentence with its title: it is named there
TOLD = 0.3  # of it, in the sentence itself
NEAR = 0.55  # cosine similarity of a sentence to the topic; on the sample page strange topics come up to 0.43
BEHIND = 0.4  # of the best retrieval score
MOST = 12  # papers of one summary


class Topic:
    """A topic with the weights of its words: ``ln(1 + (N - n + 0.5) / (n + 0.5))`` (Robertson & Zaragoza 2009, BM25)."""

    def __init__(self, text: str, library: Library) -> None:
        """Weigh a topic's words by how rare they are in a library."""
        self.text = text
        self._library = library

    @cached_property
    def weights(self) -> dict[str, float]:
        """The weight of each of its words, as the index stems them."""
        papers, found = self._library.count(), self._library.words.document_frequency
        return {t: math.log(1 + max(0.0, papers - found(t) + 0.5) / (found(t) + 0.5)) for t in terms(self.text)}

    def coverage(self, text: str) -> float:
        """Give the share of the topic's weight whose words a text holds, 0 to 1."""
        whole = sum(self.weights.values())
        return sum(self.weights[t] for t in set(terms(text)) & self.weights.keys()) / whole if whole else 0.0

    def named_in(self, text: str) -> bool:
        """Tell whether a text names the topic, or what weighs most of it."""
        return self.coverage(text) >= NAMED

    def spelt_in(self, text: str) -> bool:
        """Tell whether a text holds the topic as it was given, but for the words' endings."""
        return f" {' '.join(terms(self.text))} " in f" {' '.join(terms(text))} "

    @cached_property
    def aspect(self) -> Aspect:
        """What a paper says of the topic, as a thing to know about it."""
        return Aspect(f"On {self.text}", f"What is found about {self.text}?", self.named_in)


def read_for(
    assistant: Assistant, topic: Topic, within: Collection[str] | None, lap: Callable[[str], None]
) -> tuple[list[ReadPaper], list[Hit]]:
    """Find and read papers for a topic, best first as retrieval has them; the hits come in the same order.

    Raises:
        LibraryError: the library cannot be read.
        ModelError: the reader cannot be used.
    """
    retriever = assistant.retriever
    hits = retriever.search(retriever.query(topic.text), within=within, k=max(retriever.k, len(within or ())))
    lap("retrieve_ms")
    passages = [tuple(sound_passages(hit.paper)) for hit in hits]
    # Unlike an answer, what is said of a topic may stand in many papers: none falls behind for being retrieved later.
    abstracts = [
        Abstract(shown(hit.paper.title), tuple(p.text for p in found)) for hit, found in zip(hits, passages, strict=True)
    ]
    readings = assistant.reader.read(topic.aspect.question, abstracts) if hits else []
    return [ReadPaper(hit.paper, p, r) for hit, p, r in zip(hits, passages, readings, strict=True)], hits


def is_on(topic: Topic, read: ReadPaper, hit: Hit, threshold: float) -> bool:
    """Tell whether a paper is on a topic: the reader finds something, and a sentence or the title names it or is near it."""
    named = topic.named_in(read.paper.title) or bool(bearing(topic, read, hit))
    return named and read.reading.answered >= threshold


def bearing(topic: Topic, read: ReadPaper, hit: Hit) -> list[int]:
    """Give the sentences of a paper that name a topic or are near it."""
    return [
        p.index
        for p in read.passages
        if hit.passages.get(p.index, 0.0) >= NEAR
        or (topic.coverage(p.text) >= TOLD and topic.named_in(f"{read.paper.title} {p.text}"))
    ]


def in_passing(topic: Topic, read: ReadPaper, hit: Hit, best: float) -> bool:
    """Tell whether a paper only mentions a topic: in one sentence, not in its title, and retrieved far behind the best."""
    return len(bearing(topic, read, hit)) < 2 and not topic.named_in(read.paper.title) and hit.score < BEHIND * best
