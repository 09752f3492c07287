"""The catalogue: every paper, in SQLite. It alone is the truth; vectors and words can be made again from it.

A paper's row is written as ``pending`` before anything is indexed, becomes ``ready`` once vectors and words hold it, and
is ``leaving`` while they are emptied of it. Whatever a killed process left half-way is therefore known by name.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingestion import filters as filtering
from ingestion import schema
from ingestion.database import Database
from ingestion.filters import Filters
from ingestion.identity import strong_keys
from ingestion.merging import Record
from ingestion.paper import Paper
from ingestion.records import Records

State = Literal["pending", "ready", "leaving"]

COLUMNS = f"{schema.FIELDS}, state, fingerprint"
NAMES = COLUMNS.split(", ")
VALUES = f"({', '.join('?' * len(NAMES))})"
SET = ", ".join(f"{name} = excluded.{name}" for name in NAMES[1:])
UPSERT = f"INSERT INTO papers ({COLUMNS}) VALUES {VALUES} ON CONFLICT (id) DO UPDATE SET {SET}"  # noqa: S608 (only our own words)

Order = Literal["newest here", "oldest here", "title", "year", "venue"]
ORDERS: dict[Order, str] = {
    "newest here": "number DESC",
    "oldest here": "number",
    "title": "title COLLATE NOCASE, number",
    "year": "year IS NULL, year DESC, number DESC",
    "venue": "venue IS NULL, venue COLLATE NOCASE, number",
}
HOLDS = "(title || ' ' || authors || ' ' || coalesce(venue, '')) LIKE ? ESCAPE '\\'"
LIKE = re.compile(r"[%_\\]")  # what LIKE reads as signs


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper to be written, with all its records and their versions; ``state`` is ready where nothing must be indexed."""

    paper: Paper
    records: Mapping[str, Sequence[Record]]
    state: State = "pending"


