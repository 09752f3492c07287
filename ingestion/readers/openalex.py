"""A work of OpenAlex, whose abstract is an index of words: each with the places where it stands."""

from __future__ import annotations

import html
import re
from typing import Any

from ingestion.paper import MAX_ABSTRACT

MARK = re.compile(r"</?(?:i|b|em|strong|sub|sup|scp|jats:\w+|mml:\w+)(?:\s[^<>]*)?>", re.IGNORECASE)
INDEX = "abstract_inverted_index"


def tells(record: dict[str, Any]) -> bool:
    """Tell a work by the index that stands for its abstract (and is null where there is none), or by its authorships."""
    return INDEX in record or "authorships" in record


def fields_of(record: dict[str, Any]) -> dict[str, Any]:
    """Give a work under our names. Its abstract's words stand a space apart, since the index has no spaces or line ends.

    Raises:
        ValueError: the index cannot be put together; the message says why, as the end of a sentence about the record.
    """
    source = _at(record, "primary_location", "source", "display_name") or _at(record, "host_venue", "display_name")
    places = [record.get("primary_location"), record.get("best_oa_location"), *_list(record.get("locations"))]
    pages = [page for place in places if isinstance(page := _at(place, "landing_page_url"), str)]
    return {
        "title": _plain(record.get("title") or record.get("display_name")),
        "abstract": _rebuilt(record.get(INDEX)),
        "authors": [_at(item, "author", "display_name") for item in _list(record.get("authorships"))],
        "year": record.get("publication_year") or record.get("publication_date"),
        "venue": source,
        "doi": record.get("doi"),
        "arxiv_id": next((page for page in pages if "arxiv.org/abs/" in page), None),
        "pubmed_id": _at(record, "ids", "pmid"),
        "url": next(iter(pages), None) or record.get("id"),
        "categories": [_at(topic, "display_name") for topic in _list(record.get("topics") or record.get("concepts"))],
    }


def _rebuilt(index: object) -> str | None:
    if index is None:
        return None
    if not isinstance(index, dict) or not all(isinstance(places, list) for places in index.values()):
        raise ValueError(f"has a broken {INDEX}: it is not words with the numbers of their places")
    if sum(map(len, index.values())) > MAX_ABSTRACT:
        raise ValueError(f"has an abstract of more than {MAX_ABSTRACT:,} words")
    words = [(place, word) for word, places in index.items() for place in places]
    if not all(isinstance(place, int) and not isinstance(place, bool) for place, _ in words):
        raise ValueError(f"has a broken {INDEX}: a place in it is not a whole number")
    words.sort()
    for expected, (place, _) in enumerate(words, start=words[0][0] if words else 0):
        if place != expected:  # a quote from an abstract with a hole would not be what the paper says
            raise ValueError(f"has an {INDEX} with no word, or more than one, at place {min(place, expected)}")
    return " ".join(word for _, word in words)


def _plain(title: object) -> object:
    """Take the marks of HTML out of a title: publishers leave "<i>E. coli</i> &amp; others" in."""
    return html.unescape(MARK.sub("", title)) if isinstance(title, str) else title


def _at(value: object, *path: str) -> Any:  # noqa: ANN401 (any JSON value)
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
