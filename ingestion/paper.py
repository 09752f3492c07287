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

    def to_dict(self) -> dict[str, Any]:
        """Give the paper as the JSON object of the contract, in which unknown fields are null."""
        return {**asdict(self), "authors": list(self.authors) or None}

    def fingerprint(self) -> str:
        """Hash all that the paper says, but not where it was read: equal fingerprints mean there is nothing to update."""
        record = {key: value for key, value in asdict(self).items() if key != "source"}
        return hashlib.sha256(json.dumps(record, ensure_ascii=True, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a source, or one record of it, did not become a paper. ``line`` counts from 1; None means the whole source."""

    source: str
    line: int | None
    reason: str


def paper_id(title: str, authors: tuple[str, ...] = (), doi: str | None = None, arxiv_id: str | None = None) -> str:
    """Name a paper by what stays the same wherever it is read: its DOI, else arXiv id, else title and first author.

    The title counts without case, accents and punctuation. The abstract does not count, so that a corrected abstract
    updates its paper instead of adding another.
    """
    if doi:
        return f"doi:{doi.lower()}"
    if arxiv_id:
        return f"arxiv:{re.sub(r'v[0-9]+$', '', arxiv_id)}"
    words = _words(title)
    key = " ".join(words) + ("|" + " ".join(_words(authors[0])) if authors else "")
    if not words:  # a title of symbols only: its characters are all there is to go by
        key += unicodedata.normalize("NFKC", title)
    digest = hashlib.sha256(key.encode()).hexdigest()[:8]
    slug = re.sub(r"[^a-z0-9]+", "-", " ".join(words[:6])).strip("-")[:48].rstrip("-")
    return f"{slug}-{digest}" if slug else digest


def _words(text: str) -> list[str]:
    """Split into lower-case words without accents or punctuation."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))
