"""MEDLINE's tagged format, which PubMed saves as ``.nbib``: a record goes from a line PMID to a blank line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from rispy.parser import RisParser

from ingestion.paper import Paper, Refusal
from ingestion.readers.record import paper_from_record
from ingestion.readers.source import Source
from ingestion.readers.tagged import Tags, joined, parsed, records_of

MARK = re.compile(r"^PMID- ?\d", re.MULTILINE)
DOI = re.compile(r"(\S+) \[doi\]")


class Parser(RisParser):  # type: ignore[misc]  # rispy has no types
    """rispy's parser for tags of up to four letters, a hyphen and a space; lines that go on are indented."""

    START_TAG = "PMID"
    END_TAG = "END"
    DEFAULT_LIST_TAGS: ClassVar[list[str]] = ["AB", "AID", "AU", "CN", "FAU", "LID", "MH", "OT"]

    def parse_line(self, line: str) -> tuple[str, str] | tuple[None, str]:
        """Divide a line into its tag, None where the line above goes on, and the rest."""
        tag = line[:4].strip()
        return (tag, line[5:].strip()) if tag and line[4:5] == "-" else (None, line.strip())


PARSER = Parser(mapping=Tags(), delimiter_tags_mapping={})


def detects(source: Source) -> bool:
    """Tell MEDLINE's format by the line with a PubMed number."""
    return MARK.search(source.head) is not None


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield a paper for each record, and a refusal, with its first line, for each bad one."""
    for record in records_of(source, lambda line: MARK.match(line) is not None, lambda line: not line.strip()):
        tags = parsed(record, source.name, PARSER)
        if isinstance(tags, Refusal):
            yield tags
            continue
        dois = (match.group(1) for text in [*tags.get("LID", []), *tags.get("AID", [])] if (match := DOI.fullmatch(text)))
        yield paper_from_record(
            {
                "title": tags.get("TI") or tags.get("BTI"),
                "abstract": joined(tags.get("AB")),
                "authors": [*(tags.get("FAU") or tags.get("AU") or []), *tags.get("CN", [])],
                "year": tags.get("DP"),
                "venue": tags.get("JT") or tags.get("TA"),
                "doi": next(dois, None),
                "pubmed_id": tags.get("PMID"),
                "url": f"https://pubmed.ncbi.nlm.nih.gov/{tags.get('PMID')}/",
                "categories": [topic.lstrip("*") for topic in (*tags.get("MH", []), *tags.get("OT", []))],
            },
            source.name,
            record.lines[0].number,
        )
