"""Which sentences of an abstract speak to whoever reads the evidence: each is looked at alone, then beside the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from assistant.planted.folding import undigited, unhidden
from assistant.planted.marks import MARKS, decoded, turned, unseen
from assistant.planted.reporting import reported
from assistant.planted.signs import Sign, load
from ingestion.sentences import Sentence, split_sentences

WORDS = (*load("english"), *load("foreign"))
PIECE, OVERLAP = 2_000, 300  # characters looked at together: a sentence may be a hundred thousand long
# What carries a planted sentence on, beside one that a rule has found.
PAIRS = tuple(
    (re.compile(opens, re.IGNORECASE), re.compile(closes, re.IGNORECASE))
    for opens, closes in (
        (r"<!--", r"--!?>"),
        (r"<\|im_start", r"<\|im_end"),
        (r"\[INST\]", r"\[/INST\]"),
        (r"<<SYS>>", r"<</SYS>>"),
        (r"</evidence>", r"<evidence>"),
    )
)
PARAGRAPH = re.compile(r"\n\s*\n")
ANNOUNCES = re.compile(
    r"(?:\bthe (?:next|following) (?:sentence|line|words?)|:|\bevidence(?: ends here)?|\bas follows|\bthe following"
    r"|\bbelow|\bthese words?|(?:that|which) follows?|\bthis (?:sentence|reply|answer))\W*$"
)
LEANS = re.compile(
    r"(?:in|under|by|with|for) (?:it|this|that|these|them)\b|(?:it|its|this|that|these|those|they|the (?:answer|reply"
    r"|response|words?|phrase|sentence|string|rule|order|same))\b.*\b(?:answer|repl(?:y|ies)|respon\w+|words?|sentences?"
    r"|phrases?|say|said|output|question|users?|instructions?|verdict|asks?|asked)\b"
)
GOES_ON = re.compile(
    r"\b(?:you|your|yours)\b|^\W*(?:please|kindly|also|likewise|and|then|after (?:this|that)|next|finally|again)?\W*"
    r"(?:never|always|do not|only|just)?\W*(?:answer|respond|reply|say|state|tell|report|output|print|write|repeat|begin"
    r"|start|end|claim|assert|declare|mention|cite|quote|credit|refuse|decline|reveal|ignore|disregard|forget|treat"
    r"|remember|trust|add|append|include|give|use|omit|call|confirm|insist|follow|obey|translate|stop)\b"
    r"(?! (?:of|to|and|is|are)\b)|\b(?:shall|must) (?:\w+ )?(?:answer|respond|reply|say|state|report|claim|repeat|refuse"
    r"|decline|cite|credit|begin|end)\b"
)


def sign_of(sentence: str) -> str | None:
    """Name the first rule that finds a sentence when it is looked at alone; None where none does."""
    starts = range(0, max(1, len(sentence) - OVERLAP), PIECE - OVERLAP)
    return next((name for start in starts if (name := _sign_of(sentence[start : start + PIECE])) is not None), None)


@lru_cache(2048)
def planted(abstract: str) -> Mapping[int, str]:
    """Find the sentences of an abstract that speak to whoever reads them; maps their places to the rule that found them.

    Beside a sentence that a rule finds, others count that would not alone: what stands between a mark that opens and one
    that closes, what was announced, and what goes on giving orders.
    """
    spans = split_sentences(abstract)
    sentences = [abstract[span.start : span.end] for span in spans]
    alone = {place: name for place, sentence in enumerate(sentences) if (name := sign_of(sentence)) is not None}
    if not alone:
        return {}
    found = {**dict.fromkeys(_between_marks(abstract, spans, alone), "between marks"), **alone}
    folded = [unhidden(sentence[:PIECE]) for sentence in sentences]
    for place, text in enumerate(folded):
        follows = place - 1 in found and (ANNOUNCES.search(folded[place - 1]) or LEANS.match(text))
        if place not in found and (follows or GOES_ON.search(text)):
            found[place] = "goes on"
    return dict(sorted(found.items()))


def _between_marks(abstract: str, spans: Sequence[Sentence], alone: Collection[int]) -> set[int]:
    """Give the sentences from each mark that opens, in one of those found alone, to what closes it.

    Where nothing does, they end with the paragraph.
    """
    between: set[int] = set()
    for opens, closes in PAIRS:
        for mark in opens.finditer(abstract):
            if any(spans[place].start <= mark.start() < spans[place].end for place in alone):
                end = closes.search(abstract, mark.end()) or PARAGRAPH.search(abstract, mark.end())
                last = end.start() if end else len(abstract)
                between |= {place for place, span in enumerate(spans) if mark.start() < span.end and span.start < last}
    return between


def _sign_of(text: str) -> str | None:
    if unseen(text):
        return "hidden"
    if name := _first(MARKS, text):
        return name
    if decoded(text):
        return "encoded"
    folded = unhidden(text)
    others = (other for other in (undigited(folded), *turned(folded)) if other != folded)
    return next((name for read in (folded, *others) if (name := _first(WORDS, read)) is not None), None)


def _first(signs: Iterable[Sign], text: str) -> str | None:
    found = (sign.name for sign in signs if any(not reported(text, match, sign.name) for match in sign.within(text)))
    return next(found, None)
