"""Findings that were made are kept: what a judge, in one version, said of a claim with its quotes is not asked again.

They are in one SQLite file that several processes may use at once. It is a cache: it may be removed at any time, and where
it cannot be used a warning says so and the judge is asked.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from assistant.claims import Claim, Verified
from assistant.disk_cache import DiskCache, cache_folder
from evals.judges.judge import Finding, Judge, as_finding

TOGETHER = 64  # claims given to the judge, and then stored, at a time: a killed run loses no more
PATIENCE_S = 10.0  # how long another process may hold the file
SCHEMA = """CREATE TABLE IF NOT EXISTS judgements (
    judge TEXT NOT NULL, version TEXT NOT NULL, claim TEXT NOT NULL, found TEXT NOT NULL,
    PRIMARY KEY (judge, version, claim)
) WITHOUT ROWID"""
VERDICTS = ("supported", "unsupported", "undetermined")


def cache_file() -> Path:
    """Give the file where judgements are kept unless told otherwise."""
    return cache_folder() / "judgements.sqlite"


class CachedVerifier:
    """A judge that is asked only what it has not judged yet; a `Verifier` itself.

    ``hits`` counts the claims that needed no asking, because they were stored or stood twice in one batch; ``asked`` those
    that did.
    """

    def __init__(self, judge: Judge, path: Path | None = None, patience_s: float = PATIENCE_S) -> None:
        """Keep a judge's judgements in a file, `cache_file` unless another is named; it is made where there is none."""
        self.judge = judge
        self.hits = 0
        self.asked = 0
        self._store = _Store(path or cache_file(), judge, patience_s)

    def load(self) -> None:
        """Load what the judge needs now. Raises ModelError."""
        self.judge.verifier.load()

    def verify(self, claims: Sequence[Claim]) -> list[Verified]:
        """Give what the judge finds of each claim, a `Finding`, in their order; each batch is stored as soon as it is made.

        Raises:
            ModelError: the judge's model cannot be used.
            LLMError: the judge's server failed.
        """
        found: list[Verified] = []
        for start in range(0, len(claims), TOGETHER):
            found += self._batch(claims[start : start + TOGETHER])
        return found

    def close(self) -> None:
        """Close the file; a judge that is asked again opens it again."""
        self._store.close()

    def _batch(self, claims: Sequence[Claim]) -> list[Finding]:
        keys = [_key(claim) for claim in claims]
        known = self._store.get(keys)
        unknown = {key: claim for key, claim in zip(keys, claims, strict=True) if key not in known}
        if unknown:
            findings = self.judge.verifier.verify(list(unknown.values()))
            new = {key: as_finding(finding) for key, finding in zip(unknown, findings, strict=True)}
            self._store.put(new)
            known |= new
        self.asked += len(unknown)
        self.hits += len(claims) - len(unknown)
        return [known[key] for key in keys]


class _Store:
    """The judgements of one judge in the file; where it cannot be used, none are there and none are kept."""

    def __init__(self, path: Path, judge: Judge, patience_s: float) -> None:
        self._disk = DiskCache(path, SCHEMA, "judgements", patience_s)
        self._judge = judge
        self.close = self._disk.close

    def get(self, keys: Sequence[str]) -> dict[str, Finding]:
        """Look up claims; gives the judgements that are there."""
        marks = ", ".join("?" * len(keys))
        wanted = f"SELECT claim, found FROM judgements WHERE judge = ? AND version = ? AND claim IN ({marks})"  # noqa: S608
        rows = self._disk.use(lambda db: db.execute(wanted, [self._judge.name, self._judge.version, *keys]).fetchall())
        found = ((key, _read(text)) for key, text in rows or ())
        return {key: finding for key, finding in found if finding is not None}

    def put(self, found: Mapping[str, Finding]) -> None:
        """Store what was found of claims, all or none."""
        head = (self._judge.name, self._judge.version)
        rows = [(*head, key, json.dumps(asdict(finding))) for key, finding in found.items()]

        def write(db: sqlite3.Connection) -> None:
            with db:
                db.executemany("INSERT OR REPLACE INTO judgements VALUES (?, ?, ?, ?)", rows)

        self._disk.use(write)


def _key(claim: Claim) -> str:
    """Give the claim's text, quotes and titles as one key; in ASCII, as not every text is valid Unicode."""
    return hashlib.sha256(json.dumps([claim.text, claim.quotes, claim.titles]).encode()).hexdigest()


def _read(text: str) -> Finding | None:
    """Read a stored judgement; None for what is none, or of another form: it is then asked for again."""
    try:
        fields = json.loads(text)
        finding = Finding(**{**fields, "alarms": tuple(fields["alarms"])})
    except (ValueError, TypeError, KeyError):
        return None
    return finding if finding.verdict in VERDICTS and isinstance(finding.score, float | int) else None


@contextmanager
def cached(judge: Judge | None) -> Iterator[Judge | None]:
    """Give a judge that remembers, and close its file in the end; None stays None."""
    if judge is None:
        yield None
        return
    with closing(CachedVerifier(judge)) as verifier:
        yield replace(judge, verifier=verifier)
