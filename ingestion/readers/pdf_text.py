"""Where title and abstract stand in the text of a PDF's first pages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

SHORTEST, LONGEST = 80, 8_000  # characters of an abstract; more means that its end was missed
SHORTEST_TITLE, LONGEST_TITLE = 10, 300
HEADINGS = (
    re.compile(r"^[ \t]*(?:Abstract|A ?BSTRACT|A B S T R A C T|Summary|SUMMARY)[ \t]*[.:]?[ \t]*$", re.MULTILINE),
    re.compile(r"^[ \t]*(?:Abstract|A ?BSTRACT|Summary|SUMMARY)[ \t]*[.:—–-]+[ \t]*(?=\S)", re.MULTILINE),
    re.compile(r"^[ \t]*(?:Abstract|A ?BSTRACT)[ \t]+(?=[A-Z])", re.MULTILINE),
)
END = re.compile(
    r"^[ \t]*(?:(?:(?:1|I)\b[ \t]*[.:]?\s*)?(?:I ?NTRODUCTION|Introduction)\b"
    r"|(?:Key ?words|KEY ?WORDS|Index Terms|INDEX TERMS|CCS Concepts|CCS CONCEPTS)\b"
    r"|(?:Categories and Subject|ACM Reference|PACS|JEL)\b)",
    re.MULTILINE,
)


def abstract_in(text: str, pages: int) -> tuple[str, str]:
    """Give the abstract, or "" and why there is none."""
    heading = next((match for pattern in HEADINGS if (match := pattern.search(text))), None)
    if heading is None:
        return "", f"has no heading Abstract on its first {pages} pages"
    end = END.search(text, heading.end())
    if end is None:
        return "", f"has an abstract without an end: no heading Introduction or Keywords on its first {pages} pages"
    if end.start() - heading.end() > 2 * LONGEST:
        return "", f"has {end.start() - heading.end():,} characters below the heading Abstract, as no abstract has"
    found = _unwrapped(text[heading.end() : end.start()], text)
    if not SHORTEST <= len(found) <= LONGEST:
        below = " ".join(end.group().split())
        return "", f"has {len(found):,} characters between the headings Abstract and {below}, as no abstract has"
    return found, ""


def _unwrapped(part: str, text: str) -> str:
    """Join lines. A hyphen at a line's end goes, unless the word has one elsewhere in the text, or has another before it."""

    def whole(match: re.Match[str]) -> str:
        left, right = match.groups()
        keeps = "-" in left or re.search(rf"\b{re.escape(left)}-{re.escape(right)}", text) is not None
        return f"{left}-{right}" if keeps else left + right

    part = re.sub(r"([\w-]*\w)-[ \t]*\n[ \t]*([a-z]\w*)", whole, part)
    return " ".join(part.replace("\u00ad", "").split())


def title_in(pieces: Sequence[tuple[float, str]], text: str) -> str:
    """Give the text above the abstract in the largest letters that make a title; ``pieces`` are (points, text)."""
    above: list[tuple[float, str]] = []
    for size, piece in pieces:
        if any(pattern.search(piece) for pattern in HEADINGS):
            break
        above.append((size, piece))
    for wanted in sorted({size for size, piece in above if piece.strip()}, reverse=True):
        title = _unwrapped("".join(piece for size, piece in above if size == wanted)[: 2 * LONGEST_TITLE], text)
        if SHORTEST_TITLE <= len(title) <= LONGEST_TITLE and " " in title:
            return title
    return ""


def letters_of(text: str) -> str:
    """Give letters and digits alone, without case and accents' marks."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum())
