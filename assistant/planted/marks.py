"""Signs in the letters themselves: marks of a conversation, forged evidence, markup, and what is written to be unseen."""

from __future__ import annotations

import base64
import binascii
import codecs
import re

from assistant.planted.folding import OTHER
from assistant.planted.signs import load

MARKS = load("marks")
BETWEEN = re.compile("[A-Za-z][\u200b-\u200d\u2060\ufeff]+[A-Za-z]")  # within words, as no writer does
MANY = 3  # such places, or words of two alphabets, in one sentence: one may be a slip of the keyboard
# Wei et al. 2023, arXiv:2307.02483: base64 and other encodings.
BASE64 = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/_-]{20,4000}={0,2}(?![\w+/])")
HEXED = re.compile(r"(?<!\w)(?:(?:0x|\\x|%)?[0-9A-Fa-f]{2}[ ,]?){12,2000}+")
CODED, SPACED = 20, 10  # letters of a word that may be coded; words of two letters, as "49 67 6e" has them
READABLE = 0.8  # of the characters of what was coded are letters or spaces
# Words of an order, backwards and in ROT13.
BACKWARDS = ("erongi", "dragersid", "snoitcurtsni", "rewsna", "noitseuq", "tegrof")
ROT13 = ("vtaber", "qvfertneq", "vafgehpgvba", "nafjre", "dhrfgvba", "sbetrg", "erfcbaq")


def unseen(text: str) -> bool:
    """Tell words that are broken by invisible characters, or written in letters of two alphabets, several times."""
    if text.isascii():
        return False
    mixed = [word for word in re.findall(r"\w+", text) if re.search("[A-Za-z].*[A-Za-z]", word) and _cyrillic(word)]
    return len(BETWEEN.findall(text)) >= MANY or len(mixed) >= MANY


def decoded(text: str) -> list[str]:
    """Give what is written in base64 or in hexadecimal digits, where it is words: no abstract has any."""
    lengths = [len(word) for word in text.split()]
    if max(lengths, default=0) < CODED and lengths.count(2) < SPACED:
        return []
    raw = [_base64(run) for run in BASE64.findall(text)]
    raw += [bytes.fromhex(re.sub(r"0x|\\x|%|[ ,]", "", run.group())) for run in HEXED.finditer(text)]
    return [words for words in map(_readable, raw) if words]


def turned(text: str) -> list[str]:
    """Give a text, in lower case, read backwards, and in ROT13, where words of an order show that it is so written."""
    back = [text[::-1]] if any(word in text for word in BACKWARDS) else []
    return [*back, codecs.encode(text, "rot13")] if any(word in text for word in ROT13) else back


def _cyrillic(word: str) -> bool:
    return OTHER.search(word) is not None and any("\u0400" <= character <= "\u052f" for character in word)


def _base64(run: str) -> bytes:
    run = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(run + "=" * (-len(run) % 4))
    except (binascii.Error, ValueError):
        return b""


def _readable(raw: bytes) -> str:
    """Give bytes as a text with spaces between its words; empty where they are none."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    letters = sum(character.isalpha() or character == " " for character in text)
    return text if " " in text.strip() and letters > READABLE * len(text) else ""
