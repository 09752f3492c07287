"""A PDF is one paper: its title and abstract from the first two pages, by pypdf, or a refusal that says what is not found.

The text is put together from what stands on the pages: lines are joined, words divided at a line's end are made whole,
ligatures become letters. A title or author in the file's own data counts only where the first page has it too.
"""

from __future__ import annotations

import io
import logging
import math
import re
import struct
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from ingestion.paper import Paper, Refusal
from ingestion.readers.names import names_of
from ingestion.readers.pdf_text import SHORTEST_TITLE, abstract_in, letters_of, title_in
from ingestion.readers.record import ARXIV, paper_from_record
from ingestion.readers.source import Source

if TYPE_CHECKING:
    from pypdf import PageObject

PAGES = 2
MAX_OPERATIONS = 300_000  # of the drawing on one page; a page of text has some 5,000
MAX_STREAM = 20_000_000  # bytes of one of its streams, unpacked
MAX_TEXT = 200_000  # characters of one page
# What pypdf raises for a broken file, besides its own errors: it does not check all that it finds.
BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
STAMP = re.compile(
    rf"arXiv:(?P<id>{ARXIV.pattern})(?:v\d+)?\s*\[(?P<category>[\w.-]+)\]\s*\d{{1,2}} \w{{3}} (?P<year>\d{{4}})"
)
DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+[^\s\"<>.,;)\]]")
LIGATURES = re.compile("[\ufb00-\ufb06]")


def detects(source: Source) -> bool:
    """Tell a PDF by its mark."""
    return source.is_pdf


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield the paper, or why it cannot be made."""
    from pypdf.errors import DependencyError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs what it mends
    try:
        found = _record(source.whole())
    except (PyPdfError, DependencyError, zlib.error, struct.error, *BROKEN) as error:
        said = str(error).encode("utf-8", "replace").decode().strip().partition("\n")[0][:200] or type(error).__name__
        yield Refusal(source.name, None, f"is a PDF that cannot be read: {said}")
        return
    yield Refusal(source.name, None, found) if isinstance(found, str) else paper_from_record(found, source.name, None)


@dataclass(slots=True)
class _Page:
    """The text of a page, and its upright pieces, each with the size of its letters in points."""

    text: str = ""
    pieces: list[tuple[float, str]] = field(default_factory=list)
    operations: int = 0

    def count(self, *_: Any) -> None:  # noqa: ANN401 (what pypdf calls it with)
        self.operations += 1
        self.check()

    def check(self) -> None:
        from pypdf.errors import LimitReachedError

        if self.operations > MAX_OPERATIONS:  # forms within forms can make millions out of a small file
            raise LimitReachedError(f"a page draws more than {MAX_OPERATIONS:,} things")

    def add(self, text: str, matrix: Any, text_matrix: Any, _font: Any, size: Any) -> None:  # noqa: ANN401
        a, b = text_matrix[0], text_matrix[1]
        along, up = a * matrix[0] + b * matrix[2], a * matrix[1] + b * matrix[3]
        if abs(up) <= abs(along):  # not turned, as arXiv's stamp at the margin is
            self.pieces.append((round(float(size) * math.hypot(along, up), 1), text))


def _record(raw: bytes) -> dict[str, Any] | str:
    """Give what the paper says, or why it is none. Raises what pypdf raises."""
    from pypdf import PdfReader, apply_configuration

    with apply_configuration(zlib_maximum_output_length=MAX_STREAM, lzw_maximum_output_length=MAX_STREAM):
        reader = PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            return "is encrypted; save it without a password and try again"
        pages = [_read(page) for page in islice(reader.pages, PAGES)]
        about: Mapping[str, Any] = reader.metadata or {}
        named, by = (str(about.get(key) or "").replace("\0", "") for key in ("/Title", "/Author"))
    if not any(page.text.strip() for page in pages):
        return "has no text on its first pages; it may be a scan: run it through OCR first"
    text = "\n".join(page.text for page in pages)
    abstract = abstract_in(STAMP.sub("", text), PAGES)
    if not abstract[0]:
        return abstract[1]
    first = pages[0].text
    is_there = len(named) >= SHORTEST_TITLE and letters_of(named) in letters_of(first)
    title = named if is_there else title_in(pages[0].pieces, first)
    if not title:
        return "has no title that can be told from the rest of its first page"
    stamp = STAMP.search(text)
    dois = set(DOI.findall(first)) - set(DOI.findall(abstract[0]))  # those may be of data or code
    authors = [name for name in names_of(by) if letters_of(name) in letters_of(first)]
    return {
        "title": title,
        "abstract": abstract[0],
        "authors": authors,
        "year": stamp and stamp.group("year"),
        "doi": dois.pop() if len(dois) == 1 else None,  # of several, one may be its own, or none
        "arxiv_id": stamp and stamp.group("id"),
        "categories": [stamp.group("category")] if stamp else None,
    }


def _read(page: PageObject) -> _Page:
    found = _Page()
    text = page.extract_text(visitor_operand_before=found.count, visitor_text=found.add)[:MAX_TEXT]
    found.check()  # pypdf goes on after an error within a form
    text = LIGATURES.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    found.text = text.encode("utf-8", "replace").decode().replace("\0", "")
    return found
