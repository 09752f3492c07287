"""What the web app needs of the rest of the house, and no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from assistant.chats import Chat, Turn
from ingestion.paper import Paper


class Shelf(Protocol):
    """The library, as far as the web app reads it."""

    def paper(self, paper_id: str) -> Paper:
        """Give the paper of that id, or raise a ``VouchedError``."""
        ...

    def papers(self) -> Iterator[Paper]:
        """Yield every paper."""
        ...

    def count(self) -> int:
        """Count the papers."""
        ...


class Answerer(Protocol):
    """The assistant, as far as the web app uses it."""

    @property
    def library(self) -> Shelf:
        """The library that the answers come from."""
        ...

    def chat(self, turns: Sequence[Turn] = ()) -> Chat:
        """Go on with a chat, whose ``stream`` yields the stages and the draft of an answer, and the answer last."""
        ...
