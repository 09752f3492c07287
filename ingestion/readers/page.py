"""A saved listing page: some lines of furniture, then titles, each with its abstract below, told apart by structure.

The heading right above an abstract is its title. Every other heading is furniture (a date, a button, what the page repeats)
or a paper whose abstract is missing, and is refused by name. Above the first paper, where sites put lines of every kind,
only what follows the last furniture counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import pairwise

from ingestion.paper import Paper, Refusal
from ingestion.readers.blocks import LEGAL, Block, blocks_of
from ingestion.readers.record import paper_from_record
from ingestion.readers.source import Source
from ingestion.readers.xml_records import root_of

# Lines that sites put around a title: a date, a count, a byline, a list of names, a label, a button.
MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
FURNITURE = re.compile(
    rf"{MONTH}( \d+)?(,? \d{{4}})?|\d+ {MONTH}( \d{{4}})?|[\d\W]+|[\d.,]+k? \w+"
    r"|((submitted|published|posted|updated) )?(by|on|in) ?\S.*|(authors?|submitted|published|posted|updated)\b.*"
    r"|https?://\S+|(view|read|add|load|share|download|upvote|subscribe|follow|sign|log|save|cite)( [^\W\d_]+){0,3}"
    r"|(abstract|summary|pdf|html|more|new|previous|next|comments?|likes?|votes?)\W*",
    re.IGNORECASE,
)
NAME = r"[^\W\d_a-z][^\s,]*( [^\s,]+){1,3}"
NAMES = re.compile(rf"{NAME}(, {NAME})+,?( (and|&) {NAME})?")


def detects(source: Source) -> bool:
    """Tell a listing page by its having a heading above a paragraph."""
    if root_of(source) is not None:  # marked-up text is no page as a person sees it
        return False
    return any(below and not above for above, below in pairwise(_prose(list(blocks_of(source.text)))))


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield the papers of the page in order, and a refusal for each title without an abstract."""
    blocks = list(blocks_of(source.text))
    prose = _prose(blocks)
    looks = Counter(_look(block) for block, is_prose in zip(blocks, prose, strict=True) if not is_prose)
    repeated = {look for look, count in looks.items() if count > 1}
    headings: list[Block] = []
    paragraphs: list[Block] = []
    papers = 0
    for block, is_prose in [*zip(blocks, prose, strict=True), (Block("", 0, 0, 0), False)]:  # the last closes the last paper
        if is_prose or (paragraphs and block.is_note):
            paragraphs.append(block)
        elif not paragraphs:
            headings.append(block)
        else:
            yield from _paper(headings, paragraphs, repeated, source, first=papers == 0)
            papers, headings, paragraphs = papers + 1, [block], []
    yield from (_no_abstract(heading, source.name) for heading in headings[:-1] if _is_title(heading, repeated))


def _prose(blocks: list[Block]) -> list[bool]:
    """Tell each block's kind, by its look and then by its place."""
    prose = [block.is_prose for block in blocks]
    # A few words below a heading, with another heading or nothing after them, are its abstract.
    place = 1
    while place < len(blocks):
        end = place
        while end < len(blocks) and not prose[end] and blocks[end].may_be_short_prose:
            end += 1
        if not prose[place - 1] and (end == len(blocks) or not prose[end]):
            prose[place:end] = [True] * (end - place)
        place = end + 1
    # Where the page's titles end in full stops, a lone sentence above an abstract is one.
    titles = [block for block, above, below in zip(blocks, prose, prose[1:], strict=False) if not above and below]
    if sum(block.is_sentence for block in titles) * 2 <= len(titles):
        return prose
    for place in range(len(blocks) - 1, 0, -1):
        if prose[place] and prose[place - 1] and (place == 1 or prose[place - 2]) and blocks[place - 1].is_sentence:
            prose[place - 1] = len(blocks[place - 1].text) >= len(blocks[place].text)
    return prose


def _paper(
    headings: list[Block], paragraphs: list[Block], repeated: Collection[str], source: Source, *, first: bool
) -> Iterator[Paper | Refusal]:
    """Yield the paper of an abstract, after the refusals of the titles above its own."""
    if not headings:
        start = paragraphs[0]
        yield Refusal(source.name, start.line, f"is a paragraph with no title above it: {_short(start)}")
        return
    furniture = [place for place, heading in enumerate(headings) if _is_furniture(heading, repeated)]
    titles = [heading for place, heading in enumerate(headings) if place not in furniture] or headings[-1:]
    title = titles.pop()
    above = headings.index(title)
    begin = max((place + 1 for place in furniture if place < above), default=0) if first else 0
    others = [heading for heading in titles if heading in headings[begin:] and _is_title(heading, repeated)]
    yield from (_no_abstract(heading, source.name) for heading in others)
    name = re.sub(r"(?<=\w)-\s*\n\s*(?=\w)", "-", title.text)  # a title that was wrapped at its hyphen
    record = {"title": name, "abstract": source.text[paragraphs[0].start : paragraphs[-1].end]}
    yield paper_from_record(record, source.name, title.line)


def _is_furniture(heading: Block, repeated: Collection[str]) -> bool:
    text = heading.text
    patterns = FURNITURE.fullmatch(text) or NAMES.fullmatch(text) or LEGAL.match(text)
    return patterns is not None or _look(heading) in repeated


def _is_title(heading: Block, repeated: Collection[str]) -> bool:
    """Tell a title by its having more words than a button; one of two words needs an abstract below to be believed."""
    return not _is_furniture(heading, repeated) and len(re.findall(r"[^\W\d_]+", heading.text)) > 2


def _look(heading: Block) -> str:
    """Give what "12 comments" and "7 comments" have in common."""
    return re.sub(r"\d+", "0", heading.text.casefold())


def _no_abstract(title: Block, name: str) -> Refusal:
    return Refusal(name, title.line, f"has no abstract below it: {_short(title)}")


def _short(block: Block) -> str:
    return block.text if len(block.text) <= 80 else block.text[:79] + "…"
