"""What all strategies with a model have in common."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from assistant.answer import Statement
from assistant.evidence import Portion
from assistant.settings import Settings

Made = TypeVar("Made")


class Writing:
    """A strategy that has a model write, from as many sentences of evidence as the settings say."""

    calls = "1"
    names_papers = False
    searches = False

    def __init__(self, settings: Settings) -> None:
        """Take the settings' portion of evidence."""
        self.settings = settings
        self.portion = Portion(most=settings.evidence, margin=8.0, words=50 * settings.evidence)


def quietly(draft: Generator[Any, None, Made]) -> Made:
    """Let a draft be written that the reader does not see grow, because it may be dropped."""
    while True:
        try:
            next(draft)
        except StopIteration as done:
            made: Made = done.value
            return made


def supported(statements: list[Statement]) -> float:
    """Give the share of statements that their quotes support; 0 of none."""
    return sum(statement.verdict == "supported" for statement in statements) / len(statements) if statements else 0.0
