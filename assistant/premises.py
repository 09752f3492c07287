"""False premises: a question may take for granted what the paper that answers it denies. The answer says so first.

"Why does X need retraining?" of an abstract that says "training-free": the verifier, which learnt on such questions too,
is given the question as it stands, with the abstract. Off unless the settings want it: docs/verifier.md says how often it
errs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import Evidence, Statement
from assistant.claims import Claim, Verifier
from assistant.planted import shown
from assistant.reranking import ReadPaper

SURE = 0.85  # chosen on held-out questions, see docs/verifier.md


@dataclass(frozen=True, slots=True)
class Denial:
    """What denies a question's premise: a sentence of the paper, and how probable it is that it does."""

    evidence: Evidence
    probability: float


def denial_of(verifier: Verifier, question: str, read: ReadPaper, evidence: Sequence[Evidence]) -> Denial | None:
    """Find what in a paper contradicts what a question takes for granted; None where nothing does.

    The sentence is one of the evidence if it is there already, else it is given the next number. Raises ModelError.
    """
    title, paper = shown(read.paper.title), read.paper
    passages = [passage for passage in read.passages if passage.text]  # without what is planted
    if not passages:
        return None
    [whole] = verifier.verify([Claim(question, (" ".join(passage.text for passage in passages),), (title,))])
    if whole.contradicted < SURE:
        return None
    found = verifier.verify([Claim(question, (passage.text,), (title,)) for passage in passages])
    place = max(range(len(passages)), key=lambda i: found[i].contradicted)
    passage = passages[place]
    known = next((item for item in evidence if (item.paper_id, item.start) == (paper.id, passage.start)), None)
    number = len(evidence) + 1
    item = known or Evidence(number, paper.id, title, passage.text, passage.start, passage.end, evidence[0].score)
    return Denial(item, whole.contradicted)


def named(denial: Denial | None, statements: list[Statement]) -> list[Statement]:
    """Say first what denies the premise, in its own words, and not once more below."""
    if denial is None:
        return statements
    quote = denial.evidence.quote
    lead = f"Contrary to what the question takes for granted: “{quote}”"
    first = Statement(lead, (denial.evidence.number,), "supported", denial.probability)
    return [first, *(statement for statement in statements if statement.text != quote)]
