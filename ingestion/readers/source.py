"""What every reader reads: the decoded text of one file, with clear refusals for what is no text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ingestion.paper import Refusal

MAX_BYTES = 2_000_000_000
CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a]")  # bytes that no text has, in whatever encoding
HTML = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+)?html\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Source:
    """A named text. How its lines ended is the file's business, not the paper's: all end in a line feed here."""

    name: str
    text: str


def open_source(path: Path) -> Source | Refusal:
    """Read a file as UTF-8 (or UTF-16 with its mark), or say why it cannot be read. Raises nothing for bad content."""
    name = str(path)
    try:
        if path.is_dir():
            return Refusal(name, None, f"is a directory; give the files in it, for instance {path}/*.jsonl")
        if path.stat().st_size > MAX_BYTES:
            return Refusal(name, None, f"is larger than {MAX_BYTES // 1_000_000} MB; split it into smaller files")
        raw = path.read_bytes()
    except OSError as error:
        return Refusal(name, None, f"cannot be read: {error.strerror or error}")
    except ValueError as error:  # a zero byte in the name
        return Refusal(name, None, f"cannot be read: {error}")
    return _decoded(name, raw)


def _decoded(name: str, raw: bytes) -> Source | Refusal:
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        if not CONTROL.search(raw, 0, 65536):
            line = raw.count(b"\n", 0, error.start) + 1
            return Refusal(name, line, f"is not valid UTF-8 at byte {error.start}; convert it to UTF-8 and try again")
        text = "\0"
    if not text.strip():
        return Refusal(name, None, "is empty; expected a saved listing page or JSONL records")
    if "\0" in text:
        return Refusal(name, None, "is a binary file, not text; save the page as plain text, or export JSONL")
    if HTML.match(text):
        return Refusal(name, None, "is HTML; open it in a browser, and save or copy the page as plain text")
    return Source(name, text.replace("\r\n", "\n").replace("\r", "\n"))
