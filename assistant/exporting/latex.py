r"""Text of papers becomes LaTeX here, and nowhere else: no command of the text's own, no stray brace, no comment.

What LaTeX a text holds is read first, so that ``25.1\%`` is not escaped twice; what cannot be read is written as the
characters it is. BibTeX counts braces without regard to backslashes and bibtexparser with it,
so no brace comes out escaped, and none after a backslash.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from ingestion.readers.latex import SUBSCRIPTS, SUPERSCRIPTS, unicode_of

if TYPE_CHECKING:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

SPECIAL = str.maketrans(
    {
        "\\": r"{\textbackslash}", "{": r"{\ensuremath{\lbrace}}", "}": r"{\ensuremath{\rbrace}}",
        "~": r"{\textasciitilde}", "^": r"{\textasciicircum}", "<": r"{\ensuremath{<}}", ">": r"{\ensuremath{>}}",
        **{character: f"\\{character}" for character in "%&#_$"},
    }
)  # fmt: skip
SIGNS = {
    chr(sign): (mark, chr(of)) for mark, table in (("_", SUBSCRIPTS), ("^", SUPERSCRIPTS)) for of, sign in table.items()
}
SCRIPT = re.compile("|".join(f"[{''.join(sign for sign in SIGNS if SIGNS[sign][0] == mark)}]+" for mark in "_^"))
WORD = re.compile(r"(\w+)")
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
AS_IT_IS = "/:;,.()<>?&=#%+~@!$'*_-[]|\""  # in an address, which styles set verbatim


def plain(text: str) -> str:
    """Give text as one line, composed, with the LaTeX that it holds as Unicode, and without control characters."""
    return " ".join(INVISIBLE.sub("", " ".join(unicodedata.normalize("NFC", unicode_of(text)).split())).split())


def escaped(text: str) -> str:
    """Escape `plain` text for LaTeX and keep its letters, for which LaTeX reads UTF-8."""
    return SCRIPT.sub(_script, text.translate(SPECIAL))


def encoded(text: str) -> str:
    """Escape `plain` text for LaTeX in ASCII, as far as LaTeX has names for its letters and signs."""
    latex = escaped(text)
    return latex if latex.isascii() else str(_encoder().unicode_to_latex(latex))


def title(text: str) -> str:
    """Encode a title in which words such as BERT keep their capitals when a style sets titles in small letters."""
    return "".join(_kept(word) if any(map(str.isupper, word[1:])) else encoded(word) for word in WORD.split(plain(text)))


def address(text: str) -> str:
    """Give a DOI, an identifier or an address as it is, but for what would end the field or is no ASCII."""
    return quote(" ".join(text.split()), safe=AS_IT_IS, errors="replace")


def _kept(word: str) -> str:
    return f"{{{encoded(word)}}}"


def _script(match: re.Match[str]) -> str:
    signs = [SIGNS[sign] for sign in match.group()]
    return f"${signs[0][0]}{{{''.join(of for _, of in signs)}}}$"


@cache
def _encoder() -> UnicodeToLatexEncoder:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

    return UnicodeToLatexEncoder(
        non_ascii_only=True,
        replacement_latex_protection="braces-all",
        unknown_char_policy="keep",
        unknown_char_warning=False,
    )
