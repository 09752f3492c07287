"""A paper of Semantic Scholar: its API, and its bulk data sets."""

from __future__ import annotations

from typing import Any

MARKS = ("paperId", "externalIds", "externalids", "corpusid")
AROUND = ("citingPaper", "citedPaper")  # lists of citations have the paper one level down


def tells(record: dict[str, Any]) -> bool:
    """Tell a paper by the names that only this service uses."""
    return any(mark in record for mark in MARKS + AROUND)


def fields_of(record: dict[str, Any]) -> dict[str, Any]:
    """Give a paper under our names. Its id is not kept: it says nothing outside the service."""
    record = next((record[key] for key in AROUND if isinstance(record.get(key), dict)), record)
    ids = next((value for key in ("externalIds", "externalids") if isinstance(value := record.get(key), dict)), {})
    known = {key.lower(): value for key, value in ids.items()}
    venues = (record.get("publicationVenue"), record.get("journal"))
    named = (venue["name"] for venue in venues if isinstance(venue, dict) and isinstance(venue.get("name"), str))
    fields = record.get("s2FieldsOfStudy") or record.get("s2fieldsofstudy") or []
    return {
        "title": record.get("title"),
        "abstract": record.get("abstract"),
        "authors": record.get("authors"),
        "year": record.get("year") or record.get("publicationDate") or record.get("publicationdate"),
        "venue": record.get("venue") or next(named, None),
        "doi": known.get("doi"),
        "arxiv_id": known.get("arxiv"),
        "pubmed_id": known.get("pubmed"),
        "url": record.get("url"),
        "categories": record.get("fieldsOfStudy")
        or list(dict.fromkeys(field.get("category") for field in fields if isinstance(field, dict)))
        if isinstance(fields, list)
        else None,
    }
