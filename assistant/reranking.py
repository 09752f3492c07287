"""The papers that retrieval found are read, and ranked anew by how likely each answers the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import RetrievedPaper
from assistant.planted import shown, sound_passages
from assistant.question import asks_for_several
from assistant.reading import Abstract, Reader, Reading
from assistant.retrieval import Hit
from ingestion.paper import Paper
from ingestion.passages import Passage

# Chosen on the suite `page`: answers are as good as when all are read, and half of the questions need only the first.
FIRST = 2
SURE = 0.7


@dataclass(frozen=True, slots=True)
class ReadPaper:
    """A paper that was read for a question, with its passages (sentences; planted ones blank) and what the reading found."""

    paper: Paper
    passages: tuple[Passage, ...]
    reading: Reading


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found: the papers that were read, most likely to answer first, then the others retrieved."""

    question: str
    read: tuple[ReadPaper, ...]
    others: tuple[Hit, ...] = ()

    @property
    def answered(self) -> float:
        """Give the probability that the best paper answers; 0 where there is none."""
        return max((paper.reading.answered for paper in self.read), default=0.0)

    def retrieved(self) -> tuple[RetrievedPaper, ...]:
        """Give all papers, best first; those not read have no chance to answer, and score 0."""
        read = [RetrievedPaper(r.paper.id, shown(r.paper.title), round(r.reading.answered, 4)) for r in self.read]
        return (*read, *(RetrievedPaper(hit.paper.id, shown(hit.paper.title), 0.0) for hit in self.others))

    def joined(self, further: Found) -> Found:
        """Add what a further question found; a paper that was read for both counts with its better reading."""
        best: dict[str, ReadPaper] = {}
        for paper in sorted((*self.read, *further.read), key=lambda paper: -paper.reading.answered):
            best.setdefault(paper.paper.id, paper)
        others = {hit.paper.id: hit for hit in (*self.others, *further.others) if hit.paper.id not in best}
        return Found(self.question, tuple(best.values()), tuple(others.values()))


def read_papers(reader: Reader, question: str, hits: Sequence[Hit], count: int | None = None) -> Found:
    """Read papers that retrieval found, best first: the first ones, and unless one of them surely answers the others.

    A question that asks for several papers has all of them read at once.

    ``count`` is the most that are read; None means all.

    Raises:
        ModelError: the reader cannot be used.
    """
    best = max((hit.score for hit in hits), default=0.0)
    read: list[ReadPaper] = []
    chosen = hits[:count]
    first = len(chosen) if asks_for_several(question) else FIRST
    for part in (chosen[:first], chosen[first:]):
        if not part or any(paper.reading.answered >= SURE for paper in read):
            break
        passages = [tuple(sound_passages(hit.paper)) for hit in part]
        abstracts = [
            Abstract(shown(hit.paper.title), tuple(passage.text for passage in of_paper), best - hit.score)
            for hit, of_paper in zip(part, passages, strict=True)
        ]
        readings = reader.read(question, abstracts)
        read += [ReadPaper(hit.paper, p, reading) for hit, p, reading in zip(part, passages, readings, strict=True)]
    others = tuple(hits[len(read) :])
    return Found(question, tuple(sorted(read, key=lambda paper: -paper.reading.answered)), others)
