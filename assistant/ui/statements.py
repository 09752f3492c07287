"""Where each statement of an answer stands in the answer's text, so that its verdict can be shown there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import Statement
from assistant.ui.markdown import MARKER

GAP = r"(?:\s|\[\d{1,4}\])+"
MARKERS = r"(?:\s*\[\d{1,4}\])*"
BEFORE_STOP = re.compile(r"\s*(?P<markers>(?:\[\d{1,4}\]\s*)+)(?P<stop>[.!?]+)")
TAIL = re.compile(r"(?:\s*\[\d{1,4}\])+\s*[.!?]*" + MARKERS + r"\s*$")


@dataclass(frozen=True, slots=True)
class Place:
    """A statement and the span of the answer, its markers included, in which it is made."""

    start: int
    end: int
    statement: Statement


def locate(answer: str, statements: Sequence[Statement]) -> tuple[Place, ...] | None:
    """Find every statement in the answer, in order, or give None when one is not there.

    Space and markers count for nothing: the statement of ``... 25.1% [1][3].`` may read ``... 25.1%.``
    """
    places = []
    position = 0
    for statement in statements:
        words = [re.escape(word) for word in MARKER.sub(" ", statement.text).rstrip(" .!?").split()]
        if not words:
            return None
        match = re.compile(GAP.join(words) + MARKERS + "[.!?]*" + MARKERS).search(answer, position)
        if match is None:
            return None
        places.append(Place(match.start(), match.end(), statement))
        position = match.end()
    return tuple(places)


def split(said: str) -> tuple[str, str]:
    """Part a statement from the markers at its end, as a typesetter would: ``3 % [1].`` gives ``3 %.`` and ``[1]``."""
    end = TAIL.search(said)
    if end is None:
        return said, ""
    stop = "".join(MARKER.sub("", end.group()).split())
    return said[: end.start()] + stop, "".join(match.group() for match in MARKER.finditer(end.group()))


def tidy(draft: str) -> str:
    """Set the markers of a draft behind the stop of their sentence, as those of an answer are set."""
    return BEFORE_STOP.sub(lambda match: match["stop"] + "".join(match["markers"].split()), draft)


def spelled_out(statements: Sequence[Statement]) -> str:
    """Write an answer's text from its statements alone, for when the two disagree: no sentence without its verdict."""
    sentences = []
    for statement in statements:
        has = {int(number) for number in MARKER.findall(statement.text)}
        missing = "".join(f"[{number}]" for number in statement.citations if number not in has)
        sentences.append(f"{statement.text.strip()} {missing}".strip())
    return "\n\n".join(sentences)
