"""What an answer is worth to a prompt, and in words what is wrong with it: the feedback rules of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evals.case import Case
from evals.measures.answers import holds, plain

QUOTES = "extractive"  # the model that an answer names when nothing that was written could be used
SHOWN = 400  # characters of an answer


@dataclass(frozen=True, slots=True)
class Failure:
    """A question, what was answered, and what is wrong with that."""

    question: str
    answer: str
    wrong: str


def worth(case: Case, answer: dict[str, Any] | None) -> float:
    """Give 0 to 1: the share of the required facts that the model's own words hold, or whether it rightly refused.

    An answer that fell back to quotes is worth nothing, for it is not the prompt's.
    """
    if answer is None:
        return 0.0
    refused = answer["status"] != "answered"
    if not case.answerable or refused:
        return float(refused is not case.answerable)
    if answer["usage"]["model"] == QUOTES:
        return 0.0
    missing = _missing(case, answer)
    return 1.0 - len(missing) / len(case.facts) if case.facts else 1.0


def failure(case: Case, answer: dict[str, Any] | None) -> Failure | None:
    """Say what is wrong with an answer; None where nothing is."""
    if worth(case, answer) == 1.0:
        return None
    return Failure(case.question, "" if answer is None else answer["answer"][:SHOWN], _wrong(case, answer))


def _wrong(case: Case, answer: dict[str, Any] | None) -> str:
    if answer is None:
        return "The model failed."
    if not case.answerable:
        return "The evidence does not answer this, and you should have said so."
    if answer["status"] != "answered":
        return "The evidence answers this, and you said that it does not."
    if answer["usage"]["model"] == QUOTES:
        return "No sentence that you wrote was supported by the evidence that it cited, so none was shown."
    missing = ", ".join(_missing(case, answer))
    removed = " A sentence was removed, as no evidence supported it." if any("removed" in n for n in answer["notes"]) else ""
    return f"It lacks what the evidence says: {missing}.{removed}"


def _missing(case: Case, answer: dict[str, Any]) -> list[str]:
    said = plain(" ".join(statement["text"] for statement in answer["statements"]))
    return [fact[0] for fact in case.facts if not any(holds(said, spelling) for spelling in fact)]
