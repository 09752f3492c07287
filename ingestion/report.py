"""What became of the records of one ingestion."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ingestion.paper import Refusal


@dataclass(frozen=True, slots=True)
class Merge:
    """A record that was found to be of a paper with other records. ``by`` says what showed it: "DOI 10.1000/182"."""

    id: str
    into: str
    sources: tuple[str, ...]
    by: str


@dataclass(slots=True)
class IngestReport:
    """What became of the records: ``added`` and ``updated`` count papers, ``unchanged`` records that changed nothing."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    merged: list[Merge] = field(default_factory=list)
    papers: int = 0
    seconds: float = 0.0

    def add(self, added: int, updated: int, unchanged: int, merged: Iterable[Merge]) -> None:
        """Add what became of some of them."""
        self.added += added
        self.updated += updated
        self.unchanged += unchanged
        self.merged += merged
