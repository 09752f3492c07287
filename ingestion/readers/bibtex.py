"""BibTeX, by bibtexparser, an entry at a time: a broken one is refused, and the next one is read.

A title, names and a venue lose their braces, and their LaTeX becomes Unicode. An abstract loses what encloses it and the
wrapping of its lines, and keeps its LaTeX.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingestion.paper import Paper, Refusal
from ingestion.readers.latex import unicode_of
from ingestion.readers.record import ARXIV, paper_from_record
from ingestion.readers.source import MAX_RECORD, Line, Source

if TYPE_CHECKING:
    from bibtexparser.model import Block, Entry

ENTRY = re.compile(r"[ \t]*@[ \t]*\w+[ \t]*[{(]")
MARK = re.compile(
    r"^[ \t]*@[ \t]*(\w+[ \t]*\{[^\s{}]*,|(string|preamble|comment)[ \t]*[{(]|\w+[ \t]*\([^\s()]*,)", re.M | re.I
)
MAX_MACROS = 1_000_000  # characters; macros made of macros can be a bomb
MAX_VALUE = 1_000_000  # characters of a value; ten times the longest abstract, which is refused for its length
BARE = re.compile(r'\s*(\{|"|[^\s#{}",]+)\s*')
JOURNAL_OF_ARXIV = re.compile(rf"arxiv(?: e-?prints?| preprint)?[:\s]*(?:arxiv:)?\s*({ARXIV.pattern})", re.IGNORECASE)


def detects(source: Source) -> bool:
    """Tell BibTeX by an entry that begins a line."""
    return MARK.search(source.head) is not None


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield a paper for each entry with an abstract and a refusal, with its line, for each other one."""
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # it logs what comes back as a refusal here
    macros: dict[str, str] = {}
    for lines in _entries(source):
        first = lines[0].number
        if problem := next((line.problem for line in lines if line.problem), None):
            number = next(line.number for line in lines if line.problem)
            yield Refusal(source.name, number, f"{problem} (in the entry that begins on line {first})")
        elif sum(len(line.text) for line in lines) > MAX_RECORD:
            yield Refusal(source.name, first, f"is an entry longer than {MAX_RECORD // 1_048_576} million characters")
        else:
            yield from _read_entry("\n".join(line.text for line in lines), source.name, first, macros)


def _entries(source: Source) -> Iterator[list[Line]]:
    """Divide at the lines that begin an entry, as bibtexparser does; what stands above the first one is a comment."""
    lines: list[Line] = []
    size = 0
    for line in source.lines():
        if ENTRY.match(line.text):
            if lines:
                yield lines
            lines, size = [line], 0
        elif lines and size <= MAX_RECORD:  # what is refused as too long need not be kept
            lines.append(line)
        size += len(line.text)
    if lines:
        yield lines


def _read_entry(text: str, name: str, first: int, macros: dict[str, str]) -> Iterator[Paper | Refusal]:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import Entry, ParsingFailedBlock, String

    try:
        blocks: list[Block] = parse_string(text, parse_stack=[]).blocks
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError) as error:
        yield Refusal(name, first, f"is a BibTeX entry that cannot be read: {error}")
        return
    for block in blocks:
        line = first + (block.start_line or 0)
        if isinstance(block, String):
            value = _value(block.value, macros)
            if sum(map(len, macros.values())) + len(value) > MAX_MACROS:
                yield Refusal(name, line, f"is a macro too many: all of a file hold at most {MAX_MACROS:,} characters")
            else:
                macros[block.key.lower()] = value
        elif isinstance(block, ParsingFailedBlock):
            yield Refusal(name, line, f"is a broken BibTeX entry: {_reason(block)}: {_short(text)}")
        elif isinstance(block, Entry):
            yield _paper(block, name, line, macros)


def _paper(entry: Entry, name: str, line: int, macros: dict[str, str]) -> Paper | Refusal:
    from bibtexparser.middlewares.names import split_multiple_persons_names

    fields = {field.key.lower(): _value(str(field.value), macros).strip() for field in entry.fields}
    plain = {key: unicode_of(value, tex=True) for key, value in fields.items() if key not in ("abstract", "author")}
    eprint, journal = plain.get("eprint", ""), plain.get("journal") or plain.get("journaltitle")
    of_arxiv = JOURNAL_OF_ARXIV.match(journal or "")
    is_arxiv = "arxiv" in (plain.get("archiveprefix") or plain.get("eprinttype") or "arxiv").lower() and ARXIV.match(eprint)
    paper = paper_from_record(
        {
            "title": plain.get("title"),
            "abstract": " ".join(part.strip() for part in fields.get("abstract", "").split("\n")),
            "authors": [
                _person(name) for name in split_multiple_persons_names(fields.get("author", "")) if name != "others"
            ],
            "year": plain.get("year") or plain.get("date"),
            "venue": journal or plain.get("booktitle"),
            "doi": plain.get("doi"),
            "arxiv_id": eprint if is_arxiv else of_arxiv and of_arxiv.group(1),
            "pubmed_id": plain.get("pmid") or (eprint if plain.get("eprinttype", "").lower() == "pubmed" else None),
            "url": fields.get("url"),
            "categories": plain.get("primaryclass") or plain.get("keywords"),
        },
        name,
        line,
    )
    return Refusal(name, line, f"{paper.reason}: {_short(entry.raw or entry.key)}") if isinstance(paper, Refusal) else paper


def _value(raw: str, macros: dict[str, str]) -> str:
    """Take off what encloses a value, and put together parts that # joins: ``jan # " 2020"``. Raises nothing."""
    parts, place, size = [], 0, 0
    while match := BARE.match(raw, place):
        start = match.group(1)
        if start in ("{", '"'):
            begin = match.start(1) + 1
            end = _closing(raw, begin, "}" if start == "{" else '"')
            parts.append(raw[begin:end])
            place = end + 1
        else:
            parts.append(macros.get(start.lower(), start))
            place = match.end()
        size += len(parts[-1])
        joint = re.compile(r"\s*#").match(raw, place)
        if joint is None or size > MAX_VALUE:
            break
        place = joint.end()
    return "".join(parts)


def _closing(raw: str, begin: int, wanted: str) -> int:
    depth = 0
    for mark in re.compile(r'(?<!\\)[{}"]').finditer(raw, begin):
        if mark.group() == wanted and depth == 0:
            return mark.start()
        depth += {"{": 1, "}": -1}.get(mark.group(), 0)
    return len(raw)


def _person(name: str) -> list[str] | str:
    """Give a name in arXiv's order, last name first, so that "{The Team}" and "van der Berg, Max" are told apart."""
    from bibtexparser.middlewares.names import InvalidNameError, parse_single_name_into_parts

    try:
        parts = parse_single_name_into_parts(name, strict=False)
    except (InvalidNameError, IndexError):
        return unicode_of(name, tex=True)
    last = " ".join([*parts.von, *parts.last])
    return [unicode_of(part, tex=True) for part in (last, " ".join(parts.first), " ".join(parts.jr))]


def _reason(block: Any) -> str:  # noqa: ANN401 (bibtexparser's failed blocks have no common type)
    reason = getattr(block.error, "abort_reason", None) or str(block.error)
    if "end of file" in reason or "block start" in reason:  # it sees no more than this entry
        return "a brace or a quotation mark is not closed before the next entry, or the end of the file"
    return str(reason).partition(" Note:")[0].strip().rstrip(".").replace("`", "'")


def _short(text: str) -> str:
    first = text.strip().partition("\n")[0]
    return first if len(first) <= 60 else first[:59] + "…"
