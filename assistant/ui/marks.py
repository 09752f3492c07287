"""The two small signs in a sentence of an answer: the number that leads to a quote, and the verdict on the sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.answer import Alarm, Citation, Statement, Verdict
from assistant.ui import escaping


@dataclass(frozen=True, slots=True)
class Sign:
    """How a verdict is shown: its CSS class, the sign, the words for screen readers, and what the reader is told."""

    css: str
    sign: str
    spoken: str
    meaning: str


SIGNS: dict[Verdict, Sign] = {
    "supported": Sign("v-ok", "✓", "supported", "Supported: the quote says this"),
    "undetermined": Sign("v-open", "?", "undetermined", "Undetermined: the check could not tell if the quote says this"),
    "unsupported": Sign("v-bad", "not supported", "", "Not supported: the quote does not say this. Do not rely on it"),
}

ALARMS: dict[Alarm, str] = {
    "number": "a number",
    "name": "a name",
    "negation": "a negation, or its absence",
    "direction": "a direction",
}


def hidden(words: str) -> str:
    """Give words for screen readers only. The sanitiser drops ``aria-label``, so they stand in the text."""
    return f'<span class="v-sr">{escaping.text(words)}</span>'


def link(turn: int, number: int, citations: Mapping[int, Citation]) -> str:
    """Give a marker as a link to its quote, which is also its tooltip; a number that cites nothing stays text."""
    citation = citations.get(number)
    if citation is None:
        return escaping.text(f"[{number}]")
    told = escaping.line(f"“{citation.quote}” — {citation.title}", escaping.TITLE_LIMIT)
    return f'<a class="v-cite" href="#cite-{turn}-{number}" title="{told}">{hidden("citation ")}{number}</a>'


def pending(number: int) -> str:
    """Give a marker of a draft, whose quotes are not yet checked: no link, for its number may still change."""
    return f'<span class="v-cite v-pending">{number}</span>'


def told(statement: Statement) -> str:
    """Say in words how the check of a statement came out, and what its quotes do not hold."""
    heard = f" Not in the quotes: {', '.join(ALARMS[name] for name in statement.alarms)}." if statement.alarms else ""
    return f"{SIGNS[statement.verdict].meaning} (score {statement.score:.2f}).{heard}"


def verdict(statement: Statement) -> str:
    """Give the sign of a statement's verdict."""
    sign = SIGNS[statement.verdict]
    spoken = hidden(f" ({sign.spoken})") if sign.spoken else ""
    return f'<span class="v-mark" title="{escaping.text(told(statement))}">{sign.sign}</span>{spoken}'
