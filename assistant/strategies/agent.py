"""An agent in the library (Aviary, Narayanan et al. 2024, arXiv:2412.21154): the model picks tools, one step at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from typing import Any

from assistant.answer import Event, Stage
from assistant.desk import Desk
from assistant.environment import TOOLS, Action, taken
from assistant.errors import LLMError
from assistant.grounding import Drafted
from assistant.strategies.writing import Writing

STEPS = 6
MISSES = 2  # actions in a row that are none
ACTION = re.compile(r"\W*+(?:action\W++)?(search|gather|answer)\W{0,3}(?:[:(\[](.*)|$)", re.IGNORECASE)
LONGEST = 1_000  # characters of a line that is read
SHOWN = 300  # characters of what a tool gave; the evidence itself is shown apart


class Strategy(Writing):
    """The model searches and gathers until it says that it is ready; then it answers from the evidence on the desk."""

    calls = f"2 to {STEPS + 1}"
    searches = True

    def draft(self, desk: Desk) -> Generator[Event, None, list[Drafted]]:
        """Act, then answer; a step that fails is the last. Raises LLMError when the answer does."""
        steps: list[tuple[str, str]] = []
        misses = 0
        while len(steps) < STEPS and misses < MISSES:
            try:
                text = desk.ask("agent.v1", tools=TOOLS, steps=steps, left=STEPS - len(steps))
            except LLMError:
                break
            action = action_of(text)
            if action is not None and action.tool == "answer":
                break
            if action is None or (step := f"{action.tool}: {action.text}") in {done for done, _ in steps}:
                misses += 1
                steps.append((text[:SHOWN], "That is no new action."))
                continue
            misses = 0
            yield Stage("planning", step)
            told = yield from taken(desk, action)
            steps.append((step, told.observation[:SHOWN]))
        return (yield from desk.draft("answer.v2"))


def action_of(text: str) -> Action | None:
    """Read the first action that a model wrote, as JSON or as a line; None where there is none that can be done."""
    found = _object(text)
    if found is not None:  # in the form of our tools' schema, or of a call of a function
        given = found.get("arguments", found)
        said = given.get("text", given.get("query", "")) if isinstance(given, dict) else given
        return _action(str(found.get("tool", found.get("name"))), str(said))
    match = next(filter(None, (ACTION.match(line[:LONGEST]) for line in text.splitlines())), None)
    return _action(match[1], match[2] or "") if match else None


def _action(tool: str, text: str) -> Action | None:
    name, said = tool.casefold(), " ".join(text.encode("utf-8", "replace").decode()[:LONGEST].split()).strip("\"'`*()[] ")
    sensible = name == "answer" or any(character.isalnum() for character in said)
    return Action(name, said) if sensible and name in {tool.name for tool in TOOLS} else None


def _object(text: str) -> dict[str, Any] | None:
    start = text.find("{")
    try:
        found = json.JSONDecoder().raw_decode(text, start)[0] if start >= 0 else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
