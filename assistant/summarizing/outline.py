"""What a summary is to say, before it is written: its groups of quotes, in order, each with a heading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from assistant.answer import Evidence
from assistant.reading import Reading
from assistant.reranking import Found, ReadPaper
from assistant.retrieval import Hit
from assistant.summarizing import themes
from assistant.summarizing.aspects import (
    APPROACH,
    ASPECTS,
    DATA,
    OWN,
    PROBLEM,
    RESULT,
    Aspect,
    Moves,
    Span,
    read_moves,
    weight,
)
from assistant.summarizing.themes import Vectors
from assistant.summarizing.topics import MOST, Topic, bearing, in_passing, is_on, read_for
from assistant.summarizing.wording import plain
from ingestion.paper import Paper

if TYPE_CHECKING:
    from assistant.engine import Assistant

ALIKE = 0.9  # cosine similarity from which on two sentences say the same
BEARS = 1.0  # log-odds that it adds to what a paper does, or finds, to bear on the topic
LEAST, SENTENCES = 3, 5  # sentences of a summary of one paper, where its abstract has them
PASSING = 4  # papers that only mention a topic, at the most
MENTIONED = "Mentioned in passing"

Kind = Literal["topic", "paper", "papers"]


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of evidence with the text that says it and the aspect that it is of."""

    evidence: Evidence
    text: str
    aspect: str


@dataclass(frozen=True, slots=True)
class Group:
    """A heading with its quotes; where there are none, nothing is to be said."""

    heading: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """What a summary of ``subject`` is to say. No groups: the library has nothing on it.

    ``aspects`` are the columns of the table of a selection, else none.
    """

    kind: Kind
    subject: str
    groups: tuple[Group, ...]
    found: Found
    aspects: tuple[str, ...] = ()

    @property
    def quotes(self) -> list[Quote]:
        """All quotes, in order; their evidence is numbered from 1."""
        return [quote for group in self.groups for quote in group.quotes]


def outline_of(assistant: Assistant, topic: str | None, papers: Sequence[str], lap: Callable[[str], None]) -> Outline:
    """Choose what to say of a topic, of papers, or of a topic in papers.

    Args:
        assistant: whose library and reader are used.
        topic: what the summary is about; None where it is about the papers.
        papers: ids of the papers that it is limited to; none means all.
        lap: called with the name of each stage when it ends.

    Raises:
        LibraryError: the library cannot be read, or has no such paper.
        ModelError: the reader cannot be used.
    """
    chosen = [assistant.library.paper(paper_id) for paper_id in dict.fromkeys(papers)]
    if topic is None:
        lap("retrieve_ms")
        found = Found(_titles(chosen), tuple(ReadPaper(paper, (), Reading(1.0, ())) for paper in chosen))
        moves = read_moves(assistant.reader, chosen)
        lap("read_ms")
        return _of_papers(found, moves, ASPECTS)
    asked = Topic(topic, assistant.library)
    read, hits = read_for(assistant, asked, [paper.id for paper in chosen] or None, lap)
    pairs = list(zip(read, hits, strict=True))
    threshold = assistant.reader.threshold(assistant.settings.caution)
    on = [(paper, hit) for paper, hit in pairs if is_on(asked, paper, hit, threshold)]
    found = Found(topic, tuple(sorted(read, key=lambda paper: -paper.reading.answered)))
    if not on:
        lap("read_ms")
        return Outline("topic", topic, (), found)
    if chosen:
        moves = [_with_topic(m, asked, on) for m in read_moves(assistant.reader, chosen)]
        lap("read_ms")
        return _of_papers(found, moves, (asked.aspect, *ASPECTS))
    groups = _themes(assistant, asked, on, best=hits[0].score)
    lap("read_ms")
    return Outline("topic", topic, _numbered(groups), found)


