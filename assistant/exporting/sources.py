"""The papers that an answer quotes, each with its quotes, and what is told of an answer as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.answer import Answer, Citation, Statement
from assistant.exporting.document import Document
from assistant.ui import evidence, highlights
from assistant.ui.render import tally
from ingestion.paper import Paper

AUTHORS = 12


@dataclass(frozen=True, slots=True)
class Card:
    """A paper with its quotes in order. ``paper`` is None when the library no longer has it."""

    title: str
    citations: tuple[Citation, ...]
    paper: Paper | None

    @property
    def byline(self) -> str:
        """Say who wrote it, where and when."""
        if self.paper is None:
            return ""
        names = [*self.paper.authors[:AUTHORS], *(["et al."] if len(self.paper.authors) > AUTHORS else [])]
        year = str(self.paper.year) if self.paper.year else ""
        return " · ".join(" ".join(fact.split()) for fact in (", ".join(names), self.paper.venue, year) if fact)

    @property
    def links(self) -> dict[str, str]:
        """Give its addresses on the web by what they are called."""
        return evidence.addresses(self.paper) if self.paper else {}

    @property
    def segments(self) -> tuple[highlights.Segment, ...]:
        """Give the abstract, cut where quotes begin and end; empty where it is not known or holds none of the quotes."""
        found = highlights.segments(self.paper.abstract, self.citations) if self.paper else ()
        return found if any(segment.numbers for segment in found) else ()

    def lost(self, citation: Citation) -> bool:
        """Tell whether the abstract no longer holds a quote."""
        return self.paper is None or highlights.place(self.paper.abstract, citation) is None


def cards(answer: Answer, papers: Mapping[str, Paper]) -> tuple[Card, ...]:
    """Give the papers that an answer quotes, in order of first use."""
    by_paper: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        by_paper.setdefault(citation.paper_id, []).append(citation)
    return tuple(
        Card(paper.title if (paper := papers.get(id_)) else found[0].title, tuple(found), paper)
        for id_, found in by_paper.items()
    )


def facts(answer: Answer) -> str:
    """Say how an answer came out, who wrote it, and what it cost."""
    usage = answer.usage
    told = [tally(answer)] if answer.statements and answer.status == "answered" else []
    told.append("the papers’ own words" if usage.model == "extractive" else f"written by {usage.model}")
    if usage.llm_calls:
        calls = "1 call" if usage.llm_calls == 1 else f"{usage.llm_calls} calls"
        told.append(f"{calls}, {usage.prompt_tokens:,} tokens read, {usage.completion_tokens:,} written")
    if usage.cost_usd:
        told.append(f"${usage.cost_usd:.4f}")
    words = " · ".join(told)
    return words[:1].upper() + words[1:]


def made(document: Document) -> str:
    """Say when a document was made."""
    return document.made.strftime("%Y-%m-%d %H:%M %Z").strip()


def reason(answer: Answer) -> str:
    """Say as a sentence why there is no answer."""
    words = (answer.reason or "no abstract answers this question").strip().rstrip(".")
    return f"{words[:1].upper()}{words[1:]}."


def doubts(answer: Answer) -> tuple[Statement, ...]:
    """Give the statements that the check did not find supported."""
    return tuple(statement for statement in answer.statements if statement.verdict != "supported")
