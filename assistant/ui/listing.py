"""Papers as HTML: a table of them, a page for one, and a report of what was read in."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from assistant.ui import escaping, evidence
from ingestion.paper import Paper
from ingestion.report import IngestReport
from ingestion.sentences import split_sentences

SHOWN = 20  # refusals


def address(paper: Paper, tab: str = "library") -> str:
    """Give the address of a paper's page, or of asking it alone."""
    return f"#/{tab}/{quote(paper.id, safe='')}"


def table(papers: Sequence[Paper], start: int, total: int, words: str) -> str:
    """Give a stretch of the library's papers."""
    if not papers:
        said = "No paper holds these words." if words.strip() else "The library is empty. Add papers with the button above."
        return f'<p class="v-note" role="status">{said}</p>'
    rows = "".join(
        f'<tr><td><a href="{address(paper)}">{escaping.line(paper.title, 240)}</a>'
        f"<small>{escaping.line(', '.join(paper.authors[:4]), 160)}</small></td>"
        f"<td>{paper.year or ''}</td><td>{escaping.line(paper.venue or '', 60)}</td></tr>"
        for paper in papers
    )
    told = f"{start + 1:,} to {start + len(papers):,} of {total:,}"
    return (
        f'<table class="v-table"><caption>{told}</caption><thead><tr><th scope="col">Paper</th><th scope="col">Year</th>'
        f'<th scope="col">Venue</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def back() -> str:
    """Give the way back to the table."""
    return '<p class="v-back"><a href="#/library">← All papers</a></p>'


def page(paper: Paper, sources: Sequence[str], near: Sequence[tuple[Paper, float]]) -> str:
    """Give a paper's page: what it says, sentence by sentence, where it was read, and the papers most like it."""
    said = "".join(
        f"<span>{escaping.text(paper.abstract[span.start : span.end])}</span> " for span in split_sentences(paper.abstract)
    )
    facts = [f"id {paper.id}", *([f"PubMed {paper.pubmed_id}"] if paper.pubmed_id else []), *paper.categories]
    read = ", ".join(sorted({source.rpartition("/")[2] for source in sources}))
    like = "".join(
        f'<li><a href="{address(other)}">{escaping.line(other.title, 240)}</a> <small>{cosine:.2f}</small></li>'
        for other, cosine in near
    )
    return (
        f"{back()}<article class='v-one'><h2>{escaping.line(paper.title)}</h2>{evidence.byline(paper)}"
        f'<p class="v-actions"><a class="v-primary v-button" href="{address(paper, "ask")}">Ask this paper</a></p>'
        f'<p class="v-abstract">{said}</p><p class="v-note">{escaping.line(" · ".join(facts), 400)}</p>'
        f'<p class="v-note">Read from {escaping.line(read, 300)}</p>'
        f"<h3>Most like it</h3><ol class='v-near'>{like}</ol></article>"
    )


def progress(done: int, total: int) -> str:
    """Give how far the reading has come."""
    words = f"{done:,} of {total:,} papers" if total else "Reading…"
    return f'<p class="v-progress" role="status"><progress value="{done}" max="{max(1, total)}"></progress> {words}</p>'


def report(found: IngestReport) -> str:
    """Say what became of the records that were read."""
    refused = found.refused
    counts = {"added": found.added, "updated": found.updated, "unchanged": found.unchanged, "refused": len(refused)}
    counts["put together with others"] = len(found.merged)
    words = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "Nothing was in it"
    places = [escaping.line(f"{each.source}, line {each.line}" if each.line else each.source, 120) for each in refused]
    reasons = [escaping.line(each.reason, 300) for each in refused]
    rows = "".join(f"<li>{place}: {reason}</li>" for place, reason in list(zip(places, reasons, strict=True))[:SHOWN])
    more = f"<li>… and {len(refused) - SHOWN:,} more</li>" if len(refused) > SHOWN else ""
    listed = f'<ul class="v-refused">{rows}{more}</ul>' if rows else ""
    return f'<p class="v-note" role="status">{words}. {found.papers:,} papers in the library.</p>{listed}'
