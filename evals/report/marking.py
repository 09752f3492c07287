"""Which words of a quote are gold: those that a sentence of gold evidence holds, in the same order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

WORD = re.compile(r"\w+(?:[.,]\d+)*")
LEAST = 4  # words in a row: shorter ones, such as "in this paper we", are everywhere


def gold_spans(quote: str, evidence: Sequence[str]) -> list[tuple[int, int]]:
    """Find the gold words of a quote as spans ``(start, end)`` of code points, in order and without overlap."""
    words = list(WORD.finditer(quote))
    heard = [word.group().casefold() for word in words]
    gold = [False] * len(words)
    for sentence in evidence:
        told = [word.casefold() for word in WORD.findall(sentence)]
        matcher = SequenceMatcher(None, heard, told, autojunk=False)
        for block in matcher.get_matching_blocks():
            if block.size >= min(LEAST, len(told)) and block.size:
                gold[block.a : block.a + block.size] = [True] * block.size
    spans: list[tuple[int, int]] = []
    for place, word in enumerate(words):
        if gold[place]:
            begun = place > 0 and gold[place - 1]
            spans.append((spans.pop()[0] if begun else word.start(), word.end()))
    return spans