def _of_papers(found: Found, moves: Sequence[Moves], aspects: Sequence[Aspect]) -> Outline:
    """Say each aspect of each paper; of one paper alone, the approach and the result with a second sentence each."""
    alone = len(moves) == 1
    named = [aspect for aspect in aspects if not (alone and aspect is DATA)]
    said = [_aspects(paper, named, more=(APPROACH, RESULT) if alone else ()) for paper in moves]
    if alone:
        groups = [Group(a.name, tuple(q for q in said[0] if q.aspect == a.name)) for a in named]
        return Outline("paper", found.question, _numbered(groups), found)
    groups = [Group(paper.paper.title, tuple(quotes)) for paper, quotes in zip(moves, said, strict=True)]
    return Outline("papers", found.question, _numbered(groups), found, tuple(aspect.name for aspect in aspects))


def _aspects(moves: Moves, aspects: Sequence[Aspect], more: Sequence[Aspect]) -> list[Quote]:
    """Quote a paper on its aspects, in their order, within one in the order of the abstract; no sentence twice."""
    taken: set[int] = set()
    chosen: list[tuple[Aspect, Span]] = []
    # What a paper does and finds is surest, so it is chosen first; the topic goes before all, as it was asked for.
    first = sorted(aspects, key=lambda a: (APPROACH, RESULT, PROBLEM, DATA).index(a) if a in ASPECTS else -1)
    wanted = [*((a, a.floor) for a in first), *((a, a.more) for a in more), *((a, -np.inf) for a in more)]
    for place, (aspect, floor) in enumerate(wanted):
        if place >= len(first) + len(more) and len(chosen) >= LEAST:
            break
        span = moves.best(aspect, taken, floor)
        if span is not None and len(taken) < SENTENCES:
            taken |= set(range(span[0], span[1] + 1))
            chosen.append((aspect, span))
    chosen = chosen or [(APPROACH, (0, 0))]  # however little it is
    chosen.sort(key=lambda pair: (list(aspects).index(pair[0]), pair[1]))
    return [_quote(moves, span, aspect) for aspect, span in chosen]


def _with_topic(moves: Moves, topic: Topic, on: Sequence[tuple[ReadPaper, Hit]]) -> Moves:
    """Weigh a paper's sentences for a topic too; where the paper is not on it, none counts."""
    weights = [-np.inf] * len(moves.passages)
    for read, hit in on:
        if read.paper.id == moves.paper.id:
            for place in bearing(topic, read, hit) or range(len(weights)):
                weights[place] = weight(topic.aspect, moves.passages[place].text, read.reading.evidence[place])
    return replace(moves, weights={**moves.weights, topic.aspect.name: tuple(weights)})


def _themes(assistant: Assistant, topic: Topic, on: Sequence[tuple[ReadPaper, Hit]], best: float) -> list[Group]:
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
        Group(heading, tuple(q for p in group for q in said[p.id])) for heading, group in _grouped(assistant, topic, told)
    ]
    mentions = tuple(quote for read, _ in passing for quote in said[read.paper.id])
    return [*groups, *([Group(MENTIONED, mentions)] if mentions else [])]


def _grouped(assistant: Assistant, topic: Topic, papers: Sequence[Paper]) -> list[tuple[str, list[Paper]]]:
    if not papers:
        return []
    embedding = assistant.library.embedding
    sentences = assistant.library.vectors.passages([paper.id for paper in papers])

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
    own = _with_topic(moves or Moves(read.paper, read.passages, {}), topic, [(read, hit)])
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
    return [_quote(own, span, aspect) for aspect, span in sorted(chosen, key=lambda pair: pair[1])]


def _quote(moves: Moves, span: Span, aspect: Aspect) -> Quote:
    paper, first, last = moves.paper, moves.passages[span[0]], moves.passages[span[1]]
    text = paper.abstract[first.start : last.end]
    score = round(float(moves.weights[aspect.name][span[1]]), 4)
    return Quote(Evidence(0, paper.id, paper.title, text, first.start, last.end, score), plain(text), aspect.name)


def _numbered(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Leave out empty groups and number the evidence from 1."""
    numbered, number = [], 0
    for group in groups:
        quotes = []
        for quote in group.quotes:
            number += 1
            quotes.append(replace(quote, evidence=replace(quote.evidence, number=number)))
        if quotes:
            numbered.append(Group(group.heading, tuple(quotes)))
    return tuple(numbered)


def _titles(papers: Sequence[Paper]) -> str:
    return "; ".join(paper.title for paper in papers)
