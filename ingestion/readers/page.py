"""A saved listing page: some lines of furniture, then titles, each with its abstract below, told apart by structure.

Blank lines divide the page into blocks. A block that reads as prose (long, or a sentence that ends as one) is part of an
abstract; any other is a heading. The heading right above an abstract is its title. Headings before the first title are the
page's furniture; a heading further down with no abstract below is a paper whose abstract is missing, and is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ingestion.paper import Paper, Refusal
from ingestion.readers.record import paper_from_record
from ingestion.readers.source import Source

LONG = 300  # characters: no title is that long, and few abstracts are shorter
SHORT = 40  # characters: below, a line that ends in a full stop is still furniture ("All rights reserved.")
# A word that a sentence has and a title that ends in a full stop seldom does: a finite verb, or its usual subject.
PROSE = re.compile(
    r"\b(we|our|is|are|was|were|has|have|had|can|be|been|this|these|which|that|show|shows|propose|available)\b",
    re.IGNORECASE,
)
LINK = re.compile(r"https?://\S+")
# Lines that sites put around a title: a date, a count, a byline, a button of a word or two.
MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
FURNITURE = re.compile(
    rf"{MONTH}( \d+)?(,? \d{{4}})?|\d+ {MONTH}( \d{{4}})?|[\d\W]+|(submitted |published |posted )?(by|on|in) ?\S.*"
    r"|\S+( \S+)? ?\d*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of the page without a blank one between; ``line`` is the first one's number, from 1."""

    line: int
    text: str

    @property
    def is_prose(self) -> bool:
        """Tell a paragraph of an abstract from a heading."""
        if len(self.text) >= LONG:
            return True
        if len(self.text) < SHORT:
            return False
        text = LINK.sub("link.", self.text)
        several = re.search(r"[.!?]\s+[A-Z]", text) is not None
        return re.search(r"\.[\"')\]]*$", text) is not None and (several or PROSE.search(text) is not None)


def detects(source: Source) -> bool:
    """Tell a listing page by its having a heading above a paragraph."""
    blocks = list(_blocks(source.text))
    return any(not a.is_prose and b.is_prose for a, b in pairwise(blocks))


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield the papers of the page in order, and a refusal for each title without an abstract."""
    headings: list[Block] = []
    paragraphs: list[Block] = []
    papers = 0
    for block in [*_blocks(source.text), Block(0, "")]:  # the empty heading at the end closes the last paper
        if block.is_prose:
            paragraphs.append(block)
        elif not paragraphs:
            headings.append(block)
        else:
            titles = _titles(headings)
            if papers:  # above the first paper there is furniture of every kind
                yield from (_no_abstract(heading, source.name) for heading in titles[:-1])
            yield _paper(titles[-1] if titles else None, paragraphs, source.name)
            papers, headings, paragraphs = papers + 1, [block], []
    yield from (
        _no_abstract(heading, source.name) for heading in _titles(headings[:-1]) if not FURNITURE.fullmatch(heading.text)
    )


def _titles(headings: list[Block]) -> list[Block]:
    """Leave out the furniture, unless there is nothing else: some titles are one word long."""
    return [block for block in headings if not FURNITURE.fullmatch(block.text)] or headings[-1:]


def _paper(title: Block | None, paragraphs: list[Block], name: str) -> Paper | Refusal:
    if title is None:
        return Refusal(name, paragraphs[0].line, f"is a paragraph with no title above it: {_start(paragraphs[0])}")
    record = {"title": title.text, "abstract": "\n\n".join(block.text for block in paragraphs)}
    return paper_from_record(record, name, title.line)


def _no_abstract(title: Block, name: str) -> Refusal:
    return Refusal(name, title.line, f"has no abstract below it: {_start(title)}")


def _start(block: Block) -> str:
    return block.text if len(block.text) <= 80 else block.text[:79] + "…"


def _blocks(text: str) -> Iterator[Block]:
    """Divide the text at blank lines, and below a title that has its abstract on the very next line."""
    lines: list[str] = []
    # split, not splitlines: U+2028 and form feeds belong to the text
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip():
            # A line far longer than any wrapped one is a whole paragraph: what stands above it is not its beginning.
            if lines and len(line) >= LONG > len(lines[-1]):
                yield Block(number - len(lines), "\n".join(lines).strip())
                lines = []
            lines.append(line)
        elif lines:
            yield Block(number - len(lines), "\n".join(lines).strip())
            lines = []
