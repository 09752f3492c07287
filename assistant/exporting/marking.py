"""Text of papers, questions and models becomes Markdown here, and nowhere else: it reads as it is, and marks nothing up.

Whatever CommonMark, GitHub or Pandoc could take for markup is escaped, HTML and bare addresses as well. An address of the
document's own is written so that nothing in it can end it.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from assistant.ui.escaping import INVISIBLE

MARKUP = re.compile(r"[\\`*_\[\]<>|~$#{}^@]|&(?=#?\w+;)|(?<=\w):(?=//)|(?<=\bwww)\.(?=\S)", re.IGNORECASE)
BEGINS = re.compile(r"^(\d{1,9})?([-+=:.)(%])")
AFTER_MARKER = re.compile(r"(?<=\])(?=[(:])")
RUN = re.compile(r"`+")


def text(value: str) -> str:
    """Escape text that stands within a line. White space of any kind becomes one space, but for that at its ends."""
    clean = re.sub(r"\s+", " ", INVISIBLE.sub("", value))
    return MARKUP.sub(r"\\\g<0>", clean)


def block(escaped: str) -> str:
    """Give an escaped line that may stand where a block begins: it becomes no list, no heading and no definition."""
    return BEGINS.sub(r"\1\\\2", escaped.strip())


def marked(escaped: str) -> str:
    """Give escaped text in which markers such as ``[1]`` begin no link, whatever follows them."""
    return AFTER_MARKER.sub(r"\\", escaped)


def line(value: str) -> str:
    """Escape text that is a block, or a cell, of its own."""
    return block(text(value))


def code(value: str) -> str:
    """Give words as code; of one line and without a backtick, as `assistant.ui.markdown` finds them."""
    return f"`{INVISIBLE.sub('', value)}`"


def fenced(value: str, language: str) -> str:
    """Give lines as code between fences longer than any in it."""
    fence = "`" * max(3, 1 + max((len(run) for run in RUN.findall(value)), default=0))
    return f"{fence}{language}\n{value.rstrip()}\n{fence}"


def link(label: str, address: str) -> str:
    """Give a link to a web address."""
    return f"[{text(label)}](<{quote(INVISIBLE.sub('', address), safe='/:;,.?&=#%+~@!$*-_', errors='replace')}>)"
