"""RIS, as reference managers and publishers export it: a reference goes from a line TY to a line ER."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rispy.config import LIST_TYPE_TAGS
from rispy.parser import RisParser

from ingestion.paper import Paper, Refusal
from ingestion.readers.record import paper_from_record
from ingestion.readers.source import Source
from ingestion.readers.tagged import Tags, joined, parsed, records_of

MARK = re.compile(r"^TY {1,2}- ?\w", re.MULTILINE)
TAG = re.compile(r"([A-Z][A-Z0-9]) {1,2}-(?: |$)")
TITLE = ("TI", "T1", "CT", "BT")
YEAR = ("PY", "Y1", "DA")
VENUE = ("T2", "JO", "JF", "JA", "J2", "BT")


class Parser(RisParser):  # type: ignore[misc]  # rispy has no types
    """rispy's parser, which also takes one space for two before the hyphen, as some programs write."""

    def parse_line(self, line: str) -> tuple[str, str] | tuple[None, str]:
        """Divide a line into its tag, None where the line above goes on, and the rest."""
        tag = TAG.match(line)
        return (tag.group(1), line[tag.end() :].strip()) if tag else (None, line.strip())


PARSER = Parser(mapping=Tags(), list_tags=[*LIST_TYPE_TAGS, "AB", "N2"], delimiter_tags_mapping={})


def detects(source: Source) -> bool:
    """Tell RIS by the line that opens a reference."""
    return MARK.search(source.head) is not None


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield a paper for each reference, and a refusal, with its first line, for each bad one.

    Some programs write no ER; there the next TY ends a reference. At the end of the file it means that a part is missing.
    """
    for record in records_of(source, lambda line: _is(line, "TY"), lambda line: _is(line, "ER")):
        line = record.lines[0].number
        if not record.closed:
            yield Refusal(source.name, line, "is a reference without an ER line at its end; the file is cut off")
            continue
        tags = parsed(record, source.name, PARSER)
        if isinstance(tags, Refusal):
            yield tags
            continue
        given = {field: next((tags[tag] for tag in names if tags.get(tag)), None) for field, names in FIELDS.items()}
        is_pubmed = re.search("pubmed|medline", str(tags.get("DB", "")), re.IGNORECASE)
        yield paper_from_record(
            {
                **given,
                "abstract": joined(tags.get("AB")) or joined(tags.get("N2")),
                "pubmed_id": tags.get("AN") if is_pubmed else None,
            },
            source.name,
            line,
        )


FIELDS = {
    "title": TITLE,
    "authors": ("AU", "A1"),
    "year": YEAR,
    "venue": VENUE,
    "doi": ("DO",),
    "url": ("UR",),
    "keywords": ("KW",),
}


def _is(line: str, tag: str) -> bool:
    match = TAG.match(line)
    return match is not None and match.group(1) == tag
