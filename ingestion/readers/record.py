"""One record of fields becomes a paper, or a refusal that says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ingestion.paper import MAX_ABSTRACT, MAX_TITLE, Paper, Refusal, paper_id
from ingestion.readers.latex import unicode_of
from ingestion.readers.names import names_of

# Our field, and the names under which other programs write it; they count without case, spaces and punctuation.
SYNONYMS = {
    "id": ("id", "_id", "paper_id"),
    "title": ("title", "article title", "document title", "paper title"),
    "abstract": ("abstract", "text", "summary", "abstract note", "abstract text"),
    "authors": ("authors", "author", "author full names", "author names"),
    "year": ("year", "publication year", "pub year", "date", "published", "publication date", "cover date"),
    "venue": (
        *("venue", "journal", "journal-ref", "journal title", "journal/book", "source title"),
        *("publication title", "publication name", "container title", "booktitle", "conference name"),
    ),
    "doi": ("doi", "digital object identifier"),
    "arxiv_id": ("arxiv_id", "arxiv"),
    "pubmed_id": ("pubmed_id", "pmid", "pubmed"),
    "url": ("url", "link", "pdf link", "urls"),
    "categories": ("categories", "category", "subjects", "keywords", "author keywords", "mesh terms"),
}
ARXIV = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Za-z-]+)?/\d{7})(?=v\d|\W|$)", re.IGNORECASE)
ARXIV_URL = re.compile(rf"arxiv\.org/(?:abs|pdf)/({ARXIV.pattern})", re.IGNORECASE)
ARXIV_DOI = re.compile(rf"10\.48550/arxiv\.({ARXIV.pattern})", re.IGNORECASE)
DOI_URL = re.compile(r"(https?://(dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
OF_ARXIV = re.compile(r"[a-z-]+\.[A-Za-z-]+( [a-z-]+(\.[A-Za-z-]+)?)*")
PUBMED = re.compile(r"^(?:https?://\S*/(?=\d+/?$)|pmid:?\s*)?(\d+)/?$", re.IGNORECASE)
MAX_CATEGORIES = 100


@lru_cache(4096)
def squashed(name: str) -> str:
    """Give a field's name without case, spaces and punctuation: "Journal-Ref" and "journal_ref" are one."""
    return re.sub(r"[\W_]+", "", name).casefold()


FIELDS = {squashed(name): field for field, names in SYNONYMS.items() for name in names}


def paper_from_record(record: Any, source: str, line: int | None) -> Paper | Refusal:  # noqa: ANN401 (any JSON value)
    """Make a paper of a decoded record. Raises nothing: what does not fit comes back as a refusal."""
    if not isinstance(record, dict):
        return Refusal(source, line, f"is {_kind(record)}, not an object with title and abstract")
    fields = _fields(record)
    for name in ("title", "abstract"):
        if name not in fields:
            return Refusal(source, line, f"has no {name}")
        if not isinstance(fields[name], str):
            return Refusal(source, line, f"its {name} is {_kind(fields[name])}, not text")
    if problem := _damage(fields["title"]) or _damage(fields["abstract"]):
        return Refusal(source, line, problem)
    title, abstract = " ".join(unicode_of(fields["title"]).split()), fields["abstract"].strip()
    if problem := _problem(title, abstract):
        return Refusal(source, line, problem)
    authors, doi, url = names_of(fields.get("authors")), _text(fields.get("doi")), _text(_one(fields.get("url")))
    doi = DOI_URL.sub("", doi, count=1) or None if doi else None
    of_arxiv = ARXIV_DOI.fullmatch(doi) if doi else None
    pubmed_id = PUBMED.sub(r"\1", _text(fields.get("pubmed_id")) or "") or None
    arxiv_id = _arxiv_id(_text(fields.get("arxiv_id")), of_arxiv, url)
    return Paper(
        # arXiv's own DOI says no more than its id, which most sources give instead.
        id=_text(fields.get("id")) or paper_id(title, authors, None if of_arxiv else doi, arxiv_id, pubmed_id, abstract),
        title=title,
        abstract=abstract,
        authors=authors,
        year=_year(fields.get("year")),
        venue=_venue(fields.get("venue")),
        doi=doi,
        arxiv_id=arxiv_id,
        url=url,
        source=source,
        categories=_categories(fields.get("categories")),
        pubmed_id=pubmed_id,
    )


def _fields(record: Mapping[Any, Any]) -> dict[str, Any]:
    """Pick our fields out of a record; of several names for one, that which stands first in SYNONYMS."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        name = squashed(key) if isinstance(key, str) else ""
        if name in FIELDS and value not in (None, "", []):
            found.setdefault(name, value)
    return {
        field: next(found[squashed(name)] for name in names if squashed(name) in found)
        for field, names in SYNONYMS.items()
        if any(squashed(name) in found for name in names)
    }


def _damage(text: str) -> str | None:
    """Say what no database can hold, or None."""
    # JSON can hold half of a surrogate pair, which no file can.
    if not text.isascii() and re.search("[\ud800-\udfff]", text):
        return "has a broken Unicode character (a lone surrogate) in its title or abstract"
    return "has a zero character in its title or abstract" if "\0" in text else None


def _problem(title: str, abstract: str) -> str | None:
    """Say what keeps a title and an abstract from being a paper, or None."""
    if not title:
        return "has an empty title"
    if not abstract:
        return "has an empty abstract"
    if len(title) > MAX_TITLE:
        return f"has a title of {len(title):,} characters; at most {MAX_TITLE:,} are a title"
    if len(abstract) > MAX_ABSTRACT:
        return f"has an abstract of {len(abstract):,} characters; at most {MAX_ABSTRACT:,} are an abstract"
    return None


def _arxiv_id(given: str | None, of_doi: re.Match[str] | None, url: str | None) -> str | None:
    """Give the id without "arXiv:" and version, from the first of the places that has one."""
    if given:
        given = re.sub(r"^(https?://(www\.)?arxiv\.org/(abs|pdf)/|arxiv:)", "", given, flags=re.IGNORECASE)
        return re.sub(r"v\d+$", "", given) or None
    if of_doi:
        return of_doi.group(1)
    match = ARXIV_URL.search(url or "")
    return match.group(1) if match else None


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).encode("utf-8", "ignore").decode().replace("\0", "").strip()[:MAX_TITLE] or None


def _one(value: object) -> object:
    return next(iter(value), None) if isinstance(value, list | tuple) else value


def _venue(value: object) -> str | None:
    venue = _text(value)
    return " ".join(unicode_of(venue).split()) if venue else None


def _categories(value: object) -> tuple[str, ...]:
    """Read categories from a list, or from a string with semicolons, else commas, else (as arXiv has it) spaces between."""
    if isinstance(value, str):
        between = next((mark for mark in ";," if mark in value), " " if OF_ARXIV.fullmatch(value) else "\n")
        value = value.split(between)
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict.fromkeys(name for item in value[:MAX_CATEGORIES] if (name := _text(item))))


def _year(value: object) -> int | None:
    """Read a year from a number, or from a date, at whose start it stands or, as in "2 Apr 2007", later on."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = re.match(r"\s*([12]\d{3})(?!\d)", str(value)) or re.search(r"(?<!\d)((?:1[5-9]|20)\d\d)(?!\d)", str(value)[:100])
    return int(match.group(1)) if match else None
