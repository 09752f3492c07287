"""The blocks of a saved page: paragraphs and headings, told apart by how they look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONG = 300  # characters: no title is that long, and few abstracts are shorter
SHORT = 40  # characters: below, a line with a full stop may be furniture ("Sign in to save papers.")
UNWRAPPED = 160  # characters: nobody wraps lines as wide as that; such a line is a whole paragraph
# A word that a sentence has and a title that ends in a full stop seldom does: a finite verb, or its usual subject.
PROSE = re.compile(
    r"\b(we|our|is|are|was|were|has|have|had|can|be|been|this|these|which|that|show|shows|propose|available)\b",
    re.IGNORECASE,
)
LINK = re.compile(r"https?://\S+")
# The last paragraph of many an abstract: "Code: https://…", "Our code and data are available."
NOTE = re.compile(
    r"(our |the |all |source |project )*(code|data(sets?)?|models?|weights|page|website|demo|homepage|implementation)\b"
    r"(.*https?://\S+|.*\b(is|are|will be)\b.*\b(available|released|public|open)\b.*\.)",
    re.IGNORECASE | re.DOTALL,
)
LEGAL = re.compile(
    r"©|\(c\) \d{4}|copyright\b|.{0,200}all rights reserved\.?$|(this|our) (web)?site uses cookies", re.IGNORECASE
)
BIDDING = re.compile(
    r"(please|sign|log|search|get|join|click|subscribe|load|loading|view|read|see|follow|share|download|back|go|try|save)\b",
    re.IGNORECASE,
)
FULL_STOP = re.compile(r"[.…。।۔][\"'”’)\]」』]*$")
ASKING_STOP = re.compile(r"[!?！？؟][\"'”’)\]」』]*$")
NEXT_SENTENCE = re.compile(r"[.!?।۔؟][\"'”’)\]]*\s+[\"'“‘(\[]*[^\W_a-z]|[。！？][^\W_]")


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring lines of a page: ``page[start:end] == text``; ``line`` is the first one's number, from 1."""

    text: str
    line: int
    start: int
    end: int

    @property
    def is_sentence(self) -> bool:
        """Tell one sentence, which may be a title that ends in a full stop, from several."""
        return FULL_STOP.search(self.text) is not None and not NEXT_SENTENCE.search(self.text)

    @property
    def is_note(self) -> bool:
        """Tell a remark on code or data, too short for a paragraph, yet a part of the abstract above it."""
        return len(self.text) < LONG and NOTE.match(self.text) is not None

    @property
    def is_prose(self) -> bool:
        """Tell a paragraph of an abstract from a heading."""
        size = len(self.text) + 2 * sum(character >= "\u2e80" for character in self.text)  # Chinese says more in less
        if size >= LONG:
            return True
        if size < SHORT or LEGAL.match(self.text):
            return False
        text = LINK.sub("link.", self.text)
        several = NEXT_SENTENCE.search(text) is not None
        if ASKING_STOP.search(text):
            return several and size >= UNWRAPPED  # a title may ask, even twice, but not at that length
        return FULL_STOP.search(text) is not None and (several or _states(text))

    @property
    def may_be_short_prose(self) -> bool:
        """Tell what may be an abstract of a few words, where it stands like one, from the page's own remarks."""
        words = re.findall(r"[^\W\d_]+", self.text)
        stated = re.search(r"[^.…][.。]$", self.text) is not None and not _in_title_case(self.text)
        return (
            len(self.text) < SHORT
            and stated
            and len(words) >= 3
            and not BIDDING.match(self.text)
            and not LEGAL.match(self.text)
        )


def blocks_of(page: str) -> Iterator[Block]:
    """Divide a page at blank lines, and where a line was ended on purpose, as a title's is above its abstract."""
    lines: list[tuple[int, int, str]] = []  # number, start, text
    start = 0
    # split, not splitlines: U+2028 and form feeds belong to the text
    for number, line in enumerate([*page.split("\n"), ""], start=1):
        if line.strip():
            lines.append((number, start, line))
        elif lines:
            yield from _divided(lines)
            lines = []
        start += len(line) + 1


def _divided(lines: list[tuple[int, int, str]]) -> Iterator[Block]:
    """Divide lines without a blank one between them."""
    width = max(len(line.strip()) for _, _, line in lines)
    first = 0
    for last, (_, _, line) in enumerate(lines):
        text = "\n".join(text for _, _, text in lines[first : last + 1])
        following = lines[last + 1][2].strip() if last + 1 < len(lines) else ""
        if (
            not following
            or _ends_on_purpose(line.strip(), following, width)
            # A title may fill its line, so that no room tells its end; at the top of the block its capitals do.
            or (first == 0 and _in_title_case(text) and _begins_prose(following, width))
        ):
            start = lines[first][1] + len(text) - len(text.lstrip())
            yield Block(text.strip(), lines[first][0], start, start + len(text.strip()))
            first = last + 1


def _ends_on_purpose(line: str, following: str, width: int) -> bool:
    """Tell a line that was ended from one that was wrapped: the next word would have had room on it."""
    if max(len(line), len(following)) >= UNWRAPPED:
        return True
    room = len(line) + 1 + len(following.split(maxsplit=1)[0]) <= width
    return room and _capital(following) and line[-1] not in ",:;-–—"


def _begins_prose(line: str, width: int) -> bool:
    """Tell the first line of a wrapped abstract, which is full, from the last of a wrapped title."""
    return len(line) > 0.8 * width and _capital(line) and not _in_title_case(line)


def _capital(line: str) -> bool:
    return not line[0].islower()


def _in_title_case(text: str) -> bool:
    words: list[str] = re.findall(r"[^\W\d_]{4,}", text)
    return sum(word[0].isupper() for word in words) > 0.6 * len(words)


def _states(text: str) -> bool:
    """Tell a statement from a title by its words; writing without capital letters needs no verb that we know."""
    letters = [character for character in text if character.isalpha()]
    if sum(character.islower() or character.isupper() for character in letters) < len(letters) / 2:
        return True
    return PROSE.search(text) is not None and not _in_title_case(text)
