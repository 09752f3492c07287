"""What is exported: answers with the papers that they cite, and when it was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from assistant.answer import Answer, Statement
from assistant.exporting.recalling import recalled
from ingestion.errors import VouchedError
from ingestion.paper import Paper

if TYPE_CHECKING:
    from assistant.summarizing.summary import Summary, Table

Kind = Literal["answer", "summary", "chat"]


class Shelf(Protocol):
    """Where the papers are: a `Library`."""

    def paper(self, paper_id: str) -> Paper:
        """Give the paper of that id, or raise a ``VouchedError``."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """One answer. ``record`` is the object of the contract; ``text`` holds what is ``said``, and the ``table`` the rest."""

    answer: Answer
    record: Mapping[str, Any]
    text: str
    said: tuple[Statement, ...]
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An answer, a summary, or the turns of a chat. ``papers`` are those cited, by id, that the library still has."""

    kind: Kind
    title: str
    parts: tuple[Part, ...]
    papers: Mapping[str, Paper]
    made: datetime

    def cited(self) -> tuple[Paper, ...]:
        """Give the papers cited, in order of first use; of one that the library no longer has there is but the title."""
        titles: dict[str, str] = {}
        for part in self.parts:
            for citation in part.answer.citations:
                titles.setdefault(citation.paper_id, citation.title)
        return tuple(self.papers.get(id_) or Paper(id_, title, "") for id_, title in titles.items())


def of_answer(answer: Answer, library: Shelf, made: datetime | None = None) -> Document:
    """Make a document of an answer; ``made`` is now, if it is not given."""
    return _document("answer", answer.question, [_part(answer, answer.to_dict())], library, made)


def of_summary(summary: Summary, library: Shelf, made: datetime | None = None) -> Document:
    """Make a document of a summary; its table stands apart from its text."""
    answer = summary.answer
    placed = [answer.statements[index] for section in summary.sections for index in section.statements]
    text = answer.answer.removesuffix(summary.table_markdown()).rstrip() if summary.table else answer.answer
    part = Part(answer, summary.to_dict(), text, tuple(placed) if summary.sections else answer.statements, summary.table)
    return _document("summary", answer.question, [part], library, made)


def of_chat(
    name: str, answers: Iterable[Answer | Mapping[str, Any]], library: Shelf, made: datetime | None = None
) -> Document:
    """Make a document of the answers of a chat, oldest first, each an `Answer` or its object of the contract.

    Raises:
        ExportError: an object is no answer.
    """
    parts = []
    for number, found in enumerate(answers, start=1):
        answer = found if isinstance(found, Answer) else recalled(found, f"Turn {number} of the chat {name}")
        parts.append(_part(answer, answer.to_dict() if isinstance(found, Answer) else found))
    return _document("chat", name, parts, library, made)


def _part(answer: Answer, record: Mapping[str, Any]) -> Part:
    return Part(answer, record, answer.answer, answer.statements)


def _document(kind: Kind, title: str, parts: list[Part], library: Shelf, made: datetime | None) -> Document:
    papers = {}
    for paper_id in {citation.paper_id for part in parts for citation in part.answer.citations}:
        try:
            papers[paper_id] = library.paper(paper_id)
        except VouchedError:  # it has left the library since: its title and quotes are in the answer
            continue
    title = " ".join(title.split()) or "Untitled"
    return Document(kind, title, tuple(parts), papers, made or datetime.now(UTC))
