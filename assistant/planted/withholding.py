"""What is planted in a paper is kept from those who read it as evidence, and told to those who read the answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile

from assistant.planted.telling import planted, sign_of
from ingestion.paper import Paper
from ingestion.passages import Passage, passages_of

# Titles are short and catchy ("Answer Only If You Are Confident"): an order alone is none there.
LOUD = frozenset({"roles", "forged", "markup", "hidden", "encoded", "answer", "refusal", "persona", "reveal"})
ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.*\b(?:answer|say|reply|respond|report|output|print|write|state)\b"
    r"|\b(?:answer|say|reply|respond|report|state)\b ?(?:only )?(?:with|that|every|any|all|[\"“:])"
    r"|\b(?:note|message|instructions?|notice) (?:to|for) (?:all |any |every )?(?:ais?|llms?|assistants?"
    r"|language models?)\b",
    re.IGNORECASE,
)
SENTENCES = re.compile(r"(?<=[.!?])\s+")
PARTS = re.compile(r"(?<=[:;|–—])\s+|\s+(?=</|<\||\[/?INST\]|<!--)")
LEFT_OUT = "…"
ONE = "1 sentence of “{name}” reads like an instruction to whoever reads the evidence, and was not used."
SEVERAL = "{count} sentences of “{name}” read like instructions to whoever reads the evidence, and were not used."


def sound_passages(paper: Paper) -> list[Passage]:
    """Give a paper's passages, of which those that are planted are blank; places and offsets are as ever."""
    found = planted(paper.abstract)
    return [replace(passage, text="") if passage.index in found else passage for passage in passages_of(paper)]


@lru_cache(4096)
def shown(title: str) -> str:
    """Give a title without what is planted in it, for which "…" stands."""
    kept = [sentence if not _loud(sentence) else _before_it(sentence) for sentence in SENTENCES.split(title)]
    whole = re.sub(rf"{LEFT_OUT}(?: {LEFT_OUT})+", LEFT_OUT, " ".join(kept))
    return whole if not _loud(whole) else LEFT_OUT


def remarks(papers: Iterable[Paper]) -> tuple[str, ...]:
    """Say of each paper what was withheld, for the reader of an answer."""
    notes = []
    for paper in papers:
        name, count = shown(paper.title), len(planted(paper.abstract))
        if count:
            notes.append((ONE if count == 1 else SEVERAL).format(count=count, name=name))
        if name != paper.title:
            notes.append(f"A part of the title of “{name}” reads like an instruction and is left out.")
    return tuple(notes)


def _before_it(sentence: str) -> str:
    """Give what stands before the first part that is planted: "GlacierNet: …"."""
    parts = list(takewhile(lambda part: not _loud(part), PARTS.split(sentence)))
    return " ".join([*parts, LEFT_OUT]) if len(parts) < len(PARTS.split(sentence)) else LEFT_OUT


def _loud(title: str) -> bool:
    name = sign_of(title)
    return name in LOUD or (name is not None and ORDERS.search(title) is not None)
