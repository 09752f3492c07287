"""arXiv's records: the snapshot of all its metadata (JSON Lines), and what its search gives (an Atom feed)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingestion.paper import Paper, Refusal
from ingestion.readers.record import paper_from_record
from ingestion.readers.source import Source

ATOM = "{http://www.w3.org/2005/Atom}"
OWN = "{http://arxiv.org/schemas/atom}"
ANNOUNCED = re.compile(r"arXiv:\S+ Announce Type: \S+\s+Abstract: ", re.IGNORECASE)  # before the abstract in the daily feed
MARKS = ("authors_parsed", "journal-ref", "report-no", "submitter")


def tells(record: dict[str, Any]) -> bool:
    """Tell a record of the snapshot by an id beside names that only arXiv uses."""
    return isinstance(record.get("id"), str) and sum(mark in record for mark in MARKS) >= 2


def fields_of(record: dict[str, Any]) -> dict[str, Any]:
    """Give a record under our names. The year is that of the first version, as in arXiv's own listing."""
    versions = record.get("versions")
    first = versions[0] if isinstance(versions, list) and versions else None
    created = first.get("created") if isinstance(first, dict) else None
    categories = record.get("categories")
    return {
        "title": record.get("title"),
        "abstract": record.get("abstract"),
        "authors": record.get("authors_parsed") or record.get("authors"),
        "year": created or record.get("update_date"),
        "venue": record.get("journal-ref"),
        "doi": record.get("doi"),
        "arxiv_id": record["id"],
        "url": f"https://arxiv.org/abs/{record['id']}",
        "categories": categories.split() if isinstance(categories, str) else categories,
    }


def detects_feed(source: Source) -> bool:
    """Tell an Atom feed by its first element."""
    from ingestion.readers.xml_records import root_of

    return root_of(source) in ("feed", "entry")


def read_feed(source: Source) -> Iterator[Paper | Refusal]:
    """Yield a paper for each entry, and a refusal, with its line, for each bad one. An abstract keeps its lines."""
    from ingestion.readers.xml_records import records, text_of

    for line, entry in records(source, (f"{ATOM}entry",)):
        page = text_of(entry, f"{ATOM}id")
        if "/api/errors" in page:  # arXiv tells its errors as an entry
            yield Refusal(source.name, line, f"is an error that arXiv reports: {text_of(entry, f'{ATOM}summary')}")
            continue
        summary = entry.find(f"{ATOM}summary")
        abstract = "".join(summary.itertext()).strip() if summary is not None else ""
        names = [text_of(author, f"{ATOM}name") for author in entry.iterfind(f"{ATOM}author")]
        creators = text_of(entry, "{http://purl.org/dc/elements/1.1/}creator")
        yield paper_from_record(
            {
                "title": text_of(entry, f"{ATOM}title"),
                "abstract": ANNOUNCED.sub("", abstract, count=1),
                "authors": names if any(names) else creators,
                "year": text_of(entry, f"{ATOM}published") or text_of(entry, f"{ATOM}updated"),
                "venue": text_of(entry, f"{OWN}journal_ref"),
                "doi": text_of(entry, f"{OWN}doi"),
                "arxiv_id": re.sub(r"^(https?://arxiv\.org/abs/|oai:arXiv\.org:)", "", page),
                "url": next(
                    (link.get("href") for link in entry.iterfind(f"{ATOM}link[@rel='alternate']")),
                    page if "://" in page else None,
                ),
                "categories": [category.get("term") for category in entry.iterfind(f"{ATOM}category")],
            },
            source.name,
            line,
        )
