"""What a language model once wrote is kept: the same prompt with the same parameters is not sent again.

At temperature 0 a second call would at best say the same. Only what was written to its end is kept.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assistant.disk_cache import DiskCache, cache_folder
from prompts import Prompt

PATIENCE_S = 2.0  # how long another process may hold the file: an answer is waiting
SCHEMA = "CREATE TABLE IF NOT EXISTS calls (call TEXT PRIMARY KEY, kept TEXT NOT NULL) WITHOUT ROWID"
FORM = 1  # of the key; another number forgets all that was kept


@dataclass(frozen=True, slots=True)
class Kept:
    """What a call gave: the text, and the tokens that it took when it was made."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


class CallCache:
    """Finished calls in one SQLite file. It never raises; see `DiskCache`."""

    def __init__(self, path: Path, patience_s: float = PATIENCE_S) -> None:
        """Keep calls in this file; it is made where there is none."""
        self._file = DiskCache(path, SCHEMA, "calls of language models", patience_s)

    def get(self, key: str) -> Kept | None:
        """Look up a call by its `call_key`; None for one that is not there."""

        def read(db: sqlite3.Connection) -> tuple[str] | None:
            row: tuple[str] | None = db.execute("SELECT kept FROM calls WHERE call = ?", [key]).fetchone()
            return row

        row = self._file.use(read)
        try:
            kept = Kept(**json.loads(row[0])) if row else None
        except (ValueError, TypeError):  # of another form: it is asked for again
            return None
        return kept if kept and isinstance(kept.text, str) and kept.text.strip() else None

    def put(self, key: str, kept: Kept) -> None:
        """Store a finished call."""

        def write(db: sqlite3.Connection) -> None:
            with db:  # as JSON in ASCII: not all that a model writes is valid Unicode
                db.execute("INSERT OR REPLACE INTO calls VALUES (?, ?)", [key, json.dumps(asdict(kept))])

        self._file.use(write)

    def close(self) -> None:
        """Close the file; it is opened again when it is next used."""
        self._file.close()


def call_cache() -> CallCache:
    """Give the cache of this process, in `cache_folder`."""
    return _opened(cache_folder() / "calls.sqlite", os.getpid())


@cache
def _opened(path: Path, _process: int) -> CallCache:
    opened = CallCache(path)
    atexit.register(opened.close)
    return opened


def call_key(model: str, prompt: Prompt, parameters: Mapping[str, Any]) -> str:
    """Give the key of a call: what the answer depends on, in 64 characters. The server's address is no part of it."""
    said = [FORM, model, prompt.system, prompt.user, dict(parameters)]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()
