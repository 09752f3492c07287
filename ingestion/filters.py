"""Limits on which papers a question is asked of: years, venues, categories, authors; and what of a paper they look at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from ingestion.errors import LibraryError
from ingestion.folding import folded, words_of
from ingestion.paper import Paper
from ingestion.people import Name, answers_to, name_of

YEAR = 100_000  # beyond it lies no year; SQLite takes no number of any length
BETWEEN = "\n"  # around each of several values in one column; no folded value holds it

Facets = tuple[int | None, str, str, str, str]  # a row: year, venue, its stem, categories, authors


@dataclass(frozen=True, slots=True)
class Filters:
    """What papers must answer to: all the fields that are given, and any one value of each.

    Venues and authors match without case, accents and punctuation; a venue also without volume, number and year ("Nature"
    is "Nature 521, 436 (2015)"); an author by surname or full name; a category whole or by its archive ("cs" is "cs.CL").
    """

    year_from: int | None = None
    year_to: int | None = None
    venues: Sequence[str] = ()
    categories: Sequence[str] = ()
    authors: Sequence[str] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is limited."""
        return any(getattr(self, field.name) not in (None, (), []) for field in fields(self))


def facets_of(paper: Paper) -> Facets:
    """Give what the filters look at."""
    names = [" ".join(name.words) for author in paper.authors if (name := name_of(author))]
    venue = " ".join(words_of(paper.venue or ""))
    return paper.year, venue, stem(venue), _listed(map(_category, paper.categories)), _listed(names)


def condition(filters: Filters) -> tuple[str, list[object]]:
    """Give the SQL condition on facets, and its values; authors must then be looked at by `has_author`.

    Raises:
        LibraryError: a venue, a category or an author has no letter or digit in it.
    """
    parts: list[str] = []
    values: list[object] = []
    for bound, comparison in ((filters.year_from, ">="), (filters.year_to, "<=")):
        if bound is not None:
            parts.append(f"year {comparison} ?")
            values.append(max(-YEAR, min(bound, YEAR)))
    venues = [" ".join(words_of(_said(venue, "venue"))) for venue in filters.venues]
    categories = [_category(_said(category, "category")) for category in filters.categories]
    alternatives: list[list[tuple[str, str]]] = [
        [(f"{column} = ?", venue) for venue in venues for column in ("venue", "stem")],
        [("instr(categories, ?)", f"{BETWEEN}{category}{end}") for category in categories for end in (BETWEEN, ".", "/")],
        [("instr(authors, ?)", name.surname) for name in names_of(filters.authors)],
    ]
    for options in filter(None, alternatives):
        parts.append(f"({' OR '.join(sql for sql, _ in options)})")
        values += [value for _, value in options]
    return " AND ".join(parts) or "1", values


def has_author(authors: str, wanted: Sequence[Name]) -> bool:
    """Tell whether one of a paper's authors, as `facets_of` gives them, answers to one of the wanted names."""
    for one in wanted:
        for line in authors.split(BETWEEN):
            if one.surname in line:
                *given, surname = line.split(" ")
                if answers_to(Name(tuple(given), surname), one):
                    return True
    return False


def names_of(authors: Sequence[str]) -> list[Name]:
    """Read the names of authors that someone asks for. Raises LibraryError for one without a letter or digit."""
    return [name for author in authors if (name := name_of(_said(author, "author")))]


def _said(text: str, what: str) -> str:
    if not words_of(text):
        raise LibraryError(f"{text!r} is no {what}: it has neither letters nor digits. Leave it out, or name one.")
    return text


def _category(name: str) -> str:
    return " ".join(folded(name).split())


def stem(venue: str) -> str:
    """Give a venue in folded words without the numbers behind it, and all that follows them, and a year before it."""
    return re.split(r" (?=\d)", re.sub(r"^(?:\d{4} )+", "", " ".join(words_of(venue))))[0]


def _listed(values: Sequence[str] | map[str]) -> str:
    return f"{BETWEEN}{BETWEEN.join(values)}{BETWEEN}"
