"""Limits that no paper of a library can meet are told at once, with the values that there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Literal

from ingestion.catalogue import Catalogue
from ingestion.errors import LibraryError
from ingestion.filters import Filters, stem
from ingestion.folding import folded

Column = Literal["venue", "categories", "authors"]

SHOWN = 10  # values in a message
CLOSE = 0.6  # of difflib's likeness, 0 to 1


def check(catalogue: Catalogue, filters: Filters) -> None:
    """Raise LibraryError for a venue, category or author that no paper has."""
    one: tuple[tuple[Column, str, Sequence[str], Callable[[str], Filters]], ...] = (
        ("venue", "from the venue", filters.venues, lambda name: Filters(venues=(name,))),
        ("categories", "of the category", filters.categories, lambda name: Filters(categories=(name,))),
        ("authors", "by the author", filters.authors, lambda name: Filters(authors=(name,))),
    )
    for column, words, names, limited_to in one:
        for name in names:
            if not catalogue.ids(limited_to(name)):
                there_are = _there_are(catalogue, column, name)
                raise LibraryError(f"No paper of the library is {words} {name!r}. {there_are}", absent=True)


def nothing_fits(catalogue: Catalogue, filters: Filters, *, among: int = 0) -> str:
    """Say which limits no paper meets, though each name of them is known, and which years there are.

    Args:
        catalogue: the papers.
        filters: the limits.
        among: how many papers were named, that must meet them; 0 means that none was.
    """
    span = catalogue.span()
    years = "no paper tells its year" if span is None else f"the papers that tell their year are from {span[0]} to {span[1]}"
    others = among or filters.venues or filters.categories or filters.authors
    is_dated = filters.year_from is not None or filters.year_to is not None
    if is_dated and not (others and catalogue.ids(Filters(filters.year_from, filters.year_to))):
        return f"No paper of the library is from these years: {years}."
    return f"No paper of the library meets all limits at once{f'; {years}' if is_dated else ''}. Leave one of them out."


def _there_are(catalogue: Catalogue, column: Column, wanted: str) -> str:
    counts: Counter[str] = catalogue.values(column)
    what = {"venue": "venues", "categories": "categories", "authors": "authors"}[column]
    if not counts:
        return f"No paper tells its {what}."
    plain = stem if column == "venue" else folded
    names = {plain(name): name for name in reversed(list(counts))}
    close = [names[name] for name in get_close_matches(plain(wanted), names, n=3, cutoff=CLOSE)]
    if close:
        return f"Did you mean {' or '.join(close)}?"
    common = counts.most_common(SHOWN)
    more = f", and {len(counts) - len(common):,} more" if len(counts) > len(common) else ""
    return f"Its {what} are: {', '.join(f'{name} ({count})' for name, count in common)}{more}."
