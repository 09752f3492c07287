"""One record of fields becomes a paper, or a refusal that says what is wrong with it."""

from __future__ import annotations

import re
from typing import Any

from ingestion.paper import MAX_ABSTRACT, MAX_TITLE, Paper, Refusal, paper_id

# Our field, and the names under which other programs write it.
SYNONYMS = {
    "id": ("id", "_id", "paper_id"),
    "title": ("title",),
    "abstract": ("abstract", "text", "summary"),
    "authors": ("authors", "author"),
    "year": ("year", "publication_year", "date", "published"),
    "venue": ("venue", "journal", "journal-ref"),
    "doi": ("doi", "DOI"),
    "arxiv_id": ("arxiv_id",),
    "url": ("url", "link"),
}


def paper_from_record(record: Any, source: str, line: int | None) -> Paper | Refusal:  # noqa: ANN401 (any JSON value)
    """Make a paper of a decoded record. Raises nothing: what does not fit comes back as a refusal."""
    if not isinstance(record, dict):
        return Refusal(source, line, f"is {_kind(record)}, not an object with title and abstract")
    fields = {name: _first(record, keys) for name, keys in SYNONYMS.items()}
    for name in ("title", "abstract"):
        if fields[name] is None:
            return Refusal(source, line, f"has no {name}")
        if not isinstance(fields[name], str):
            return Refusal(source, line, f"its {name} is {_kind(fields[name])}, not text")
    # JSON can hold half of a surrogate pair, which no file or database can.
    if any("\ud800" <= c <= "\udfff" for name in ("title", "abstract") for c in fields[name]):
        return Refusal(source, line, "has a broken Unicode character (a lone surrogate) in its title or abstract")
    title, abstract = " ".join(fields["title"].split()), fields["abstract"].strip()
    if problem := _problem(title, abstract):
        return Refusal(source, line, problem)
    authors, doi = _authors(fields["authors"]), _text(fields["doi"])
    doi = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:)", "", doi, flags=re.IGNORECASE) if doi else None
    arxiv_id = _text(fields["arxiv_id"])
    arxiv_id = re.sub(r"^(https?://arxiv\.org/(abs|pdf)/|arxiv:)", "", arxiv_id, flags=re.IGNORECASE) if arxiv_id else None
    return Paper(
        id=_text(fields["id"]) or paper_id(title, authors, doi, arxiv_id),
        title=title,
        abstract=abstract,
        authors=authors,
        year=_year(fields["year"]),
        venue=_text(fields["venue"]),
        doi=doi,
        arxiv_id=arxiv_id,
        url=_text(fields["url"]),
        source=source,
    )


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


def _first(record: dict[str, Any], keys: tuple[str, ...]) -> Any:  # noqa: ANN401 (any JSON value)
    return next((record[key] for key in keys if record.get(key) not in (None, "", [])), None)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).encode("utf-8", "ignore").decode().strip()[:MAX_TITLE] or None


def _authors(value: object) -> tuple[str, ...]:
    """Read names from a list of names or of ``{"name": …}`` objects, or from one string with ``and`` or ``;`` between."""
    if isinstance(value, str):
        value = re.split(r"\s+and\s+|\s*;\s*", value)
    if not isinstance(value, list):
        return ()
    names = (_text(item.get("name")) if isinstance(item, dict) else _text(item) for item in value)
    return tuple(name for name in names if name)


def _year(value: object) -> int | None:
    """Read a year from a number or from the start of a date."""
    match = re.match(r"\s*([12][0-9]{3})(?![0-9])", str(value)) if isinstance(value, str | int | float) else None
    return int(match.group(1)) if match else None
