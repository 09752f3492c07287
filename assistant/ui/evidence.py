"""The panel beside the conversation: the abstracts that an answer quotes, with the quotes marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from assistant.answer import Citation
from assistant.ui import escaping, highlights, marks
from assistant.ui.conversation import Turn
from ingestion.paper import Paper

AUTHORS = 4
NEAREST = "Nothing here answers the question; these come nearest."
NONE = "This answer quotes no abstract."


def panel(turns: Iterable[Turn]) -> str:
    """Give the evidence of every answer of a conversation; the style sheet shows the last, a marker's click another.

    All of it is on the page at once, so that a click needs no round trip to the server.
    """
    notes = {"answered": "", "abstained": NEAREST}
    return framed(
        section(turn.number, turn.question, turn.answer.citations, turn.papers, notes[turn.answer.status])
        for turn in turns
        if turn.answer
    )


def framed(sections: Iterable[str]) -> str:
    """Give the panel with its sections, or with what it is for while there are none."""
    head = (
        '<header class="v-panel-head"><h2>Evidence</h2>'
        '<button type="button" class="v-close" aria-label="Close the evidence">Close</button></header>'
    )
    return f'{head}<div class="v-panel-body">{"".join(sections) or hint()}</div>'


def hint() -> str:
    """Say what the panel is for while it is empty, and what the signs in an answer mean."""
    legend = "".join(
        f'<dt class="{sign.css}"><span class="v-mark">{sign.sign}</span></dt><dd>{escaping.text(sign.meaning)}.</dd>'
        for sign in marks.SIGNS.values()
    )
    return (
        '<div class="v-hint"><p>Each sentence of an answer carries a number.</p>'
        "<p>Follow it, and the abstract it comes from opens here with the quoted words marked.</p>"
        f'<dl class="v-legend">{legend}</dl></div>'
    )


def section(
    number: int, about: str, citations: Iterable[Citation], papers: Mapping[str, Paper], note: str = "", none: str = NONE
) -> str:
    """Give the evidence of one text: the abstracts that its citations quote, or words where there are ``none``."""
    about = escaping.line(about, 140)
    by_paper: dict[str, list[Citation]] = {}
    for citation in citations:
        by_paper.setdefault(citation.paper_id, []).append(citation)
    cards = [card(of_paper, papers.get(paper_id)) for paper_id, of_paper in by_paper.items()]
    said = f'<p class="v-panel-note">{note}</p>' if note and cards else ""
    body = "".join(cards) or f'<p class="v-panel-note">{none}</p>'
    return (
        f'<section class="v-turn" data-turn="{number}" aria-label="Evidence for: {about}">'
        f'<p class="v-about">{about}</p>{said}{body}</section>'
    )


def card(citations: Sequence[Citation], paper: Paper | None) -> str:
    """Give one abstract with its quotes marked; where the library no longer has a quote, the quote by itself."""
    numbers = "".join(f'<span class="v-number">{citation.number}</span>' for citation in citations)
    title = escaping.line(paper.title if paper else citations[0].title)
    lost = [c for c in citations if paper is None or highlights.place(paper.abstract, c) is None]
    parts = [f'<summary><span class="v-numbers">{numbers}</span><span class="v-title">{title}</span></summary>']
    if paper is not None:
        parts.append(byline(paper))
        parts.append(f'<div class="v-abstract">{highlights.marked(paper.abstract, citations)}</div>')
    if lost:
        parts.append('<p class="v-panel-note">The library no longer holds these words; here they are as they were.</p>')
        parts += [
            f'<blockquote class="v-abstract"><mark class="v-quote" tabindex="-1" data-cites="{c.number}">'
            f"{escaping.text(c.quote)}</mark></blockquote>"
            for c in lost
        ]
    return f'<details class="v-paper" open>{"".join(parts)}</details>'


def byline(paper: Paper) -> str:
    """Give who wrote a paper, where and when, and the way to it where its address is a plain web address."""
    names = list(paper.authors[:AUTHORS]) + (["et al."] if len(paper.authors) > AUTHORS else [])
    facts = [", ".join(names), paper.venue or "", str(paper.year) if paper.year else ""]
    words = [escaping.line(fact, 200) for fact in facts if fact]
    words += [
        f'<a href="{escaping.text(address)}" target="_blank" rel="noopener noreferrer">{label}</a>'
        for label, address in addresses(paper).items()
    ]
    return f'<p class="v-byline">{" · ".join(words)}</p>' if words else ""


def addresses(paper: Paper) -> dict[str, str]:
    """Give the paper's addresses on the web by what they are called, not escaped. They open only when a reader clicks."""
    doi = f"https://doi.org/{quote(paper.doi, safe='/:;(),', errors='replace')}" if paper.doi else None
    arxiv = f"https://arxiv.org/abs/{quote(paper.arxiv_id, errors='replace')}" if paper.arxiv_id else None
    found = {"DOI": doi, "arXiv": arxiv, "Link": None if paper.url in {doi, arxiv} else paper.url}
    return {label: address for label, value in found.items() if (address := escaping.web_address(value))}
