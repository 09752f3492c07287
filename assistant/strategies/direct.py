"""One call: numbered evidence in, short statements with markers out."""

from __future__ import annotations

from collections.abc import Generator

from assistant.answer import Delta
from assistant.desk import Desk
from assistant.grounding import Drafted
from assistant.strategies.writing import Writing


class Strategy(Writing):
    """The model sees sentences, not chunks, and answers from them."""

    def draft(self, desk: Desk) -> Generator[Delta, None, list[Drafted]]:
        """Ask the model. Raises LLMError."""
        return (yield from desk.draft("answer.v2"))
