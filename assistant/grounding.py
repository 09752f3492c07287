"""Statements are held against the quotes they cite.

Markers are read out of a draft; each statement is then verified. The lexical verifier knows only what it can see: words
that stand in a quote. It never calls a paraphrase supported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.answer import Citation, Evidence, Statement, Verdict
from ingestion.sentences import split_sentences
from ingestion.words import terms

# [1], [1][3], [1, 3], [1-3], and the brackets that some models prefer; not the interval [0, 1].
MARKER = re.compile(r" ?[\[【][1-9]\d{0,3}(?: ?[,;–-] ?\d{1,4})*+[\]】]")
# Possessive, and begun only at the first of a run: a model may write a million full stops.
STOP = r"(?<![.!?])[.!?]++[\"'”’)]*+"
CLOSING_STOP = re.compile(rf"{STOP}$")
# Markers after the full stop belong to the sentence before: they are moved in front of it.
LATE_MARKERS = re.compile(rf"({STOP})((?:{MARKER.pattern})+)")
MARKUP = re.compile(r"^```.*|\*\*|__|`")
BULLET = re.compile(r"(?:[-*•>]|\d{1,2}[.)]) ")
NUMBER = re.compile(r"(?<![^\W\d_])[^\W\d_]*+\d+(?:[.,]\d+)*")  # with the letters before it: F1 is no 1
DENIES = re.compile(
    r"\b(no|not|nor|never|neither|without|cannot|hardly|unlike|whether|if|than|instead|fail\w*|lack\w*|false|wrong|myth"
    r"|assum\w*|belie[fv]\w*|hypothe\w*)\b|n't\b"
)
LITTLE_OVERLAP = 0.5  # below this share of a statement's terms, its quotes are of something else


@dataclass(frozen=True, slots=True)
class Verified:
    """A verdict with the probability of support, 0 to 1: at least 0.5 exactly when the verdict is ``supported``."""

    verdict: Verdict
    score: float


class Verifier(Protocol):
    """Tells whether quotes support a statement."""

    def verify(self, statement: str, quotes: Sequence[str]) -> Verified:
        """Hold a statement against its quotes."""
        ...


class LexicalVerifier:
    """Supported: a quote contains the statement, word for word. Unsupported: its words or numbers are not there."""

    def verify(self, statement: str, quotes: Sequence[str]) -> Verified:
        """Hold a statement against its quotes by words alone; what they cannot tell is ``undetermined``."""
        if not quotes:
            return Verified("unsupported", 0.0)
        said = normalised(statement)
        together = " ".join(normalised(quote) for quote in quotes)
        if said and any(_contains(normalised(quote), said) for quote in quotes):
            return Verified("supported", 1.0)
        asked = set(terms(statement))
        overlap = len(asked & set(terms(" ".join(quotes)))) / len(asked) if asked else 0.0
        numbers_there = set(NUMBER.findall(said)) <= set(NUMBER.findall(together))
        if overlap < LITTLE_OVERLAP or not numbers_there:
            return Verified("unsupported", round(0.2 * overlap, 3))
        return Verified("undetermined", round(0.49 * overlap, 3))


def normalised(text: str) -> str:
    """Fold what does not change the meaning: case, white space, LaTeX escapes, quotation marks, 1,000, a last full stop."""
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = text.replace("\\", "").replace("“", '"').replace("”", '"').replace("’", "'").replace("‘", "'")
    return re.sub(r"\s+", " ", text).strip().strip("\"'").rstrip(".!?").casefold()


def _contains(quote: str, said: str) -> bool:
    """Find the statement as the whole quote, or as three words or more of one: "up" stands in every quote.

    Its clause must not deny or doubt it: "X helps" is not what "We find no evidence that X helps" says.
    """
    if said == quote:
        return True
    found = re.search(rf"(?<!\w){re.escape(said)}(?!\w)", quote)
    if found is None or len(said.split()) < 3:
        return False
    before, after = re.split("[,;:]", quote[: found.start()])[-1], re.split("[,;:]", quote[found.end() :])[0]
    return DENIES.search(f"{before} … {after}") is None


@dataclass(frozen=True, slots=True)
class Drafted:
    """One sentence of a draft: its text without markers, and the evidence numbers it cites, those that exist.

    ``astray`` are markers that point at no evidence.
    """

    text: str
    numbers: tuple[int, ...]
    astray: tuple[int, ...] = ()


def parse_draft(text: str, evidence: Sequence[Evidence]) -> list[Drafted]:
    """Split a model's text into sentences with their markers."""
    known = {item.number for item in evidence}
    drafted = []
    for raw_line in text.splitlines():
        line = " ".join(MARKUP.sub("", raw_line.strip()).split())
        line = LATE_MARKERS.sub(r"\2\1", line[len(bullet.group()) :] if (bullet := BULLET.match(line)) else line)
        for sentence in split_sentences(line):
            piece = line[sentence.start : sentence.end]
            numbers = _numbers(piece)
            said = re.sub(r" ([.,;!?])", r"\1", MARKER.sub("", piece)).strip()
            if re.search(r"\w", said) and not said.startswith("#"):
                cited = tuple(n for n in numbers if n in known)
                drafted.append(Drafted(said, cited, tuple(n for n in numbers if n not in known)))
    return drafted


