"""An outline is made: of papers, of a topic, or of what papers say of a topic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from assistant.planted import shown
from assistant.reading import Reading
from assistant.reranking import Found, ReadPaper
from assistant.summarizing.aspects import ASPECTS, read_moves
from assistant.summarizing.contributions import of_topic, with_topic
from assistant.summarizing.outline import Outline, numbered
from assistant.summarizing.selection import of_papers
from assistant.summarizing.topics import Topic, is_on, read_for

if TYPE_CHECKING:
    from assistant.engine import Assistant


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
        found = Found(
            "; ".join(shown(paper.title) for paper in chosen),
            tuple(ReadPaper(paper, (), Reading(1.0, ())) for paper in chosen),
        )
        moves = read_moves(assistant.reader, chosen)
        lap("read_ms")
        return of_papers(found, moves, ASPECTS)
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
        moves = [with_topic(m, asked, on) for m in read_moves(assistant.reader, chosen)]
        lap("read_ms")
        return of_papers(found, moves, (asked.aspect, *ASPECTS))
    groups = of_topic(assistant, asked, on, best=hits[0].score)
    lap("read_ms")
    return Outline("topic", topic, numbered(groups), found)
