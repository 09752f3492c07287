"""What a decoded JSON value holds: a record with our names, one of a known service, or a service's list of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingestion.paper import Paper, Refusal
from ingestion.readers import arxiv, openalex, semantic_scholar
from ingestion.readers.record import paper_from_record

# Under these names the services, and programs like them, put the list of records into an object around it.
LISTS = ("results", "data", "works", "papers", "items", "records", "documents", "recommendedPapers")
SHAPES = (openalex, semantic_scholar, arxiv)


def papers_of(value: Any, name: str, line: int | None) -> Iterator[Paper | Refusal]:  # noqa: ANN401 (any JSON value)
    """Yield the paper of a record, or the papers of a list inside an object, or why there is none."""
    inner = list_in(value) if isinstance(value, dict) else None
    for record in [value] if inner is None else inner:
        yield _paper(record, name, line)


def list_in(value: dict[str, Any]) -> list[Any] | None:
    """Give the list of records in a service's answer, or None where the object is a record itself."""
    if "title" in value or "abstract" in value:
        return None
    return next((value[key] for key in LISTS if isinstance(value.get(key), list)), None)


def _paper(record: Any, name: str, line: int | None) -> Paper | Refusal:  # noqa: ANN401 (any JSON value)
    """Make a paper of a record; the title tells refused ones apart where many stand on one line."""
    paper = _made(record, name, line)
    title = record.get("title") if isinstance(paper, Refusal) and isinstance(record, dict) else None
    if isinstance(paper, Paper) or not isinstance(title, str) or not title.strip() or "title" in paper.reason:
        return paper
    title = " ".join(title[:200].encode("utf-8", "replace").decode().split())
    return Refusal(name, line, f"{paper.reason}: {title if len(title) <= 80 else title[:79] + '…'}")


def _made(record: Any, name: str, line: int | None) -> Paper | Refusal:  # noqa: ANN401 (any JSON value)
    if isinstance(record, dict):
        for shape in SHAPES:
            if shape.tells(record):
                try:
                    return paper_from_record(shape.fields_of(record), name, line)
                except ValueError as error:
                    return Refusal(name, line, str(error))
    return paper_from_record(record, name, line)
