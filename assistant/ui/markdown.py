"""The little Markdown that an answer may hold: paragraphs, headings, lists, bold, italics, code and markers.

Not a general parser, and on purpose: links, images and HTML in a model's words stay the characters they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
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
Style = Literal["strong", "em", "code"]


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a text: its kind, and where its words start and end in the text."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in one style, or a marker such as ``[1]``. The styles are named as HTML names them, the outermost first."""

    text: str
    styles: tuple[Style, ...] = ()
    marker: int | None = None


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
    return stacked((block.kind, part(block.start, block.end)) for block in blocks(source))


def stacked(parts: Iterable[tuple[Kind, str]]) -> str:
    """Give the HTML of blocks from that of their words; items that follow each other become one list."""
    out = []
    for kind, group in groupby(parts, key=lambda part: part[0]):
        tag = "li" if kind in {"ul", "ol"} else kind
        inner = "".join(f"<{tag}>{words}</{tag}>" for _, words in group)
        out.append(f"<{kind}>{inner}</{kind}>" if tag == "li" else inner)
    return "".join(out)


def pieces(source: str, styles: tuple[Style, ...] = ()) -> Iterator[Piece]:
    """Yield the words of a text and its markers, such as ``[1]``, in order; the words without their signs of style."""
    position = 0
    for match in INLINE.finditer(source):
        yield from _words(source[position : match.start()], styles)
        position = match.end()
        if match["marker"]:
            yield Piece(match.group(), styles, int(match["marker"]))
        elif match["code"]:
            yield from _words(match["code"], (*styles, "code"))
        elif match["strong"]:
            yield from pieces(match["strong"], (*styles, "strong"))
        else:
            yield from pieces(match["em"], (*styles, "em"))
    yield from _words(source[position:], styles)


def inline(source: str, marker: Callable[[int], str]) -> str:
    """Give the HTML of words, in which ``marker(number)`` gives that of a marker such as ``[1]``."""
    return html(pieces(source), marker)


def html(said: Iterable[Piece], marker: Callable[[int], str]) -> str:
    """Give the HTML of pieces, as `inline` does of words."""
    out = []
    for styles, group in groupby(said, key=lambda piece: piece.styles):
        words = "".join(escaping.text(p.text) if p.marker is None else marker(p.marker) for p in group)
        for style in reversed(styles):
            words = f"<{style}>{words}</{style}>"
        out.append(words)
    return "".join(out).replace("\n", " ")


def _words(text: str, styles: tuple[Style, ...]) -> Iterator[Piece]:
    if text:
        yield Piece(text, styles)
