"""Text as a language model takes it: what hides its words from a plain pattern is undone before the rules look at it."""

from __future__ import annotations

import html
import re
import unicodedata

# Drawn with no width, or that turn the direction of writing (Unicode Technical Report 36; Boucher et al. 2022,
# arXiv:2106.09898). The last are tag characters, which spell ASCII that nobody sees, and selectors.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)
COMBINING = re.compile("(?<=[A-Za-z])[\u0300-\u036f]+")  # й and が keep theirs
# Letters of other alphabets that look like Latin ones (Unicode Technical Standard 39), undone in words that have both.
LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝвкмнтгпАЕОРСУХІЈЅВКМНТαορνικτυεΑΕΟΡΙΚΤΥΒΗΜΝΧΖɡɩ",
    "aeopcyxijsdhqwbkmhtrnAEOPCYXIJSBKMHTaopviktueAEOPIKTYBHMNXZgi",
)
LATIN, OTHER = re.compile("[A-Za-z]"), re.compile("[\u0261\u0269\u0370-\u052f]")
DIGITS = str.maketrans("013457@$!", "oieastasi")
STANDS_IN = re.compile(r"[^\W\d_][013457@$!]+[^\W\d_]")
SPELT = re.compile(r"(?<!\w)(?:[^\W\d_][ .·*|/_-]){4,}[^\W\d_](?!\w)")  # i g n o r e, i.g.n.o.r.e
SPELT_TOO = re.compile(r"(?<!\w)(?:[^\W\d_][ .·*|/_-])+[^\W\d_](?!\w)")  # the short words beside such a one
NAMED = re.compile(r"\\(?:texttt|emph|textit|textsc|textsf|verb)\s*\{([^{}]*)\}")  # LaTeX that sets words apart: a quotation
QUOTES = str.maketrans({**dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‘’‚‛`´′", "'"), **dict.fromkeys("–—\u2011", "-")})


def unhidden(text: str) -> str:
    """Undo what hides words: entities, invisible characters, look-alike letters, odd forms of letters, marks, spelling out.

    The result is in lower case, without accents, with plain quotation marks and single spaces.
    """
    text = INVISIBLE.sub("", html.unescape(text) if "&" in text else text)
    if not text.isascii():
        text = COMBINING.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFKC", text).translate(QUOTES)
        text = re.sub(r"\w+", _of_one_alphabet, text)
    text = NAMED.sub(r'"\1"', text)
    text = re.sub(r"``|''", '"', text)
    text = re.sub(r"\\[A-Za-z]+\*?|[{}*\\]|(?<![^\W_])_+|_+(?![^\W_])", " ", text)
    if SPELT.search(text):
        text = SPELT_TOO.sub(lambda run: re.sub(r"[\W_]", "", run.group()), text)
    return " ".join(text.casefold().split())


def undigited(text: str) -> str:
    """Give text with the digits that stand for letters as these: "1gn0re" is "ignore"."""
    return re.sub(r"[\w@$!]+", _without_digits, text) if STANDS_IN.search(text) else text


def _without_digits(word: re.Match[str]) -> str:
    return word.group().translate(DIGITS) if LATIN.search(word.group()) else word.group()


def _of_one_alphabet(word: re.Match[str]) -> str:
    found = word.group()
    return found.translate(LOOKALIKES) if LATIN.search(found) and OTHER.search(found) else found
