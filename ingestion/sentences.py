"""Abstracts into sentences with exact offsets.

A sentence ends at ``.``, ``!`` or ``?`` (with closing quotes or brackets) before white space and a beginning, unless the
stop belongs to an abbreviation, an initial, an enumeration or the inside of a formula. A paragraph's end always ends one.
Research abstracts only: no dialogue, no lists of addresses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Abbreviations whose full stop does not end a sentence, whatever follows.
INSIDE = frozenset(
    [
        "e.g",
        "i.e",
        "eg",
        "ie",
        "cf",
        "vs",
        "viz",
        "resp",
        "approx",
        "fig",
        "figs",
        "eq",
        "eqs",
        "secs",
        "refs",
        "nos",
        "dr",
        "mr",
        "mrs",
        "prof",
        "incl",
        "excl",
        "dept",
        "univ",
        "w.r.t",
        "wrt",
        "a.k.a",
        "aka",
        "s.t",
        "i.i.d",
    ]
)
# Those that may also stand last, or are also words ("no.", "5 ms."): they end a sentence only before a word that starts one.
MAY_END = frozenset(
    ["etc", "u.s", "u.k", "e.u", "ph.d", "m.sc", "b.sc", "inc", "ltd", "co", "corp", "jr", "sr"]
) | frozenset(["al", "no", "ms", "sec", "ch", "ca", "st", "tab", "ref", "vol"])
STARTERS = frozenset(
    [
        "we",
        "our",
        "the",
        "this",
        "these",
        "that",
        "those",
        "it",
        "its",
        "in",
        "on",
        "to",
        "for",
        "by",
        "with",
        "as",
        "at",
        "from",
        "however",
        "moreover",
        "furthermore",
        "additionally",
        "finally",
        "first",
        "second",
        "third",
        "here",
        "there",
        "while",
        "although",
        "since",
        "because",
        "when",
        "using",
        "given",
        "based",
        "extensive",
        "experimental",
        "experiments",
        "empirical",
        "results",
        "code",
        "despite",
        "recently",
        "existing",
        "specifically",
        "notably",
        "a",
        "an",
        "such",
        "both",
        "all",
        "one",
    ]
)
# Possessive, and begun only at the first of a run: an abstract may be a million full stops.
STOP = re.compile(r"(?<![.!?؟।])[.!?؟।]++[\"'”’)\]}*]*+(?=\s)|[。！？]+[\"'”’」』）]*|\n\s*\n")
BEGINS = re.compile(r"\s+[\"'“‘(\[{$\\*`]*[^\W_a-z]|\s+[\"'“‘(\[{$\\*`]*[a-z]+[A-Z0-9]|\s+[$\\`]|\s+[•–—-]\s|\s*$")
LAST_WORD = re.compile(r"[^\s(\[{\"'“‘]+$")
NEXT_WORD = re.compile(r"\s+([^\W\d_]+)")
# As Pandoc tells formulas from prices: no space inside the dollar signs, no digit after them.
FORMULA = re.compile(r"\$\$(?:(?!\n\s*\n)[^$])+\$\$|\$(?=\S)(?:(?!\n\s*\n)[^$])+(?<=\S)\$(?!\d)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an abstract: ``abstract[start:end]``, in code points."""

    start: int
    end: int


def split_sentences(text: str) -> list[Sentence]:
    """Split a text into its sentences, in order; together they cover every character but the white space between."""
    formulas = {place for match in FORMULA.finditer(text) for place in range(*match.span())} if "$" in text else set()
    cuts = [match.end() for match in STOP.finditer(text) if match.start() not in formulas and _ends(text, match)]
    sentences = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        span = text[start:end]
        if span.strip():
            left = start + len(span) - len(span.lstrip())
            sentences.append(Sentence(left, start + len(span.rstrip())))
    return sentences


def _ends(text: str, stop: re.Match[str]) -> bool:
    """Decide whether a possible stop ends a sentence."""
    if stop.group().isspace() or stop.group()[0] in "。！？":  # Chinese puts no space between sentences
        return True
    before, after = text[max(0, stop.start() - 40) : stop.start()], text[stop.end() : stop.end() + 40]
    if not BEGINS.match(after):
        return False
    return re.match(r"\.(?!\.)", stop.group()) is None or not _abbreviates(before, after)


def _abbreviates(before: str, after: str) -> bool:
    """Tell a full stop that shortens a word, or counts a list, from one that ends a sentence."""
    found = LAST_WORD.search(before)
    word = found.group().lower() if found else ""
    shouted = found is not None and len(word) > 1 and found.group().isupper()  # "DR." is an acronym, "Dr." a title
    if word in INSIDE and not shouted:
        return True
    if word in MAY_END or re.fullmatch(r"[a-z]|([a-z]\.)+[a-z]", word):  # "J. Smith", "the U.S. Army"; but "vitamin C. We …"
        follows = NEXT_WORD.match(after)
        return follows is None or follows.group(1).lower() not in STARTERS
    return re.fullmatch(r"\(?(\d{1,2}|[ivx]+)", word) is not None and _enumerates(before, word)


def _enumerates(before: str, word: str) -> bool:
    """Tell "1. First thing": a small number at the beginning of a sentence, or after a colon or semicolon."""
    return re.search(r"(^|[.:;!?])\s*\(?$", before[: len(before) - len(word)]) is not None
