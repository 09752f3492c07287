"""Records of one paper become one: what each field says, and under which id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ingestion.identity import KINDS, Traits, strong_keys
from ingestion.paper import Paper, paper_id
from ingestion.people import name_of, same_person

Value = TypeVar("Value")

PREPRINT_VENUE = re.compile(
    r"(arxiv|corr|biorxiv|medrxiv|chemrxiv|ssrn|research square|preprints?(\.org)?)\b", re.IGNORECASE
)
CUT = re.compile(r"\s*(\.{3}|…|\[\.{3}\]|\[…\])\s*$")


@dataclass(frozen=True, slots=True)
class Record:
    """What sources say of a paper under one id of a record: ``turn`` counts up with each that is new to the library."""

    paper: Paper
    sources: tuple[str, ...] = ()
    turn: int = 0

    @property
    def id(self) -> str:
        """The id under which it was read."""
        return self.paper.id


def current(versions: Iterable[Record]) -> Record:
    """Give the one record that versions under one id come to: the newest, with what only older ones have.

    Its abstract is an older one's only where it is that one cut off. ``versions`` must not be empty.
    """
    newest, *older = sorted(versions, key=lambda version: -version.turn)
    papers = [newest.paper, *(version.paper for version in older)]
    abstract = _uncut([paper.abstract for paper in papers], everywhere=False)
    return replace(newest, paper=replace(_filled(papers), abstract=abstract), sources=_all_sources([newest, *older]))


def merged(records: Iterable[Paper]) -> Paper:
    """Give the paper that records of one paper come to, whatever order they come in. Their ids must differ.

    Its id and, where it has one, each field is that of the record with the strongest id; an abstract that is the beginning
    of another record's gives way to that one, a preprint server as venue to a journal, and initials to the same authors'
    names in full. Categories are put together.
    """
    papers = sorted(records, key=_rank)
    if len(papers) == 1:
        return papers[0]
    paper = replace(
        _filled(papers),
        abstract=_uncut([paper.abstract for paper in papers], everywhere=True),
        authors=_in_full([paper.authors for paper in papers if paper.authors]),
        venue=_first(sorted((p.venue for p in papers if p.venue), key=lambda venue: bool(PREPRINT_VENUE.match(venue)))),
        categories=tuple(dict.fromkeys(name for paper in papers for name in paper.categories)),
    )
    dois = sorted((p.doi for p in papers if p.doi), key=lambda doi: "doi" not in strong_keys(Paper("", "", "", doi=doi)))
    return replace(paper, doi=_first(dois))


def traits(record: Record) -> Traits:
    """Give what a record shows of its paper."""
    paper = record.paper
    made = paper_id(paper.title, paper.authors, paper.doi, paper.arxiv_id, paper.pubmed_id, paper.abstract)
    is_number = re.match(r"(doi|arxiv|pmid):", paper.id) is not None
    return Traits(paper, own=not is_number and paper.id != made, sources=frozenset(record.sources))


def _rank(paper: Paper) -> tuple[int, str]:
    """Order ids: a DOI's, arXiv's, PubMed's, a preprint's DOI, and last those that say nothing."""
    kinds = list(strong_keys(Paper(paper.id, "", "")))
    return (list(KINDS).index(kinds[0]) if kinds else len(KINDS), paper.id)


def _filled(papers: Sequence[Paper]) -> Paper:
    """Give the first paper with each field that it lacks from the first that has it."""
    names = ("authors", "year", "venue", "doi", "arxiv_id", "url", "source", "categories", "pubmed_id")
    filled = {name: next((v for paper in papers if (v := getattr(paper, name))), getattr(papers[0], name)) for name in names}
    return replace(papers[0], **filled)


def _uncut(abstracts: Sequence[str], *, everywhere: bool) -> str:
    """Give the first abstract, or the longest that begins with it: ``everywhere``, or if it visibly breaks off."""
    chosen = abstracts[0]
    for abstract in abstracts[1:]:
        short, long = (" ".join(CUT.sub("", text).split()) for text in (chosen, abstract))
        breaks_off = CUT.search(chosen) is not None or short[-1:].isalnum() or short[-1:] in ",-–"
        if len(long) > len(short) and long.startswith(short) and (everywhere or breaks_off):
            chosen = abstract
    return chosen


def _in_full(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Give the first list of authors, or the longest way to write the same ones."""
    if not lists:
        return ()
    names = [[name_of(author) for author in authors] for authors in lists]
    same = [
        authors
        for authors, these in zip(lists, names, strict=True)
        if len(these) == len(names[0]) and all(a and b and same_person(a, b) for a, b in zip(these, names[0], strict=True))
    ]
    return max(same or lists[:1], key=lambda authors: len("".join(authors)))


def _all_sources(records: Iterable[Record]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for record in records for source in record.sources))


def _first(values: Sequence[Value]) -> Value | None:
    return values[0] if values else None
