"""The tables of the catalogue, and how those of an older Vouched are brought up to date.

``papers`` has a row for each paper. ``records`` has what the sources say: a row for each version of a record under an id
of its own, whose ``fields`` are null where the paper says just that. ``keys`` finds the records of one paper, ``facets``
the papers that fit filters; both are derived from the others.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from ingestion.filters import facets_of
from ingestion.identity import Traits
from ingestion.paper import Paper

VERSION = 2
FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE papers (
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
CREATE INDEX papers_unsettled ON papers (state) WHERE state != 'ready';
CREATE INDEX papers_year ON papers (year);
"""
SECOND = """
ALTER TABLE papers ADD COLUMN categories TEXT NOT NULL DEFAULT '[]';
ALTER TABLE papers ADD COLUMN pubmed_id TEXT;
CREATE TABLE records (
    turn        INTEGER PRIMARY KEY,
    id          TEXT NOT NULL,
    paper       TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    sources     TEXT NOT NULL,
    fields      TEXT,
    UNIQUE (id, fingerprint)
);
CREATE INDEX records_paper ON records (paper);
CREATE TABLE keys (key TEXT, record TEXT, PRIMARY KEY (key, record)) WITHOUT ROWID;
CREATE INDEX keys_record ON keys (record);
CREATE TABLE facets (
    paper      TEXT PRIMARY KEY,
    year       INTEGER,
    venue      TEXT NOT NULL,
    stem       TEXT NOT NULL,
    categories TEXT NOT NULL,
    authors    TEXT NOT NULL
);
"""
FIELDS = "id, title, abstract, authors, year, venue, doi, arxiv_id, url, source, categories, pubmed_id"
UNGROUPED = "ungrouped"  # a remark that records of one paper have not been looked for yet


def version(db: sqlite3.Connection) -> int:
    """Give the version of the tables; 0 where there are none. Raises sqlite3.Error."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def bring_up_to_date(db: sqlite3.Connection) -> None:
    """Make the tables, or add what they lack, in one transaction: a killed process leaves them as they were.

    Raises:
        sqlite3.Error: the file cannot be written.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        found = version(db)  # another process may have done it meanwhile
        for number, statements in enumerate((FIRST, SECOND), start=1):
            if number > found:
                for statement in statements.split(";"):
                    db.execute(statement)
        if found < VERSION:
            adopt(db)
        db.execute(f"PRAGMA user_version={VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def orphans(db: sqlite3.Connection) -> list[str]:
    """List the ids of papers without a record. Raises sqlite3.Error."""
    return [
        row[0]
        for row in db.execute("SELECT id FROM papers WHERE state != 'leaving' AND id NOT IN (SELECT paper FROM records)")
    ]


def adopt(db: sqlite3.Connection) -> None:
    """Take papers that an older Vouched wrote as records, each of its own paper until they are grouped."""
    for id_ in orphans(db):
        (fingerprint, *row) = db.execute(f"SELECT fingerprint, {FIELDS} FROM papers WHERE id = ?", [id_]).fetchone()  # noqa: S608 (only our own words)
        paper = paper_of(row)
        db.execute(
            "INSERT OR REPLACE INTO records (id, paper, fingerprint, sources) VALUES (?, ?, ?, ?)",
            [id_, id_, fingerprint, json.dumps([paper.source or ""])],
        )
        write_keys(db, [paper])
        write_facets(db, [paper])
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, '')", [UNGROUPED])


def write_keys(db: sqlite3.Connection, records: Iterable[Paper]) -> None:
    """Write the keys of records, each under its own id, in place of its old ones."""
    for record in records:
        db.execute("DELETE FROM keys WHERE record = ?", [record.id])
        db.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", [(key, record.id) for key in Traits(record).keys])


def write_facets(db: sqlite3.Connection, papers: Iterable[Paper]) -> None:
    """Write what the filters look at."""
    rows = [(paper.id, *facets_of(paper)) for paper in papers]
    columns = ("year", "venue", "stem", "categories", "authors")
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns)
    db.executemany(f"INSERT INTO facets VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (paper) DO UPDATE SET {changed}", rows)  # noqa: S608 (only our own words)


def paper_of(row: Iterable[Any]) -> Paper:
    """Read a row of FIELDS."""
    values = dict(zip(FIELDS.split(", "), row, strict=True))
    lists = {name: tuple(json.loads(values[name])) for name in ("authors", "categories")}
    return Paper(**{**values, **lists})
