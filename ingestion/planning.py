"""Changed records become changed papers: what an ingestion has to write, in parts that are each written at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingestion.catalogue import Catalogue, Entry
from ingestion.grouping import group, linked
from ingestion.identity import KINDS, Traits, reason
from ingestion.merging import Record, current, merged, traits
from ingestion.paper import Paper
from ingestion.report import Merge


@dataclass(frozen=True, slots=True)
class Part:
    """Papers that gain and lose records to one another, and what there is to report of them."""

    entries: Sequence[Entry]
    leaving: Sequence[str]
    added: int
    updated: int
    unchanged: int
    merged: Sequence[Merge]


def planned(changed: Mapping[str, Sequence[Record]], catalogue: Catalogue, *, everything: bool = False) -> list[Part]:
    """Group changed records with all that may be of the same papers, and say what must be written.

    Args:
        changed: all versions of each record that is new or changed, by its id.
        catalogue: the papers there are; it is not changed.
        everything: group all records anew.

    Raises:
        LibraryError: the catalogue cannot be read.
    """
    known = catalogue.records
    ids = {*changed, *known.ids()} if everything else _neighbours(changed, catalogue)
    versions = {**known.versions(ids - changed.keys()), **changed}
    before = known.paper_ids(ids)
    members_before = known.of_papers(before.values())
    arrival = {id_: number for number, id_ in enumerate(changed)}
    news: list[_New] = []
    for found in group(traits(current(of_record)) for of_record in versions.values()):
        new = _New(merged(t.paper for t in found), found, {id_: versions[id_] for t in found if (id_ := t.paper.id)})
        if changed.keys() & new.records.keys() or members_before.get(new.paper.id) != set(new.records):
            news.append(new)
    news.sort(key=lambda new: min(arrival.get(id_, len(arrival)) for id_ in new.records))
    old = {paper.id: paper for paper in catalogue.papers({*before.values(), *(new.paper.id for new in news)})}
    parts = linked(news, lambda new: {new.paper.id, *(before[id_] for id_ in new.records if id_ in before)})
    return [_part(part, before, old, changed) for part in parts]


@dataclass(frozen=True, slots=True)
class _New:
    """A paper as it shall be, of these records."""

    paper: Paper
    traits: Sequence[Traits]
    records: Mapping[str, Sequence[Record]]


def _part(
    news: Sequence[_New], before: Mapping[str, str], old: Mapping[str, Paper], changed: Mapping[str, Sequence[Record]]
) -> Part:
    entries: list[Entry] = []
    merges: list[Merge] = []
    added = updated = unchanged = 0
    for new in news:
        paper, here = new.paper, old.get(new.paper.id)
        is_indexed = here is not None and (here.title, here.abstract) == (paper.title, paper.abstract)
        entries.append(Entry(paper, new.records, "ready" if is_indexed else "pending"))
        if not before.keys() & new.records.keys():
            added += 1
        elif here is None or here.fingerprint() != paper.fingerprint():
            updated += 1
        else:
            unchanged += len(changed.keys() & new.records.keys())
        merges += _merges(new, before, changed)
    were = {before[id_] for new in news for id_ in new.records if id_ in before}
    leaving = sorted(were - {new.paper.id for new in news})
    return Part(entries, leaving, added, updated, unchanged, merges)


def _merges(new: _New, before: Mapping[str, str], changed: Mapping[str, Sequence[Record]]) -> Iterator[Merge]:
    """Report the records that are of one paper with its main one since now, and those that several sources have."""
    main = new.paper.id
    sources = {id_: [source for version in versions for source in version.sources] for id_, versions in new.records.items()}
    for record in new.traits:
        id_, versions = record.paper.id, new.records[record.paper.id]
        if id_ != main and not (id_ in before and before[id_] == before.get(main)):
            by = next((by for other in new.traits if other is not record and (by := reason(record, other))), "its id")
            yield Merge(id_, main, _named(sources[id_] + sources[main]), by)
        elif id_ in changed and len(versions) > 1:
            newest = max(versions, key=lambda version: version.turn)
            if id_ not in before or newest.paper.fingerprint() != record.paper.fingerprint():
                number = next((f"{KINDS[kind]} {value}" for kind, value in record.strong.items()), "its id")
                yield Merge(id_, main, _named(sources[id_]), number)


def _named(sources: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, sources)))


def _neighbours(changed: Mapping[str, Sequence[Record]], catalogue: Catalogue) -> set[str]:
    """Find the records that a chain of shared keys, or a paper that they are of, links to changed ones."""
    known = catalogue.records
    found, unseen = set(changed), set(changed)
    keys = {key for versions in changed.values() for key in traits(current(versions)).keys}
    looked_up: set[str] = set()
    while unseen:
        keys |= known.keys(unseen)
        of_same_papers = known.of_papers(known.paper_ids(unseen).values()).values()
        unseen = known.with_keys(keys - looked_up).union(*of_same_papers) - found
        looked_up |= keys
        found |= unseen
    return found
