"""The little Markdown that an answer may hold: paragraphs, headings, lists, bold, italics, code and markers.

Not a general parser, and on purpose: links, images and HTML in a model's words stay the characters they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from assistant.ui import escaping

MARKER = re.compile(r"\[(\d{1,4})\]")
BULLET = re.compile(r"[ \t]*(?:[-*+•]|(?P<number>\d{1,3})[.)])[ \t]+")
HEADING = re.compile(r"[ \t]*#{1,6}[ \t]+")
INLINE = re.compile(
    r"\[(?P<marker>\d{1,4})\]"
    r"|\*\*(?P<strong>[^*\n]{1,500})\*\*"
    r"|(?<![\w*])\*(?P<em>[^*\s][^*\n]{0,500})\*(?![\w*])"
    r"|`(?P<code>[^`\n]{1,500})`"
)

Kind = Literal["p", "h3", "ul", "ol"]


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a text: its kind, and where its words start and end in the text."""

    kind: Kind
    start: int
    end: int


def blocks(source: str) -> Iterator[Block]:
    """Yield the blocks of a text in order; the items of a list come one by one."""
    current: Block | None = None
    position = 0
    for row in source.splitlines(keepends=True):
        start, position = position, position + len(row)
        end = start + len(row.rstrip())
        if end == start:
            found = None
        elif heading := HEADING.match(row):
            found = Block("h3", start + heading.end(), end)
        elif bullet := BULLET.match(row):
            found = Block("ol" if bullet["number"] else "ul", start + bullet.end(), end)
        elif current is not None and current.kind != "h3":
            current = Block(current.kind, current.start, end)
            continue
        else:
            found = Block("p", start, end)
        if current is not None:
            yield current
        current = found
    if current is not None:
        yield current


def layout(source: str, part: Callable[[int, int], str]) -> str:
    """Give the HTML of a text, in which ``part(start, end)`` gives that of the words of a block."""
    out: list[str] = []
    open_list = ""
    for block in blocks(source):
        kind = block.kind if block.kind in {"ul", "ol"} else ""
        if kind != open_list:
            out.append((f"</{open_list}>" if open_list else "") + (f"<{kind}>" if kind else ""))
            open_list = kind
        tag = "li" if kind else block.kind
        out.append(f"<{tag}>{part(block.start, block.end)}</{tag}>")
    if open_list:
        out.append(f"</{open_list}>")
    return "".join(out)


def inline(source: str, marker: Callable[[int], str]) -> str:
    """Give the HTML of words, in which ``marker(number)`` gives that of a marker such as ``[1]``."""
    out: list[str] = []
    position = 0
    for match in INLINE.finditer(source):
        out.append(escaping.text(source[position : match.start()]))
        position = match.end()
        if match["marker"]:
            out.append(marker(int(match["marker"])))
        elif match["code"]:
            out.append(f"<code>{escaping.text(match['code'])}</code>")
        else:
            tag = "strong" if match["strong"] else "em"
            out.append(f"<{tag}>{inline(match['strong'] or match['em'], marker)}</{tag}>")
    out.append(escaping.text(source[position:]))
    return "".join(out).replace("\n", " ")
