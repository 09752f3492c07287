"""What a model wrote becomes statements: marked text, or JSON where the server holds the model to a schema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from assistant.answer import Evidence
from assistant.errors import LLMError
from assistant.grounding import Drafted, parse_draft

REFUSAL = "The evidence does not answer this."
REFUSES = re.compile(r"\bthe (provided )?evidence (provided )?(does not|doesn't) (answer|contain)", re.IGNORECASE)
THOUGHT = re.compile(r"^\s*<think>.*?(</think>|$)", re.DOTALL)  # some servers leave it in the answer
FENCE = re.compile(r"^\s*(```\s*)?(json)?\s*(?=\{)", re.IGNORECASE)  # some models put an object into a block of code
# Possessive, and within a line: a model may write a hundred thousand line feeds.
ANSWER = re.compile(r"^[^\w\n]*+(?:final )?answer[^\w\n:]*+:\W*", re.IGNORECASE | re.MULTILINE)

STATEMENTS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"text": {"type": "string"}, "evidence": {"type": "array", "items": {"type": "integer"}}},
        "required": ["text", "evidence"],
        "additionalProperties": False,
    },
}


def schema_of(**before: dict[str, Any]) -> dict[str, Any]:
    """Give the JSON Schema of an answer, ``{"statements": [{"text", "evidence"}]}``, and what is written before them."""
    fields = {**before, "statements": STATEMENTS}
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def read_draft(text: str, evidence: Sequence[Evidence]) -> list[Drafted]:
    """Read a model's statements, after its ``Answer:`` where it has one; none where it says that there is no answer.

    Raises:
        LLMError: it wrote no sentence.
    """
    text = THOUGHT.sub("", text)
    found = opened(text)
    if found is not None and "statements" in found:
        drafted = _of_object(found, evidence)
        if not drafted:
            return []
    else:
        drafted = parse_draft(answer_in(text) or text, evidence)
    if not drafted:
        raise LLMError("The model wrote no sentence. Name a more able one with --model, or use --llm extractive.")
    said = [sentence for sentence in drafted if not REFUSES.search(sentence.text)]
    return said if len(said) == len(drafted) or any(sentence.numbers for sentence in said) else []


def answer_in(text: str) -> str | None:
    """Give what stands after the last ``Answer:`` at the start of a line; None where there is none, or nothing after it."""
    *_, last = [None, *(match.end() for match in ANSWER.finditer(text))]
    return None if last is None else text[last:] or None


def opened(text: str) -> dict[str, Any] | None:
    """Read a JSON object as far as it was written; None for what is none."""
    from pydantic_core import from_json

    fence = FENCE.match(text)
    if fence is None:
        return None
    try:
        found = from_json(text[fence.end() :].rstrip("` \n"), allow_partial="trailing-strings")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def as_text(text: str) -> str:
    """Write as much of an object as there is so far as text with markers, for a person to see it grow.

    What is shown is never taken back: markers come after the full stop, and the last statement's, which may grow, not yet.
    """
    items = _items(opened(text) or {})
    whole = [said + "".join(f" [{number}]" for number in numbers) for said, numbers in items[:-1]]
    return " ".join([*whole, *(said for said, _ in items[-1:])])


def _of_object(found: dict[str, Any], evidence: Sequence[Evidence]) -> list[Drafted]:
    known = {item.number for item in evidence}
    drafted = []
    for text, cited in _items(found):
        for sentence in parse_draft(text, evidence):  # one may hold several sentences, or markers of its own
            numbers = dict.fromkeys([*sentence.numbers, *(number for number in cited if number in known)])
            astray = dict.fromkeys([*sentence.astray, *(number for number in cited if number not in known)])
            drafted.append(Drafted(sentence.text, tuple(numbers), tuple(astray)))
    return drafted


def _items(found: dict[str, Any]) -> list[tuple[str, tuple[int, ...]]]:
    """Give the statements of an object with their numbers; what is of another form is passed over."""
    items = [item for item in _list(found.get("statements")) if isinstance(item, dict)]
    return [
        (item["text"], tuple(number for number in _list(item.get("evidence")) if type(number) is int))
        for item in items
        if isinstance(item.get("text"), str)
    ]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
