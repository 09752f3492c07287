"""Records that were read are held against those of the library: which are new or changed, and which must be refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ingestion.identity import clash
from ingestion.merging import Record, current, traits
from ingestion.paper import Paper, Refusal
from ingestion.records import Records, Version
from ingestion.report import IngestReport


@dataclass(slots=True)
class Sorted:
    """All versions of each record that is new or changed; and sources that need only be noted, by a version's turn."""

    changed: dict[str, list[Record]] = field(default_factory=dict)
    sources: dict[int, tuple[str, ...]] = field(default_factory=dict)


def sort_out(read: Iterable[Paper | Refusal], known: Records, report: IngestReport) -> Sorted:
    """Tell new and changed records from the rest, which goes to the report.

    A source has one version of a record: what it says anew takes the place of what it said before. Versions of different
    sources stand beside each other, unless one id was given to two papers: then the first is kept.
    """
    found, turn = Sorted(), known.last_turn()
    gathered = _gathered(read, report)
    heads = known.heads(gathered)
    suspects = [id_ for id_ in heads if not _noted(gathered[id_], heads[id_], found, report)]
    stored = known.versions(suspects)
    for id_, records in gathered.items():
        if id_ in heads and id_ not in stored:
            continue
        versions = _without(stored.get(id_, []), records)
        for record in records:
            same = next((v for v in versions if v.paper.fingerprint() == record.paper.fingerprint()), None)
            if same is not None:
                versions[versions.index(same)] = replace(same, sources=_joined(same.sources, record.sources))
            elif versions and clash(traits(current(versions)), traits(record)):
                report.refused.append(_refused(record.paper, versions[0].paper))
            else:
                turn += 1
                versions.append(replace(record, turn=turn))
        if versions != stored.get(id_):
            found.changed[id_] = versions
    return found


def _gathered(read: Iterable[Paper | Refusal], report: IngestReport) -> dict[str, list[Record]]:
    """Put what was read of each record together."""
    gathered: dict[str, list[Record]] = {}
    for paper in read:
        if isinstance(paper, Refusal):
            report.refused.append(paper)
            continue
        versions, source = gathered.setdefault(paper.id, []), paper.source or ""
        same = next((n for n, v in enumerate(versions) if v.paper.fingerprint() == paper.fingerprint()), None)
        if same is not None:
            versions[same] = replace(versions[same], sources=_joined(versions[same].sources, (source,)))
            report.unchanged += 1
        elif any(source in version.sources for version in versions):
            # Taking the later one would change the library at every repetition.
            reason = f"has the same id as a paper before it, {paper.id}, but says something else; the first is kept"
            report.refused.append(Refusal(source, None, f"{reason}: {paper.title[:80]}"))
        else:
            versions.append(Record(paper, (source,)))
    return gathered


def _noted(records: Sequence[Record], heads: Sequence[Version], found: Sorted, report: IngestReport) -> bool:
    """Tell whether all that was read of a record is in the library as it is; if so its sources are noted."""
    by_fingerprint = {head.fingerprint: head for head in heads}
    sources: dict[int, tuple[str, ...]] = {}
    for record in records:
        head = by_fingerprint.get(record.paper.fingerprint())
        if head is None or any(source in other.sources for other in heads if other is not head for source in record.sources):
            return False
        if set(record.sources) - set(head.sources):
            sources[head.turn] = _joined(head.sources, record.sources)
    found.sources.update(sources)
    report.unchanged += len(records)
    return True


def _without(versions: Sequence[Record], records: Sequence[Record]) -> list[Record]:
    """Take from versions the sources that say something new; one that no source says any more is dropped."""
    said = {source: record.paper.fingerprint() for record in records for source in record.sources}
    left = []
    for version in versions:
        fingerprint = version.paper.fingerprint()
        sources = tuple(source for source in version.sources if said.get(source, fingerprint) == fingerprint)
        if sources:
            left.append(version if sources == version.sources else replace(version, sources=sources))
    return left


def _joined(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))


def _refused(paper: Paper, other: Paper) -> Refusal:
    reason = f"has the id of another paper, {other.id} ({other.title[:80]}), which is kept; give it an id of its own"
    return Refusal(paper.source or "", None, f"{reason}: {paper.title[:80]}")
