"""What every reader reads: the bytes or the lines of one source, with clear refusals for what is no text."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import BinaryIO, NamedTuple

from ingestion.readers.streams import HEAD, Bounded, SourceError, unpacked

MAX_WHOLE = 256_000_000  # bytes of what has to be in memory whole: a saved page, a PDF
MAX_RECORD = 33_554_432  # characters of one line, or of one record; the longest abstract has 100,000
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a]")  # bytes that no text has, in whatever encoding
PDF = re.compile(rb"(?s).{0,1024}?%PDF-\d")
HTML = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+)?html\b", re.IGNORECASE | re.DOTALL)
STRAY = re.compile("[\udc80-\udcff]")  # what Python's "surrogateescape" makes of a byte that is not UTF-8


class Line(NamedTuple):
    """A line without its end. ``problem`` says why it cannot be read as it stands, or is None."""

    number: int
    text: str
    problem: str | None


class Source:
    """A named source, which can be read once. How its lines ended is the file's business: all end in a line feed here."""

    def __init__(self, name: str, stream: BinaryIO, columns: Mapping[str, str] | None = None) -> None:
        """Look at the head of a stream.

        Args:
            name: stands in refusals.
            stream: bytes, compressed with gzip or not.
            columns: the column of a table that is to be read as a field, by field; see `ingestion.readers.table`.

        Raises:
            SourceError: it is packed in a way that is not read, or cannot be read at all.
        """
        self.name = name
        self.columns = dict(columns or {})
        self.line = 0  # the last line that a reader was given
        self._stream: Bounded = unpacked(stream)
        self.first_bytes = self._stream.head
        self.is_whole = len(self.first_bytes) < HEAD  # the head is all there is
        self._encoding = "utf-16" if self.first_bytes[:2] in UTF16 else "utf-8-sig"

    @cached_property
    def is_pdf(self) -> bool:
        """Tell a PDF, which may have some bytes before its mark."""
        return PDF.match(self.first_bytes) is not None

    @cached_property
    def head(self) -> str:
        """The first characters, by which text formats are told. Raises SourceError for broken UTF-16."""
        try:
            text = codecs.getincrementaldecoder(self._encoding)(self._errors).decode(self.first_bytes, final=self.is_whole)
        except UnicodeDecodeError as error:
            raise SourceError("is not valid UTF-16; convert it to UTF-8 and try again") from error
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def check_text(self) -> None:
        """Raise a SourceError for what is no text, or no text with papers in it."""
        head = self.head
        if not head.strip() and self.is_whole:
            raise SourceError("is empty; there are no papers in it")
        if "\0" in head or (STRAY.search(head) and CONTROL.search(self.first_bytes)):
            raise SourceError("is a binary file, not text; give one of the formats that vouched ingest --help lists")
        if HTML.match(head):
            raise SourceError("is HTML; open it in a browser, and save or copy the page as plain text")

    def lines(self) -> Iterator[Line]:
        """Yield the lines, one at a time, never the whole. Raises SourceError where the stream breaks."""
        stream = self._text()
        while line := self._reading(stream, MAX_RECORD + 1, by_line=True):
            self.line += 1
            if len(line) > MAX_RECORD and line[-1] != "\n":
                while (rest := self._reading(stream, HEAD, by_line=True)) and rest[-1] != "\n":
                    pass
                yield Line(self.line, "", f"is longer than {MAX_RECORD // 1_048_576} million characters, as no record is")
            else:
                yield Line(self.line, line.removesuffix("\n"), problem_of(line))

    def characters(self) -> Iterator[str]:
        """Yield the text in portions, for formats that do not go by lines. Raises SourceError where the stream breaks."""
        stream = self._text()
        while portion := self._reading(stream, HEAD, by_line=False):
            yield portion

    @cached_property
    def text(self) -> str:
        """The whole text. Raises SourceError where a line cannot be read, and for a text that is too large."""
        lines, size = [], 0
        for line in self.lines():
            if line.problem:
                raise SourceError(line.problem, line.number)
            lines.append(line.text)
            size += len(line.text) + 1
            if size > MAX_WHOLE:
                raise SourceError(
                    f"holds no papers in its first {MAX_WHOLE // 1_000_000} MB in a format read piece by piece"
                )
        return "\n".join(lines)

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes in portions, for formats that name their own encoding. Raises SourceError."""
        stream = io.BufferedReader(self._stream, HEAD)
        while chunk := stream.read(HEAD):
            yield chunk

    def whole(self) -> bytes:
        """Give all bytes. Raises SourceError when they are too many."""
        found = bytearray()
        for chunk in self.chunks():
            found += chunk
            if len(found) > MAX_WHOLE:
                raise SourceError(f"is larger than {MAX_WHOLE // 1_000_000} MB, as no paper is")
        return bytes(found)

    @property
    def _errors(self) -> str:
        return "strict" if self._encoding == "utf-16" else "surrogateescape"

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BufferedReader(self._stream, HEAD), self._encoding, self._errors, newline=None)

    def _reading(self, stream: io.TextIOWrapper, size: int, *, by_line: bool) -> str:
        try:
            return stream.readline(size) if by_line else stream.read(size)
        except UnicodeDecodeError as error:
            raise SourceError("is not valid UTF-16; convert it to UTF-8 and try again", self.line + 1) from error


def problem_of(text: str) -> str | None:
    """Say why a piece of text cannot be read, or None: it has a byte that is not UTF-8, or a zero byte."""
    if not text.isascii() and (stray := STRAY.search(text)):
        byte = ord(stray.group()) - 0xDC00
        return f"is not valid UTF-8 (byte 0x{byte:02X} at column {stray.start() + 1}); convert it to UTF-8 and try again"
    return "holds a zero byte, as no text does" if "\0" in text else None
