"""What can be made again is kept in SQLite files: several processes and threads may use one at once, and none needs it.

Where a file cannot be used (damaged, locked for long, a folder that cannot be written) a warning says so, once, and its
owner goes on as if it were empty.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from threading import Lock
from typing import TypeVar

from filelock import FileLock

log = logging.getLogger(__name__)
Result = TypeVar("Result")


def cache_folder() -> Path:
    """Give the folder of what can be made again: ``VOUCHED_CACHE``, else ``vouched`` in the XDG cache directory."""
    given = os.environ.get("VOUCHED_CACHE")
    return Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vouched"


class DiskCache:
    """One SQLite file, opened when it is first used. It never raises for the file's sake."""

    def __init__(self, path: Path, schema: str, what: str, patience_s: float) -> None:
        """Keep things in a file.

        Args:
            path: the file; it and its folder are made where there are none.
            schema: the statement that makes its table where there is none.
            what: what it holds, for the warning.
            patience_s: how long another process may hold it.
        """
        self.path = path
        self._schema, self._what, self._patience_s = schema, what, patience_s
        self._db: sqlite3.Connection | None = None
        self._process = 0
        self._broken = False
        self._lock = Lock()

    def use(self, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """Do something with the open file, one thread at a time; None where it cannot be used."""
        with self._lock:
            if self._broken:
                return None
            try:
                self._db = self._db or self._opened()
                return work(self._db)
            except (sqlite3.Error, OSError, NotImplementedError) as error:  # the last: a file system without locks
                self._broken = True
                log.warning(
                    "The cache of %s %s cannot be used (%s): going on without it. If it is damaged, remove it; if it cannot"
                    " be written, name another folder with VOUCHED_CACHE.",
                    self._what,
                    self.path,
                    error,
                )
                return None

    def close(self) -> None:
        """Close the file; it is opened again when it is next used."""
        with self._lock:
            if self._db is not None and self._process == os.getpid():  # a forked child would pull it from under its parent
                with suppress(sqlite3.Error, OSError), self._alone() if self.path.exists() else nullcontext():
                    self._db.close()
            self._db = None

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            db = sqlite3.connect(self.path, timeout=self._patience_s, check_same_thread=False)  # the lock sees to that
            try:
                for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", self._schema):
                    db.execute(statement)
            except sqlite3.Error:
                db.close()
                raise
        self._process = os.getpid()
        return db

    def _alone(self) -> FileLock:
        # The first process to open a file, and the last to close it, cannot wait for each other by SQLite's own locks.
        return FileLock(f"{self.path}.lock", timeout=self._patience_s)
