"""What the readers of drafts give: paragraphs that know their lines, in which citations are marks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LINE = "\v"  # where a line of the file ended: white space to the splitter, but never a paragraph's end
# A mark holds the keys of one citation, without white space. After "Authors" it stands for a word of the sentence.
OPEN, CLOSE, SPACE = "\ue000", "\ue001", "\ue002"
MARK = rf"{OPEN}[^{CLOSE}]*{CLOSE}"
AUTHORS = "Authors"  # in upper case, as names are: the splitter sees a sentence begin
FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ue000-\ue00f]")  # our own marks, and what would steer a terminal


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, an item or a note: its text, in which `LINE` ends a line, and the line of the file where it begins."""

    text: str
    line: int


def mark(keys: Iterable[str], *, spoken: bool = False) -> str:
    """Write a citation as a mark; one that is ``spoken`` is a word of its sentence, as in "Smith (2020) shows"."""
    packed = ";".join(re.sub(r"\s+", SPACE, key.strip()) for key in keys if key.strip())
    return f"{AUTHORS if spoken else ''}{OPEN}{packed}{CLOSE}" if packed else ""


def keys_in(text: str) -> tuple[str, ...]:
    """Read the keys of all marks in a text, each once."""
    found = [key.replace(SPACE, " ") for held in re.findall(MARK, text) for key in held[1:-1].split(";")]
    return tuple(dict.fromkeys(found))


def lines_of(text: str) -> str:
    """Give what is left of a text that is dropped: its line ends, so that later lines keep their numbers."""
    return LINE * (text.count("\n") + text.count(LINE))
