"""A paper as every room of the house knows it, and the refusal that takes its place when a record is no paper."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

MAX_TITLE = 2_000
MAX_ABSTRACT = 100_000
# Titles that many papers have, in folded words; the many with a journal's or a year's name in them are not listed.
GENERIC_TITLES = frozenset(
    re.split(
        r"\|",
        "abstract|abstracts|abstracts of papers|acknowledgements|acknowledgments|addendum|announcement|announcements"
        "|appendix|book review|book reviews|books received|comment|commentary|comments|conclusion|conclusions|contents"
        "|correction|corrections|correspondence|corrigenda|corrigendum|discussion|editor s note|editorial|editorial board"
        "|editorial comment|editorial note|editorials|editors note|errata|erratum|expression of concern|foreword"
        "|from the editor|from the editors|front matter|guest editorial|highlights|in brief|in memoriam|in this issue"
        "|index|introduction|introduction to the issue|introduction to the special issue|invited commentary|letter"
        "|letter to the editor|letters|letters to the editor|miscellaneous|news|news and views|no title|note|notes"
        "|obituary|opinion|overview|panel discussion|perspective|perspectives|poster abstracts|poster session|preface"
        "|preface to the special issue|proceedings|program committee|publisher s note|reply|research highlights|response"
        "|retraction|retraction note|review|special issue|summary|table of contents|untitled|viewpoint|welcome",
    )
)
LATER = ("categories", "pubmed_id")  # fields that older libraries lack: empty, they leave the fingerprint as it was


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper. ``abstract`` is the source's text, character for character, with only the ends trimmed."""

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str | None = None
    doi: str | None = None
    arxiv_id: str | None = None
    url: str | None = None
    source: str | None = None
    categories: tuple[str, ...] = ()
    pubmed_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the paper as the JSON object of the contract, in which unknown fields are null."""
        return {**asdict(self), "authors": list(self.authors) or None, "categories": list(self.categories) or None}

    def fingerprint(self) -> str:
        """Hash all that the paper says, but not where it was read: equal fingerprints mean there is nothing to update."""
        record = {key: value for key, value in asdict(self).items() if key not in LATER or value}
        del record["source"]
        return hashlib.sha256(json.dumps(record, ensure_ascii=True, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a source, or one record of it, did not become a paper. ``line`` counts from 1; None means the whole source."""

    source: str
    line: int | None
    reason: str


def is_generic(title: str) -> bool:
    """Tell a title such as "Editorial", which says nothing of which paper it is."""
    return " ".join(_words(title)) in GENERIC_TITLES


def paper_id(
    title: str,
    authors: tuple[str, ...] = (),
    doi: str | None = None,
    arxiv_id: str | None = None,
    pubmed_id: str | None = None,
    abstract: str = "",
) -> str:
    """Name a paper by what stays the same wherever it is read: DOI, else arXiv id, PubMed id, title and first author.

    The title counts without case, accents and punctuation. The abstract does not count, so that a corrected abstract
    updates its paper instead of adding another; but two papers called "Editorial" are told apart by nothing else.
    """
    if doi:
        return f"doi:{doi.lower()}"
    if arxiv_id:
        return f"arxiv:{re.sub(r'v[0-9]+$', '', arxiv_id)}"
    if pubmed_id:
        return f"pmid:{pubmed_id}"
    words = _words(title)
    key = " ".join(words) + ("|" + " ".join(_words(authors[0])) if authors else "")
    if abstract and is_generic(title):
        key += "|" + " ".join(_words(abstract))
    if not words:  # a title of symbols only: its characters are all there is to go by
        key += unicodedata.normalize("NFKC", title)
    digest = hashlib.sha256(key.encode()).hexdigest()[:8]
    slug = re.sub(r"[^a-z0-9]+", "-", " ".join(words[:6])).strip("-")[:48].rstrip("-")
    return f"{slug}-{digest}" if slug else digest


def _words(text: str) -> list[str]:
    """Split into lower-case words without accents or punctuation."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))
