"""Markdown drafts, and plain ones, which are Markdown with hardly any of its marks.

Markdown-it parses the blocks and the words. Headings, tables, code blocks, pictures and HTML are dropped; notes become
paragraphs; indented paragraphs are text, not code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.auditing.paragraph import LINE, Paragraph, lines_of, mark
from assistant.grounding import MARKER
from ingestion.sentences import FORMULA

FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*(?=\n|\Z)", re.DOTALL)
BULLET = re.compile(r"(?m)^([ \t]*)[•▪‣] ")
NOTE_BEGINS = re.compile(r"(?m)^ {0,3}\[\^[^\]\n]+\]:[ \t]*")
NOTE_MARK = re.compile(r"\[\^[^\]\n]+\]")
INLINE_NOTE = re.compile(r"\^\[([^\[\]]*)\]")
KEY = r"@\{?([^\W\d](?:[\w:.#$%&+?<>~/-]*\w)?)\}?"
BRACKETED = re.compile(rf"\[([^\[\]]*(?<![\w@]){KEY}[^\[\]]*)\]")
SPOKEN = re.compile(rf"(?<![\w@/.]){KEY}")
MASK, UNMASK = "\ue005", "\ue006"


def paragraphs(text: str) -> Iterator[Paragraph]:
    """Read the paragraphs, items and notes of a text; a note written in a sentence comes after its paragraph."""
    formulas: list[str] = []

    def masked(found: re.Match[str]) -> str:  # Markdown would read the stars and the backslashes of a formula
        if "\n" in found[0]:
            return found[0]
        formulas.append(found[0])
        return f"{MASK}{len(formulas) - 1}{UNMASK}"

    text = FRONT_MATTER.sub(lambda m: "\n" * m[0].count("\n"), text)
    text = NOTE_MARK.sub("", NOTE_BEGINS.sub("- ", BULLET.sub(r"\1- ", FORMULA.sub(masked, text))))
    tokens = MarkdownIt("commonmark").enable("table").disable("code").parse(text)
    for (before, token), after in zip(pairwise(tokens), [*tokens[3:], None, None], strict=False):
        if token.type == "inline" and token.map and _is_prose(before, token) and not (after and _is_heading(token)):
            line, said = token.map[0] + 1, _words(token.children or [])
            said = re.sub(f"{MASK}(\\d+){UNMASK}", lambda m: formulas[int(m[1])], said)
            yield Paragraph(_cited(INLINE_NOTE.sub(lambda m: lines_of(m[0]), said)), line)
            for note in INLINE_NOTE.finditer(said):
                yield Paragraph(_cited(note[1]), line + len(lines_of(said[: note.start()])))


def _is_prose(before: Token, token: Token) -> bool:
    """Tell paragraphs from headings and cells. A paragraph right above a rule is one to writers, if not to Markdown."""
    underlined = before.type == "heading_open" and before.markup in "=-" and token.content.rstrip().endswith((".", "!", "?"))
    return before.type == "paragraph_open" or underlined


def _is_heading(token: Token) -> bool:
    """Tell a plain text's heading: a short line, or one in title case, without a full stop; more follows it."""
    words = re.sub(r"^[\d.]+\s", "", token.content).split()
    titled = all(word[0].isupper() for word in words if len(word) > 3)
    alone = token.level == 1 and "\n" not in token.content  # not in a list
    return alone and bool(words) and words[-1][-1].isalpha() and (len(words) <= 3 or titled)


def _words(inline: list[Token]) -> str:
    said, linked = "", 0
    for token in inline:
        linked += token.nesting if token.type.startswith("link_") else 0
        if token.type in {"softbreak", "hardbreak"}:
            said += LINE
        elif token.type == "text" and linked and token.content.isdigit():  # [3], where there is a definition of [3]
            said += f"[{token.content}]"
        elif token.type in {"text", "code_inline"}:
            said += token.content
    return said


def _cited(text: str) -> str:
    """Turn [@key], @key and [3] into marks."""
    text = BRACKETED.sub(lambda m: mark(re.findall(rf"(?<![\w@]){KEY}", m[1])) + lines_of(m[0]), text)
    text = SPOKEN.sub(lambda m: mark([m[1]], spoken=True), text)
    return MARKER.sub(lambda m: (" " if m[0][0] == " " else "") + mark(re.split("[,;]", m[0].strip(" []【】"))), text)
