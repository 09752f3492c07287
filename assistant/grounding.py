"""Statements are held against the quotes they cite: markers are read out of a draft, each statement gets its verdict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.answer import Citation, Evidence, Statement
from assistant.claims import Claim, Verifier
from ingestion.sentences import split_sentences

# [1], [1][3], [1, 3], [1-3], and the brackets that some models prefer; not the interval [0, 1].
MARKER = re.compile(r" ?[\[【][1-9]\d{0,3}(?: ?[,;–-] ?\d{1,4})*+[\]】]")
# Possessive, and begun only at the first of a run: a model may write a million full stops.
STOP = r"(?<![.!?])[.!?]++[\"'”’)]*+"
CLOSING_STOP = re.compile(rf"{STOP}$")
# Markers after the full stop belong to the sentence before: they are moved in front of it.
LATE_MARKERS = re.compile(rf"({STOP})((?:{MARKER.pattern})+)")
MARKUP = re.compile(r"^```.*|\*\*|__|`")
BULLET = re.compile(r"(?:[-*•>]|\d{1,2}[.)]) ")


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
    by_number = {item.number: item for item in evidence}
    claims = []
    for sentence in drafted:
        cited = [] if sentence.astray else [by_number[number] for number in sentence.numbers]  # astray: never shown
        claims.append(Claim(sentence.text, tuple(c.quote for c in cited), tuple(c.title for c in cited)))
    return [
        Statement(sentence.text, sentence.numbers, found.verdict, found.score, found.alarms)
        for sentence, found in zip(drafted, verifier.verify(claims), strict=True)
    ]


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
    renumbered = tuple(replace(s, citations=tuple(sorted(new[number] for number in s.citations))) for s in statements)
    return renumbered, citations([by_number[number] for number in used])


def citations(evidence: Sequence[Evidence]) -> tuple[Citation, ...]:
    """Number pieces of evidence as citations, from 1."""
    return tuple(
        Citation(number, item.paper_id, item.title, item.quote, item.start, item.end, item.score)
        for number, item in enumerate(evidence, start=1)
    )


def with_markers(statement: Statement) -> str:
    """Write a statement with its markers before the closing full stop, as in ``... 25.1% [1][3].``."""
    return _marked(statement.text, statement.citations)


def cited_text(drafted: Sequence[Drafted]) -> str:
    """Write a draft with its markers, as `with_markers` does."""
    return " ".join(_marked(sentence.text, sentence.numbers) for sentence in drafted)


def _marked(text: str, numbers: Sequence[int]) -> str:
    markers = "".join(f"[{number}]" for number in numbers)
    if not markers:
        return text
    stop = CLOSING_STOP.search(text)
    body, end = (text[: stop.start()], stop.group()) if stop else (text, "")
    return f"{body} {markers}{end}"
