"""A small model often forgets to mark what it wrote from: its sentences are held against the evidence nearest to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.answer import Evidence
from assistant.grounding import Drafted
from ingestion.words import terms


def attributed(drafted: Sequence[Drafted], evidence: Sequence[Evidence]) -> list[Drafted]:
    """Give each sentence without markers the evidence that shares most of its words, if any does.

    This only says what it is to be checked against; whether that carries it is the verifier's to say.
    """
    words = {item.number: set(terms(item.quote)) for item in evidence}
    found = []
    for sentence in drafted:
        said = set(terms(sentence.text))
        nearest = max(evidence, key=lambda item: (len(said & words[item.number]), item.score), default=None)
        unmarked = not sentence.numbers and not sentence.astray
        if unmarked and nearest is not None and said & words[nearest.number]:
            found.append(replace(sentence, numbers=(nearest.number,)))
        else:
            found.append(sentence)
    return found