class Catalogue:
    """The table of papers, and those about them. Not safe to share between threads; open one for each."""

    def __init__(self, path: Path, *, create: bool) -> None:
        """Open the file, making it when ``create``. Raises LibraryError when it is no catalogue, or a newer one."""
        self._database = Database(path, create=create)
        self._db = self._database.connection
        self.records = Records(self._database)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def meta(self, key: str) -> str | None:
        """Read one remark about the library, such as its embedder."""
        rows = self._database.rows("SELECT value FROM meta WHERE key = ?", [key])
        return str(rows[0][0]) if rows else None

    def set_meta(self, key: str, value: str | None) -> None:
        """Write one remark about the library, or take it back."""
        self.swap({key: value})

    def swap(self, remarks: Mapping[str, str | None]) -> None:
        """Write several remarks in one transaction; None takes one back."""
        with self._database.writing() as db:
            db.executemany("DELETE FROM meta WHERE key = ?", [(key,) for key in remarks])
            rows = [(key, value) for key, value in remarks.items() if value is not None]
            db.executemany("INSERT INTO meta VALUES (?, ?)", rows)

    def faults(self) -> list[str]:
        """Say what SQLite finds wrong with the file; nothing where it is sound."""
        found = [str(row[0]) for row in self._database.rows("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def copy(self, path: Path) -> None:
        """Write a copy of the file, consistent whatever is being written. Raises LibraryError."""
        self._database.copy(path)

    def count(self) -> int:
        """Count the papers."""
        return int(self._database.rows("SELECT count(*) FROM papers WHERE state != 'leaving'")[0][0])

    def unsettled(self) -> int:
        """Count the papers that are neither wholly in nor wholly out."""
        return int(self._database.rows("SELECT count(*) FROM papers WHERE state != 'ready'")[0][0])

    def papers(self, ids: Iterable[str] | None = None, state: State | None = None) -> Iterator[Paper]:
        """Yield all papers in order of arrival, or those with the given ids (in the same order) or in the given state."""
        select = f"SELECT {schema.FIELDS} FROM papers WHERE "  # noqa: S608 (only our own words)
        if ids is not None:
            rows = self._database.rows_of(select + "id IN ({}) AND state != 'leaving' ORDER BY number", ids)
        elif state is not None:
            rows = iter(self._database.rows(select + "state = ? ORDER BY number", [state]))
        else:
            rows = iter(self._database.rows(select + "state != 'leaving' ORDER BY number"))
        return map(schema.paper_of, rows)

    def listing(self, order: Order, start: int, count: int, words: str = "") -> tuple[int, list[Paper]]:
        """Give a stretch of the papers in some order, and how many there are in all.

        ``words`` leaves out papers that do not hold each of them in title, authors or venue; upper and lower case count the
        same in ASCII letters.
        """
        parts = words.split()
        where = " AND ".join(["state != 'leaving'", *([HOLDS] * len(parts))])
        values = [f"%{LIKE.sub(_escaped, part)}%" for part in parts]
        total = int(self._database.rows(f"SELECT count(*) FROM papers WHERE {where}", values)[0][0])  # noqa: S608 (only our own words)
        select = f"SELECT {schema.FIELDS} FROM papers WHERE {where} ORDER BY {ORDERS[order]} LIMIT ? OFFSET ?"  # noqa: S608 (as above)
        return total, [schema.paper_of(row) for row in self._database.rows(select, [*values, count, start])]

    def find(self, name: str) -> str | None:
        """Give the id of the paper that has an id, or a record under it, or the number that it says; None if none has."""
        here = "SELECT id FROM papers WHERE state != 'leaving' AND id "
        number = Paper(name, "", "", doi=name, arxiv_id=name)
        keys = [f"{kind}:{value}" for kind, value in strong_keys(number).items()]
        of_keys = f"SELECT paper FROM records JOIN keys ON id = record WHERE key IN ({','.join('?' * len(keys))})"  # noqa: S608 (only question marks are put in)
        for query, values in (
            ("= ?", [name]),
            ("IN (SELECT paper FROM records WHERE id = ?)", [name]),
            (f"IN ({of_keys})", keys),
        ):
            if rows := self._database.rows(f"{here}{query} ORDER BY number", values):
                return str(rows[0][0])
        return None

    def ids(self, filters: Filters) -> list[str]:
        """List the ids of papers that fit filters, in order of arrival. Raises LibraryError for a value without a word."""
        where, values = filtering.condition(filters)
        here = "paper NOT IN (SELECT id FROM papers WHERE state = 'leaving')"
        rows = self._database.rows(f"SELECT paper, authors FROM facets WHERE {where} AND {here} ORDER BY rowid", values)  # noqa: S608 (only our own words)
        names = filtering.names_of(filters.authors)
        return [id_ for id_, authors in rows if not names or filtering.has_author(authors, names)]

    def span(self) -> tuple[int, int] | None:
        """Give the first and the last year of the papers; None where no paper has one."""
        first, last = self._database.rows("SELECT min(year), max(year) FROM papers WHERE state != 'leaving'")[0]
        return None if first is None else (first, last)

    def values(self, column: Literal["venue", "categories", "authors"]) -> Counter[str]:
        """Count the papers of each venue, category or author, as the sources spell them."""
        rows = self._database.rows(f"SELECT {column} FROM papers WHERE state != 'leaving' AND {column} IS NOT NULL")  # noqa: S608 (one of ours)
        return Counter(name for (value,) in rows for name in ([value] if column == "venue" else json.loads(value)))

    def fingerprints(self, ids: Iterable[str]) -> dict[str, str]:
        """Map those of the ids that are present to their fingerprints."""
        query = "SELECT id, fingerprint FROM papers WHERE state != 'leaving' AND id IN ({})"
        return dict(self._database.rows_of(query, ids))

    def put(self, entries: Iterable[Entry], leaving: Iterable[str] = ()) -> None:
        """Write papers in place of what stood under their ids, and mark what became part of them, in one transaction."""
        with self._database.writing() as db:
            for entry in entries:
                paper = entry.paper
                row = [
                    *(paper.id, paper.title, paper.abstract, json.dumps(paper.authors, ensure_ascii=False), paper.year),
                    *(paper.venue, paper.doi, paper.arxiv_id, paper.url, paper.source),
                    *(json.dumps(paper.categories, ensure_ascii=False), paper.pubmed_id, entry.state, paper.fingerprint()),
                ]
                db.execute(UPSERT, row)
                self.records.put(db, paper, entry.records)
            schema.write_facets(db, [entry.paper for entry in entries])
            db.executemany("UPDATE papers SET state = 'leaving' WHERE id = ?", [(id_,) for id_ in leaving])

    def add_sources(self, sources: Mapping[int, Sequence[str]]) -> None:
        """Note where else versions of records were read, by their turns, in one transaction."""
        if not sources:
            return
        with self._database.writing() as db:
            for turn, names in sources.items():
                self.records.add_source(db, turn, names)

    def mark(self, ids: Iterable[str], state: State) -> None:
        """Set the state of papers, in one transaction."""
        with self._database.writing() as db:
            db.executemany("UPDATE papers SET state = ? WHERE id = ?", [(state, id_) for id_ in ids])

    def delete(self, ids: Iterable[str]) -> None:
        """Remove papers, and the records that are still theirs, in one transaction."""
        gone = list(ids)
        with self._database.writing() as db:
            self.records.forget(db, gone)
            db.executemany("DELETE FROM facets WHERE paper = ?", [(id_,) for id_ in gone])
            db.executemany("DELETE FROM papers WHERE id = ?", [(id_,) for id_ in gone])

    def adopt(self) -> None:
        """Take papers that an older Vouched, still running, wrote meanwhile, as records."""
        if schema.orphans(self._db):
            with self._database.writing() as db:
                schema.adopt(db)


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"
