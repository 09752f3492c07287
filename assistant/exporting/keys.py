"""Keys of papers in BibTeX: surname, year and a word of the title, as people write them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

from assistant.exporting.latex import plain
from ingestion.folding import words_of
from ingestion.paper import Paper

SMALL = frozenset(
    re.split(
        " ",
        "a an the of on for to in into and or with without from by at as is are be was were do does can could via towards"
        " toward how what why when where which who whether using its it this that these those not no",
    )
)
SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md"})
LONGEST = 24  # characters of a word


def keys(papers: Iterable[Paper]) -> dict[str, str]:
    """Give each paper's key by its id.

    A key depends on the paper alone, so that it is the same in every export; where two papers of one export would have
    the same, both end with some characters of the hash of their ids.
    """
    by_base: dict[str, list[str]] = {}
    for paper in papers:
        by_base.setdefault(_base(paper), []).append(paper.id)
    return {id_: key for base, ids in by_base.items() for id_, key in _told_apart(base, ids)}


def _base(paper: Paper) -> str:
    words = [word for word in _ascii(plain(paper.title)) if word not in SMALL] or _ascii(paper.id)
    name = _surname(paper.authors[0]) if paper.authors else None
    first = [name, str(paper.year or ""), *words[:1]] if name else [*words[:1], str(paper.year or ""), *words[1:2]]
    return "".join(part[:LONGEST] for part in first if part) or "paper"


def _surname(name: str) -> str | None:
    before = _ascii(name.partition(",")[0])
    words = [word for word in before if word not in SUFFIXES] or before
    return words[-1] if words else None


def _ascii(text: str) -> list[str]:
    return [word for word in words_of(text) if word.isascii()]


def _told_apart(base: str, ids: list[str]) -> Iterator[tuple[str, str]]:
    if len(ids) == 1:
        yield ids[0], base
        return
    hashes = {id_: hashlib.sha256(id_.encode("utf-8", "replace")).hexdigest() for id_ in ids}
    length = next(n for n in range(4, 65) if len({found[:n] for found in hashes.values()}) == len(hashes))
    yield from ((id_, f"{base}-{found[:length]}") for id_, found in hashes.items())
