"""The one SQLite file of a library: opened, brought up to date, read, and written in whole transactions."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ingestion import schema
from ingestion.errors import LibraryError

logger = logging.getLogger(__name__)

REMEDY = "If it is damaged, restore the folder from a copy, or ingest into a new library with --library DIR."
BATCH = 500  # SQLite allows a limited number of variables in one statement


class Database:
    """A connection. Not safe to share between threads that write; open one for each."""

    def __init__(self, path: Path, *, create: bool) -> None:
        """Open the file, making it when ``create``. Raises LibraryError when it is no catalogue, or a newer one."""
        self._path = path
        try:
            self.connection = sqlite3.connect(
                path if create else f"{path.absolute().as_uri()}?mode=rw",
                uri=not create,
                timeout=30,
                isolation_level=None,
                check_same_thread=False,
            )
            version = schema.version(self.connection)
            if version > schema.VERSION:
                raise LibraryError(f"{path} was written by a newer Vouched (schema {version}); update Vouched to read it.")
            if version == 0 and not create:  # a first run was killed before it made the tables
                raise LibraryError(f"There is no library in {path.parent} yet. Make it: vouched ingest FILE --library DIR")
            if version < schema.VERSION:
                self._bring_up_to_date(version)
            # In WAL mode NORMAL may lose the last commits at a power cut; what was acknowledged must stay.
            self.connection.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error as error:
            raise LibraryError(f"The catalogue {path} cannot be opened: {error}. {REMEDY}") from error

    def _bring_up_to_date(self, version: int) -> None:
        if version:
            logger.warning("Bringing %s up to date; this is done once.", self._path)
        try:
            self.connection.execute("PRAGMA journal_mode=WAL")
            schema.bring_up_to_date(self.connection)
        except sqlite3.OperationalError as error:
            raise LibraryError(
                f"The library {self._path.parent} must be brought up to date, and cannot be written: {error}. Free some disk"
                " space, make the folder writable, or copy it to where it is."
            ) from error

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Read all rows. Raises LibraryError."""
        try:
            return self.connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise LibraryError(f"The catalogue {self._path} cannot be read: {error}. {REMEDY}") from error

    def rows_of(self, statement: str, values: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        """Read the rows of many values, a batch at a time: ``{}`` in the statement stands for them. Raises LibraryError."""
        wanted = list(dict.fromkeys(values))
        for start in range(0, len(wanted), BATCH):
            chunk = wanted[start : start + BATCH]
            yield from self.rows(statement.format(",".join("?" * len(chunk))), chunk)

    def copy(self, path: Path) -> None:
        """Write a copy to a new file, by SQLite's own backup. Raises LibraryError."""
        try:
            with contextlib.closing(sqlite3.connect(path)) as target:
                self.connection.backup(target)
        except sqlite3.Error as error:
            raise LibraryError(f"The copy {path} cannot be written: {error}. Free some disk space.") from error

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction: all of it stays, or none. Raises LibraryError."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # on a full disk SQLite has rolled back already
                    self.connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise LibraryError(
                f"The catalogue {self._path} cannot be written: {error}. Nothing acknowledged is lost; free some disk space"
                " or make the folder writable, then run it again."
            ) from error
