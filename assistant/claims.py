"""What is verified, what is found, and what a verifier must do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.answer import Alarm, Verdict


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement with the texts that are to support it; ``titles`` are of the papers quoted, one for each, or none."""

    text: str
    quotes: tuple[str, ...]
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """What holding a statement against its quotes found.

    ``score`` is the probability of support, 0 to 1: at least 0.5 exactly when the verdict is ``supported``.
    ``contradicted`` is the probability that they deny it. ``alarms`` are what a rule saw, see `assistant.alarms`.
    """

    verdict: Verdict
    score: float
    contradicted: float = 0.0
    alarms: tuple[Alarm, ...] = ()


class Verifier(Protocol):
    """Tells whether quotes support a statement."""

    def load(self) -> None:
        """Load what it needs now, rather than with the first statement. Raises ModelError."""
        ...

    def verify(self, claims: Sequence[Claim]) -> list[Verified]:
        """Hold each statement against its quotes; the findings come in the same order. Raises ModelError."""
        ...
