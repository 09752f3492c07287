"""Text without what sources write differently: case, accents, punctuation, marks of LaTeX and HTML."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not take apart into a letter and an accent.
LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
TAG = re.compile(r"</?(?:[a-z]+:)?[a-z]+\d?(?:\s[^<>]*)?/?>", re.IGNORECASE)
# Commands that say how something looks, and arrows, which Unicode has as signs.
STYLE = re.compile(
    r"\\(?:(?:math|text|bf|it|rm|sf|tt|sc|em|operatorname|boldsymbol|displaystyle|ensuremath)[a-z]*"
    r"|(?:left|right)(?:arrow)?(?![a-z])|to(?![a-z])|var(?=[a-z]))"
)
FOREIGN = re.compile(r"[^\x00-\x7f]")
WORD = re.compile(r"[^\W_]+")
TITLE_WORD = re.compile(r"[^\W_]+|[*+#]")  # K* is not K, and C++ not C
FOOTNOTE = re.compile(r"(?<=\w{3})\*+\s*$")
MARKS = {"*": "star", "+": "plus", "#": "sharp"}


def folded(text: str) -> str:
    """Give text in lower case, without accents, ligatures and width, and with Greek letters by name."""
    if text.isascii():
        return text.lower()
    return FOREIGN.sub(lambda match: _letter(match.group()), unicodedata.normalize("NFKD", text).casefold())


def words_of(text: str) -> list[str]:
    """Split into folded words."""
    return WORD.findall(folded(text))


def title_words(title: str) -> list[str]:
    r"""Split a title into folded words, whether it says α, ``$\alpha$`` or ``&alpha;``, and CO₂ or ``CO<sub>2</sub>``."""
    plain = TAG.sub("", html.unescape(title)) if "<" in title or "&" in title else title
    plain = re.sub(r"[{}$_^]", "", STYLE.sub("", plain)).replace("&", " and ")
    plain = FOOTNOTE.sub("", plain)
    return [MARKS.get(word, word) for word in TITLE_WORD.findall(folded(plain))]


def squeezed(words: list[str]) -> str:
    """Join words, so that neither spaces nor hyphens count; between two numbers a space stays."""
    return re.sub(r"(?<!\d) | (?!\d)", "", " ".join(words))


@lru_cache(1024)
def _letter(character: str) -> str:
    if unicodedata.combining(character):
        return ""
    if "\u0370" <= character <= "\u03ff" and (name := unicodedata.name(character, "")).startswith("GREEK SMALL LETTER "):
        return name.removeprefix("GREEK SMALL LETTER ").removeprefix("FINAL ").split()[0].lower()
    return LETTERS.get(character, character)
