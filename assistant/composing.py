"""An answer is put together: its Markdown, its abstentions, its clock."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import groupby

from assistant.answer import Citation, Statement, Timings
from assistant.grounding import with_markers


class Clock:
    """Wall-clock time of the stages of one answer."""

    def __init__(self) -> None:
        """Start."""
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """End a stage; a name used again adds up."""
        now = time.perf_counter()
        self._laps[name] = self._laps.get(name, 0.0) + 1000 * (now - self._last)
        self._last = now

    def timings(self) -> Timings:
        """Give the milliseconds so far."""
        laps = {name: round(ms, 2) for name, ms in self._laps.items()}
        return Timings(**laps, total_ms=round(1000 * (time.perf_counter() - self._start), 2))


def markdown(statements: Sequence[Statement], citations: Sequence[Citation], *, name_papers: bool) -> str:
    """Write statements with their markers; a paragraph a paper, led by its title, when papers are to be named."""
    if not name_papers:
        return " ".join(with_markers(statement) for statement in statements)
    title = {citation.number: citation.title for citation in citations}
    groups = groupby(statements, key=lambda s: title[s.citations[0]])
    return "\n\n".join(f"*{name}*: " + " ".join(with_markers(s) for s in group) for name, group in groups)


def abstention(reason: str, nearest: Sequence[Citation]) -> str:
    """Say in a sentence that there is no answer, and name the nearest papers."""
    titles = list(dict.fromkeys(citation.title for citation in nearest))
    near = " The nearest papers are: " + "; ".join(f"*{title}*" for title in titles) + "." if titles else ""
    return f"The library does not answer this: {reason}.{near}"
