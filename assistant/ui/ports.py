"""What the web app needs of the rest of the house, and no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from assistant.chats import Chat, Turn
from ingestion.catalogue import Order
from ingestion.library import Progress
from ingestion.paper import Paper, Refusal
from ingestion.report import IngestReport

if TYPE_CHECKING:
    from assistant.claims import Verifier
    from assistant.retrieval import HybridRetriever
    from assistant.summarizing.summary import Summary
    from ingestion.vectors import Vectors


class Shelf(Protocol):
    """The library, as far as the web app reads it."""

    @property
    def path(self) -> Path:
        """Its folder."""
        ...

    def paper(self, paper_id: str) -> Paper:
        """Give the paper of that id, or raise a ``VouchedError``."""
        ...

    def papers(self, ids: Collection[str] | None = None) -> Iterator[Paper]:
        """Yield every paper, or those of the ids."""
        ...

    def count(self) -> int:
        """Count the papers."""
        ...

    def listing(self, order: Order, start: int, count: int, words: str = "") -> tuple[int, list[Paper]]:
        """Give a stretch of the papers in some order, and how many there are."""
        ...

    def near(self, paper: Paper, count: int) -> dict[str, float]:
        """Map the papers most like one to their similarity."""
        ...

    def wholes(self) -> tuple[list[str], Vectors]:
        """Give the ids of all papers and their vectors."""
        ...

    def sources(self, paper_ids: Collection[str] | None = None) -> dict[str, list[str]]:
        """Map papers to the sources that have them."""
        ...

    def add(self, records: Iterable[Paper | Refusal], progress: Progress | None = None) -> IngestReport:
        """Add papers."""
        ...

    def remove(self, paper_ids: Iterable[str]) -> list[Paper]:
        """Remove papers and give them back."""
        ...


class Answerer(Protocol):
    """The assistant, as far as the web app uses it."""

    @property
    def library(self) -> Shelf:
        """The library that the answers come from."""
        ...

    @property
    def retriever(self) -> HybridRetriever:
        """What finds papers for a sentence."""
        ...

    @property
    def verifier(self) -> Verifier:
        """What checks a sentence."""
        ...

    def summarize(self, topic: str | None = None, papers: Sequence[str] = ()) -> Summary:
        """Summarize a topic, papers, or what papers say of a topic."""
        ...

    def positions(self, claim: str, papers: Sequence[str] = ()) -> Summary:
        """Say who supports a claim and who opposes it."""
        ...

    def chat(self, turns: Sequence[Turn] = ()) -> Chat:
        """Go on with a chat, whose ``stream`` yields the stages and the draft of an answer, and the answer last."""
        ...
