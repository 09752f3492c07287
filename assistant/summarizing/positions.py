"""Positions: where the papers of a library agree and where they disagree on a claim, each with the quote that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from assistant.answer import Evidence
from assistant.composing import Clock
from assistant.grounding import citations
from assistant.planted import shown, sound_passages
from assistant.question import asked
from assistant.reading import Reading
from assistant.reranking import Found, ReadPaper
from assistant.retrieval import Hit
from assistant.summarizing.claiming import claim_of
from assistant.summarizing.outline import Group, Outline, Quote, numbered
from assistant.summarizing.road import abstained, composed
from assistant.summarizing.stances import Candidate, Side, Stance, stances
from assistant.summarizing.summary import Position, Positions, Summary
from assistant.summarizing.wording import leans, plain
from assistant.summarizing.writing import extracted

if TYPE_CHECKING:
    from assistant.engine import Assistant

HEADINGS: dict[Side, str] = {"supports": "Papers that support it", "opposes": "Papers that oppose it"}
NEAREST = 3  # papers that are named where none takes a side
CAUTION = (
    "A small verifier told the sides. It errs (docs/summaries.md says how often) and is silent more often than not. The"
    " quotes are exact: read them."
)
WORDS_ALONE = "The verifier lexical knows support word for word alone, and no opposition."


def positions(assistant: Assistant, text: str, papers: Sequence[str] = ()) -> Summary:
    """Tell which papers support a claim and which oppose it; no model writes anything.

    As many papers as retrieval hands on (the setting ``candidates``) are held against it; of papers with the same abstract
    one.

    Args:
        assistant: whose library and verifier are used.
        text: a claim, or a question that yes or no answers, up to 4,000 characters.
        papers: ids of the papers that it is limited to; none means all.

    Raises:
        QuestionError: there is no claim in the text.
        LibraryError: the library cannot be read, or has no such paper.
        ModelError: the verifier cannot be used.
    """
    clock = Clock()
    claim = claim_of(text)
    candidates = candidates_for(assistant, claim, papers)
    clock.lap("retrieve_ms")
    taken = list(zip(candidates, stances(assistant.verifier, claim, candidates), strict=True))
    clock.lap("verify_ms")
    sided = sorted(((c, s) for c, s in taken if s is not None), key=lambda pair: -pair[1].probability)
    silent = [candidate for candidate, stance in taken if stance is None]
    outline = _outline(asked(text), sided, silent)
    if not sided:
        reason = f"none of the {len(silent)} papers nearest to it surely supports or opposes “{claim.rstrip('.')}”"
        nearest = citations([_evidence(c, int(np.argmax(c.near)), max(c.near)) for c in silent[:NEAREST]])
        summary = abstained(outline, reason if silent else "there are no papers to look in", nearest, clock)
    else:
        groups = extracted(outline, assistant.verifier)
        clock.lap("answer_ms")
        summary = composed(assistant, outline, groups, clock)
    return _told(summary, claim, sided, len(silent), lexical=assistant.settings.verifier == "lexical")


def candidates_for(assistant: Assistant, claim: str, papers: Sequence[str] = ()) -> list[Candidate]:
    """Find the papers that may take a side, nearest first. Raises LibraryError."""
    library, retriever = assistant.library, assistant.retriever
    within = [library.paper(paper_id).id for paper_id in dict.fromkeys(papers)]
    query = retriever.query(claim)
    hits = retriever.search(query, within=within or None, k=max(retriever.k, len(within)))
    different: dict[str, Hit] = {}
    for hit in hits:  # a preprint and its publication are one voice
        different.setdefault(" ".join(hit.paper.abstract.split()), hit)
    vectors = library.vectors.passages([hit.paper.id for hit in different.values()])
    candidates = []
    for hit in different.values():
        passages, near = tuple(sound_passages(hit.paper)), vectors.get(hit.paper.id)
        if near is not None and any(p.text for p in passages):  # a writer may have removed it meanwhile
            # what is planted is nearest to nothing
            alike = tuple(float(n) if p.text else -1.0 for n, p in zip(near @ query.vector, passages, strict=True))
            candidates.append(Candidate(hit.paper, passages, alike, hit.similarity))
    return candidates


def _outline(text: str, sided: Sequence[tuple[Candidate, Stance]], silent: Sequence[Candidate]) -> Outline:
    groups = []
    for side, heading in HEADINGS.items():
        quotes = tuple(_quote(candidate, stance) for candidate, stance in sided if stance.side == side)
        groups.append(Group(f"{heading} ({len(quotes)})", quotes))
    read = [ReadPaper(c.paper, c.passages, Reading(stance.probability, ())) for c, stance in sided]
    read += [ReadPaper(c.paper, c.passages, Reading(0.0, ())) for c in silent]
    return Outline("topic", text, numbered(groups), Found(text, tuple(read)))


def _quote(candidate: Candidate, stance: Stance) -> Quote:
    evidence = _evidence(candidate, stance.place, stance.probability)
    return Quote(evidence, plain(evidence.quote), stance.side)


def _evidence(candidate: Candidate, place: int, score: float) -> Evidence:
    """Quote a passage, with the one before it where it leans on that."""
    paper, last = candidate.paper, candidate.passages[place]
    first = candidate.passages[place - 1] if place and candidate.passages[place - 1].text and leans(last.text) else last
    quote = paper.abstract[first.start : last.end]
    return Evidence(0, paper.id, shown(paper.title), quote, first.start, last.end, round(score, 4))


def _told(summary: Summary, claim: str, sided: Sequence[tuple[Candidate, Stance]], silent: int, *, lexical: bool) -> Summary:
    """Add who takes which side, to read and as data, and what it is worth."""
    numbers = {citation.paper_id: citation.number for citation in summary.answer.citations}
    sides = {
        side: tuple(Position(c.paper.id, numbers[c.paper.id], s.probability) for c, s in sided if s.side == side)
        for side in HEADINGS
    }
    found = Positions(claim, sides["supports"], sides["opposes"], silent)
    answer = summary.answer
    notes = (*answer.notes, *([CAUTION] if sided else []), *([WORDS_ALONE] if lexical else []))
    text = f"{_tally(found)}\n\n{answer.answer}" if sided else answer.answer
    return replace(summary, positions=found, answer=replace(answer, answer=text, notes=notes))


def _tally(found: Positions) -> str:
    def counted(side: Sequence[Position]) -> str:
        count = f"{len(side)} paper{'' if len(side) == 1 else 's'}" if side else "no paper"
        return f"{count} {''.join(f'[{position.citation}]' for position in side)}".rstrip()

    read = len(found.supports) + len(found.opposes) + found.silent
    return (
        f"**{found.claim}** Supported by {counted(found.supports)}, opposed by {counted(found.opposes)}; {found.silent} of"
        f" the {read} nearest papers take no clear side."
    )
