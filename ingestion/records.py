"""What the sources say: records in SQLite, each of one paper, found by their ids and by their keys."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ingestion import schema
from ingestion.database import Database
from ingestion.grouping import CROWD
from ingestion.merging import Record, current
from ingestion.paper import Paper


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a record as far as it must be known to tell whether another one is new."""

    turn: int
    fingerprint: str
    sources: tuple[str, ...]


class Records:
    """The tables of records and of their keys."""

    def __init__(self, database: Database) -> None:
        """Use a database's tables."""
        self._database = database

    def last_turn(self) -> int:
        """Give the turn of the newest version; 0 where there is none."""
        return int(self._database.rows("SELECT coalesce(max(turn), 0) FROM records")[0][0])

    def count(self) -> int:
        """Count the ids that records have."""
        return int(self._database.rows("SELECT count(DISTINCT id) FROM records")[0][0])

    def ids(self) -> list[str]:
        """List the ids of all records."""
        return [row[0] for row in self._database.rows("SELECT DISTINCT id FROM records")]

    def paper_ids(self, ids: Iterable[str]) -> dict[str, str]:
        """Map those records that are there to the papers they belong to."""
        return dict(self._database.rows_of("SELECT id, paper FROM records WHERE id IN ({})", ids))

    def of_papers(self, paper_ids: Iterable[str]) -> dict[str, set[str]]:
        """Map papers to the ids of their records."""
        found: dict[str, set[str]] = defaultdict(set)
        for paper, id_ in self._database.rows_of("SELECT paper, id FROM records WHERE paper IN ({})", paper_ids):
            found[paper].add(id_)
        return found

    def sources(self, paper_ids: Iterable[str] | None = None) -> dict[str, list[str]]:
        """Map papers, by default all, to the sources of their records, the first read first."""
        query = "SELECT paper, sources FROM records"
        rows: Iterable[tuple[str, str]] = (
            self._database.rows(f"{query} ORDER BY turn")
            if paper_ids is None
            else self._database.rows_of(query + " WHERE paper IN ({}) ORDER BY turn", paper_ids)
        )
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for paper, sources in rows:
            found[paper].update(dict.fromkeys(filter(None, json.loads(sources))))
        return {paper: list(names) for paper, names in found.items()}

    def heads(self, ids: Iterable[str]) -> dict[str, list[Version]]:
        """Map records to their versions, without what these say."""
        found: dict[str, list[Version]] = defaultdict(list)
        query = "SELECT id, turn, fingerprint, sources FROM records WHERE id IN ({})"
        for id_, turn, fingerprint, sources in self._database.rows_of(query, ids):
            found[id_].append(Version(turn, fingerprint, tuple(json.loads(sources))))
        return found

    def versions(self, ids: Iterable[str]) -> dict[str, list[Record]]:
        """Map records to their versions."""
        found: dict[str, list[Record]] = defaultdict(list)
        columns = ", ".join(f"p.{name}" for name in schema.FIELDS.split(", "))
        query = f"SELECT r.id, turn, sources, fields, {columns} FROM records r LEFT JOIN papers p ON p.id = r.paper"  # noqa: S608 (only our own words)
        for id_, turn, sources, fields, *row in self._database.rows_of(query + " WHERE r.id IN ({})", ids):
            paper = schema.paper_of(row) if fields is None else _read(fields)
            found[id_].append(Record(replace(paper, id=id_), tuple(source or "" for source in json.loads(sources)), turn))
        return found

    def keys(self, ids: Iterable[str]) -> set[str]:
        """Give all keys of records."""
        return {row[0] for row in self._database.rows_of("SELECT key FROM keys WHERE record IN ({})", ids)}

    def with_keys(self, keys: Iterable[str]) -> set[str]:
        """Give the ids of records that have one of the keys; those of a title that a crowd has are left out."""
        found: dict[str, list[str]] = defaultdict(list)
        for key, id_ in self._database.rows_of("SELECT key, record FROM keys WHERE key IN ({})", keys):
            found[key].append(id_)
        is_title = ("title:", "head:")
        return {id_ for key, ids in found.items() if len(ids) <= CROWD or not key.startswith(is_title) for id_ in ids}

    def put(self, db: sqlite3.Connection, paper: Paper, records: Mapping[str, Sequence[Record]]) -> None:
        """Write the records of a paper, with all their versions, in place of what stood under their ids."""
        alone = len(records) == 1 and all(len(versions) == 1 for versions in records.values())
        for id_, versions in records.items():
            db.execute("DELETE FROM records WHERE id = ?", [id_])
            rows = [
                (
                    *(version.turn, id_, paper.id, version.paper.fingerprint(), json.dumps(version.sources)),
                    None if alone and version.paper == paper else _written(version.paper),
                )
                for version in versions
            ]
            db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", rows)
        schema.write_keys(db, [current(versions).paper for versions in records.values()])

    def add_source(self, db: sqlite3.Connection, turn: int, sources: Collection[str]) -> None:
        """Note that a version was read in further places."""
        db.execute("UPDATE records SET sources = ? WHERE turn = ?", [json.dumps(list(sources)), turn])

    def forget(self, db: sqlite3.Connection, paper_ids: Sequence[str]) -> None:
        """Remove the records of papers."""
        for paper_id in paper_ids:
            db.execute("DELETE FROM keys WHERE record IN (SELECT id FROM records WHERE paper = ?)", [paper_id])
            db.execute("DELETE FROM records WHERE paper = ?", [paper_id])


def _written(paper: Paper) -> str:
    return json.dumps(asdict(paper), ensure_ascii=False)


def _read(fields: str) -> Paper:
    values: dict[str, Any] = json.loads(fields)
    return Paper(**{**values, "authors": tuple(values["authors"]), "categories": tuple(values["categories"])})