def _numbers(piece: str) -> list[int]:
    """Read the markers of a sentence; each number once, a range [2-4] in full."""
    numbers: list[int] = []
    for marker in MARKER.findall(piece):
        for part in re.split(r"[,;]", marker):
            ends = [int(number) for number in re.findall(r"\d+", part)]
            numbers += range(min(ends), min(max(ends), min(ends) + 50) + 1) if len(ends) == 2 else ends
    return list(dict.fromkeys(numbers))


def check(drafted: Sequence[Drafted], evidence: Sequence[Evidence], verifier: Verifier) -> list[Statement]:
    """Give each drafted sentence its verdict; its ``citations`` are still evidence numbers, see `renumber`."""
    quotes = {item.number: item.quote for item in evidence}
    statements = []
    for sentence in drafted:
        if sentence.astray:  # it claims evidence that was never shown
            found = Verified("unsupported", 0.0)
        else:
            found = verifier.verify(sentence.text, [quotes[number] for number in sentence.numbers])
        statements.append(Statement(sentence.text, sentence.numbers, found.verdict, found.score))
    return statements


def better(first: list[Statement], second: list[Statement]) -> list[Statement]:
    """Take of two versions of an answer the one with fewer unsupported statements; nothing beats only such."""
    wrong = [sum(statement.verdict == "unsupported" for statement in version) for version in (first, second)]
    if not second:
        return [] if wrong[0] == len(first) else first
    return second if wrong[1] < wrong[0] else first


def renumber(
    statements: Sequence[Statement], evidence: Sequence[Evidence]
) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """Number the citations from 1 in order of first use, and the statements' markers accordingly."""
    used = list(dict.fromkeys(number for statement in statements for number in statement.citations))
    new = {number: index for index, number in enumerate(used, start=1)}
    by_number = {item.number: item for item in evidence}
    renumbered = tuple(
        Statement(s.text, tuple(sorted(new[number] for number in s.citations)), s.verdict, s.score) for s in statements
    )
    return renumbered, citations([by_number[number] for number in used])


def citations(evidence: Sequence[Evidence]) -> tuple[Citation, ...]:
    """Number pieces of evidence as citations, from 1."""
    return tuple(
        Citation(number, item.paper_id, item.title, item.quote, item.start, item.end, item.score)
        for number, item in enumerate(evidence, start=1)
    )


def with_markers(statement: Statement) -> str:
    """Write a statement with its markers before the closing full stop, as in ``... 25.1% [1][3].``."""
    markers = "".join(f"[{number}]" for number in statement.citations)
    if not markers:
        return statement.text
    stop = CLOSING_STOP.search(statement.text)
    body, end = (statement.text[: stop.start()], stop.group()) if stop else (statement.text, "")
    return f"{body} {markers}{end}"
