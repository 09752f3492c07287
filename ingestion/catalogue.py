"""The catalogue: every paper, in SQLite. It alone is the truth; vectors and words can be made again from it.

A paper's row is written as ``pending`` before anything is indexed, becomes ``ready`` once vectors and words hold it, and
is ``leaving`` while they are emptied of it. Whatever a killed process left half-way is therefore known by name.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from ingestion.errors import LibraryError
from ingestion.paper import Paper

State = Literal["pending", "ready", "leaving"]

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS papers (
    number      INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'leaving')),
    fingerprint TEXT NOT NULL,
    title       TEXT NOT NULL,
    abstract    TEXT NOT NULL,
    authors     TEXT NOT NULL,
    year        INTEGER,
    venue       TEXT,
    doi         TEXT,
    arxiv_id    TEXT,
    url         TEXT,
    source      TEXT
);
CREATE INDEX IF NOT EXISTS papers_unsettled ON papers (state) WHERE state != 'ready';
CREATE INDEX IF NOT EXISTS papers_year ON papers (year);
"""
COLUMNS = "id, title, abstract, authors, year, venue, doi, arxiv_id, url, source"
REMEDY = "If it is damaged, restore the folder from a copy, or ingest into a new library with --library DIR."
BATCH = 500  # SQLite allows a limited number of variables in one statement


class Catalogue:
    """The table of papers in one SQLite file. Not safe to share between threads; open one for each."""

    def __init__(self, path: Path, *, create: bool) -> None:
        """Open the file, making it when ``create``. Raises LibraryError when it is no catalogue, or a newer one."""
        self._path = path
        try:
            self._db = sqlite3.connect(
                path if create else f"{path.absolute().as_uri()}?mode=rw",
                uri=not create,
                timeout=30,
                isolation_level=None,
                check_same_thread=False,
            )
            version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
            if version > SCHEMA_VERSION:
                raise LibraryError(f"{path} was written by a newer Vouched (schema {version}); update Vouched to read it.")
            if version < SCHEMA_VERSION and not create:  # a first run was killed before it made the tables
                raise LibraryError(f"There is no library in {path.parent} yet. Make it: vouched ingest FILE --library DIR")
            if version < SCHEMA_VERSION:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
            # In WAL mode NORMAL may lose the last commits at a power cut; what was acknowledged must stay.
            self._db.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error as error:
            raise LibraryError(f"The catalogue {path} cannot be opened: {error}. {REMEDY}") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def meta(self, key: str) -> str | None:
        """Read one remark about the library, such as its embedder."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", [key])
        return str(rows[0][0]) if rows else None

    def set_meta(self, key: str, value: str) -> None:
        """Write one remark about the library."""
        self._transact("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(key, value)])

    def count(self) -> int:
        """Count the papers."""
        return int(self._rows("SELECT count(*) FROM papers WHERE state != 'leaving'")[0][0])

    def unsettled(self) -> int:
        """Count the papers that are neither wholly in nor wholly out."""
        return int(self._rows("SELECT count(*) FROM papers WHERE state != 'ready'")[0][0])

    def papers(self, ids: Iterable[str] | None = None, state: State | None = None) -> Iterator[Paper]:
        """Yield all papers in order of arrival, or those with the given ids (in the same order) or in the given state."""
        if ids is not None:
            wanted = list(dict.fromkeys(ids))
            for start in range(0, len(wanted), BATCH):
                chunk = wanted[start : start + BATCH]
                marks = ",".join("?" * len(chunk))
                yield from self._select(f"id IN ({marks}) AND state != 'leaving' ORDER BY number", chunk)
        elif state is not None:
            yield from self._select("state = ? ORDER BY number", [state])
        else:
            yield from self._select("state != 'leaving' ORDER BY number", [])

    def ids(self, *, year_from: int | None = None, year_to: int | None = None) -> list[str]:
        """List the ids of papers of the given years (inclusive); papers without a year are left out."""
        rows = self._rows(
            "SELECT id FROM papers WHERE state != 'leaving' AND year BETWEEN ? AND ?",
            [year_from if year_from is not None else -(10**6), year_to if year_to is not None else 10**6],
        )
        return [row[0] for row in rows]

    def fingerprints(self, ids: Iterable[str]) -> dict[str, str]:
        """Map those of the ids that are present to their fingerprints."""
        wanted = list(ids)
        found: dict[str, str] = {}
        for start in range(0, len(wanted), BATCH):
            chunk = wanted[start : start + BATCH]
            marks = ",".join("?" * len(chunk))
            statement = f"SELECT id, fingerprint FROM papers WHERE state != 'leaving' AND id IN ({marks})"  # noqa: S608 (only question marks are put in)
            found.update(self._rows(statement, chunk))
        return found

    def put(self, papers: Iterable[Paper]) -> None:
        """Write papers as pending, in one transaction, in place of what stood under their ids."""
        rows = [
            (
                *(p.id, p.fingerprint(), p.title, p.abstract, json.dumps(p.authors, ensure_ascii=False)),
                *(p.year, p.venue, p.doi, p.arxiv_id, p.url, p.source),
            )
            for p in papers
        ]
        self._transact(
            "INSERT INTO papers (state, id, fingerprint, title, abstract, authors, year, venue, doi, arxiv_id, url, source)"
            " VALUES ('pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = 'pending',"
            " fingerprint = excluded.fingerprint, title = excluded.title, abstract = excluded.abstract,"
            " authors = excluded.authors, year = excluded.year, venue = excluded.venue, doi = excluded.doi,"
            " arxiv_id = excluded.arxiv_id, url = excluded.url, source = excluded.source",
            rows,
        )

    def mark(self, ids: Iterable[str], state: State) -> None:
        """Set the state of papers, in one transaction."""
        self._transact("UPDATE papers SET state = ? WHERE id = ?", [(state, id_) for id_ in ids])

    def delete(self, ids: Iterable[str]) -> None:
        """Remove rows, in one transaction."""
        self._transact("DELETE FROM papers WHERE id = ?", [(id_,) for id_ in ids])

    def _transact(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(statement, rows)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # on a full disk SQLite has rolled back already
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise LibraryError(
                f"The catalogue {self._path} cannot be written: {error}. Nothing acknowledged is lost; free some disk space"
                " or make the folder writable, then run it again."
            ) from error

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise LibraryError(f"The catalogue {self._path} cannot be read: {error}. {REMEDY}") from error

    def _select(self, where: str, values: list[str]) -> Iterator[Paper]:
        for row in self._rows(f"SELECT {COLUMNS} FROM papers WHERE {where}", values):  # noqa: S608 (only our own words)
            yield Paper(row[0], row[1], row[2], tuple(json.loads(row[3])), *row[4:])
