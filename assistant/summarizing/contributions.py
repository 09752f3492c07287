"""What papers bring to a topic, theme by theme, no sentence twice; last those that only mention it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from assistant.reranking import ReadPaper
from assistant.retrieval import Hit
from assistant.summarizing import themes
from assistant.summarizing.aspects import APPROACH, OWN, RESULT, Aspect, Moves, Span, read_moves, weight
from assistant.summarizing.outline import Group, Quote, quote_of
from assistant.summarizing.themes import Vectors
from assistant.summarizing.topics import MOST, Topic, bearing, in_passing
from ingestion.paper import Paper

if TYPE_CHECKING:
    from assistant.engine import Assistant

ALIKE = 0.9  # cosine similarity from which on two sentences say the same
BEARS = 1.0  # log-odds that it adds to what a paper does, or finds, to bear on the topic
PASSING = 4  # papers that only mention a topic, at the most
MENTIONED = "Mentioned in passing"


def of_topic(assistant: Assistant, topic: Topic, on: Sequence[tuple[ReadPaper, Hit]], best: float) -> list[Group]:
    """Group the papers on a topic, those that only mention it last, and say what each contributes."""
    passing = [pair for pair in on if in_passing(topic, *pair, best) and topic.spelt_in(pair[0].paper.abstract)]
    passing = sorted(passing, key=lambda pair: -pair[0].reading.answered)[:PASSING]
    central = [pair for pair in on if not in_passing(topic, *pair, best)][: MOST - len(passing)]
    moves = {m.paper.id: m for m in read_moves(assistant.reader, [read.paper for read, _ in central], (APPROACH, RESULT))}
    sentences = assistant.library.vectors.passages([read.paper.id for read, _ in [*central, *passing]])
    seen: list[Vectors] = []
    said = {
        read.paper.id: _contribution(topic, read, hit, moves.get(read.paper.id), sentences.get(read.paper.id), seen)
        for read, hit in [*central, *passing]
    }
    told = [read.paper for read, _ in central if said[read.paper.id]]
    groups = [
        Group(heading, tuple(q for p in group for q in said[p.id]))
        for heading, group in _grouped(assistant, topic, told, sentences)
    ]
    mentions = tuple(quote for read, _ in passing for quote in said[read.paper.id])
    return [*groups, *([Group(MENTIONED, mentions)] if mentions else [])]


def _grouped(
    assistant: Assistant, topic: Topic, papers: Sequence[Paper], sentences: Mapping[str, Vectors]
) -> list[tuple[str, list[Paper]]]:
    if not papers:
        return []
    embedding = assistant.library.embedding

    def embed(texts: list[str]) -> Vectors:
        return np.asarray(embedding.get_text_embedding_batch(texts), dtype=np.float32)

    vectors = np.stack([sentences[paper.id].mean(axis=0) for paper in papers])
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    places = themes.cluster(vectors)
    groups = [[papers[place] for place in group] for group in places]
    return list(zip(themes.headings(groups, [vectors[group] for group in places], topic.text, embed), groups, strict=True))


def _contribution(
    topic: Topic, read: ReadPaper, hit: Hit, moves: Moves | None, vectors: Vectors | None, seen: list[Vectors]
) -> list[Quote]:
    """Say what a paper brings to a topic in one or two sentences, none of which was said before, nearly or at all.

    It is what the paper does and what it finds, rather in sentences that bear on the topic; where one of them is missing,
    or neither bears on it, a sentence that does. A paper without ``moves`` only mentions the topic.
    """
    bear = bearing(topic, read, hit)
    own = with_topic(moves or Moves(read.paper, read.passages, {}), topic, [(read, hit)])
    wanted: tuple[Aspect, ...] = (topic.aspect,)
    if moves is not None:
        for aspect in (APPROACH, RESULT):
            raised = tuple(
                w + BEARS * (place in bear and bool(aspect.marks(read.passages[place].text)))
                for place, w in enumerate(own.weights[aspect.name])
            )
            own = replace(own, weights={**own.weights, aspect.name: raised})
        wanted = (APPROACH, RESULT, topic.aspect)
    chosen: list[tuple[Aspect, Span]] = []
    taken: set[int] = set()
    for aspect in wanted:
        span = own.best(aspect, taken)
        if span is None or (vectors is not None and any(float(vectors[span[1]] @ other) >= ALIKE for other in seen)):
            continue
        if len(chosen) == 2:
            told = topic.named_in(read.paper.title) or any(place in taken for place in bear)
            if told or not OWN(read.passages[span[1]].text):
                break
            taken -= set(range(chosen[1][1][0], chosen[1][1][1] + 1))
            chosen.pop()
        taken |= set(range(span[0], span[1] + 1))
        chosen.append((aspect, span))
    seen += [vectors[span[1]] for _, span in chosen] if vectors is not None else []
    return [quote_of(own, span, aspect) for aspect, span in sorted(chosen, key=lambda pair: pair[1])]


def with_topic(moves: Moves, topic: Topic, on: Sequence[tuple[ReadPaper, Hit]]) -> Moves:
    """Weigh a paper's sentences for a topic too; where the paper is not on it, none counts."""
    weights = [-np.inf] * len(moves.passages)
    for read, hit in on:
        if read.paper.id == moves.paper.id:
            for place in bearing(topic, read, hit) or range(len(weights)):
                weights[place] = weight(topic.aspect, moves.passages[place].text, read.reading.evidence[place])
    return replace(moves, weights={**moves.weights, topic.aspect.name: tuple(weights)})
