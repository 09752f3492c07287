"""Questions to begin with, made from the papers of the library."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from ingestion.paper import Paper

SEEN = 400
NAME_LIMIT = 40
NAME_WORDS = 3
TITLE_LIMIT = 72
FORMS = (
    "What does {} propose?",
    "Which problem does {} address?",
    "How does {} work?",
    "What results does {} report?",
)


def name(title: str) -> str | None:
    """Give what a paper is called for short: the name before the colon, else a short title, else nothing."""
    flat = " ".join(title.split())
    head, colon, _ = flat.partition(":")
    if colon and 0 < len(head) <= NAME_LIMIT and len(head.split()) <= NAME_WORDS:
        return head
    return f"“{flat}”" if len(flat) <= TITLE_LIMIT and not flat.endswith("?") else None


def suggested(papers: Iterable[Paper]) -> tuple[str, ...]:
    """Make up to four questions, about papers spread over the first of the library; the same library, the same ones."""
    names = list(dict.fromkeys(found for paper in islice(papers, SEEN) if (found := name(paper.title))))
    short = [found for found in names if not found.startswith("“")]
    pool = short if len(short) >= len(FORMS) else names
    step = max(1, len(pool) // len(FORMS))
    return tuple(form.format(called) for form, called in zip(FORMS, pool[::step], strict=False))
