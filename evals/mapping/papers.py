"""Papers found by whatever names them: an id, a DOI, an arXiv or PubMed number, an address, a title."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.paper import Paper, paper_id

DOI = re.compile(r"10\.\d{4,9}/\S+")
ARXIV = re.compile(
    r"(?:^|arxiv[:./]|arxiv\.org/(?:abs|pdf)/)([a-z.-]+/\d{7}|\d{4}\.\d{4,5})(?:v\d+)?(?:\.pdf)?$", re.IGNORECASE
)
PUBMED = re.compile(r"(?:pubmed\D*/|^pmid:?\s*)(\d+)/?$", re.IGNORECASE)


class PaperIndex:
    """An index of papers by their names. A name that two papers share names neither."""

    def __init__(self) -> None:
        """Begin without papers."""
        self._papers: dict[str, Paper | None] = {}

    def add(self, paper: Paper, *names: str) -> None:
        """Add a paper under its id, DOI, arXiv id, address and title, and under further names as they stand."""
        known = [*names]
        for value in (paper.id, paper.doi, paper.arxiv_id, paper.url):
            known += _numbers(value or "")
        for name in {*known, paper_id(paper.title)}:
            other = self._papers.setdefault(name, paper)
            if other is None or other.id != paper.id:
                self._papers[name] = None

    def find(self, reference: str) -> Paper | None:
        """Find the one paper that a reference names, None when there is none or there are several."""
        names = (*_numbers(reference), paper_id(reference))
        return next((paper for name in names if (paper := self._papers.get(name)) is not None), None)


def _numbers(text: str) -> Iterator[str]:
    """Give the names that a text holds, the text itself first. An id of an arXiv or DOI paper is made as ingestion does."""
    text = text.strip()
    if text:
        yield text
    if match := DOI.search(text):
        yield paper_id("", doi=match.group().rstrip(".,;)"))
    if match := ARXIV.search(text):
        yield paper_id("", arxiv_id=match.group(1))
    if match := PUBMED.search(text):
        yield f"pmid:{match.group(1)}"
