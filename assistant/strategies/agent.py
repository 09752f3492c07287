"""An agent in the library (Aviary, Narayanan et al. 2024, arXiv:2412.21154): the model picks tools, one step at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Generator

from assistant.answer import Event, Stage
from assistant.desk import Desk
from assistant.environment import TOOLS, Action, taken
from assistant.grounding import Drafted
from assistant.strategies.writing import Writing

STEPS = 6
MISSES = 2  # actions in a row that are none
ACTION = re.compile(r"^\W*(search|gather|answer)\W*[:(]\s*(.*?)\W*$", re.IGNORECASE | re.MULTILINE)
SHOWN = 300  # characters of what a tool gave; the evidence itself is shown apart


class Strategy(Writing):
    """The model searches and gathers until it says that it is ready; then it answers from the evidence on the desk."""

    calls = f"2 to {STEPS + 1}"
    searches = True

    def draft(self, desk: Desk) -> Generator[Event, None, list[Drafted]]:
        """Act, then answer. Raises LLMError."""
        steps: list[tuple[str, str]] = []
        misses = 0
        while len(steps) < STEPS and misses < MISSES:
            text = desk.ask("agent.v1", tools=TOOLS, steps=steps, left=STEPS - len(steps))
            action = action_of(text)
            if action is None or (repeated := f"{action.tool}: {action.text}") in {done for done, _ in steps}:
                misses += 1
                steps.append((text[:SHOWN], "That is no new action."))
                continue
            if action.tool == "answer":
                break
            misses = 0
            yield Stage("planning", repeated)
            told = yield from taken(desk, action)
            steps.append((repeated, told.observation[:SHOWN]))
        return (yield from desk.draft("answer.v2"))


def action_of(text: str) -> Action | None:
    """Read the first action that a model wrote, as a line or as JSON; None where there is none."""
    try:
        found = json.loads(text)
        return Action(str(found["tool"]).casefold(), str(found["text"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        match = ACTION.search(text)
        return Action(match[1].casefold(), match[2]) if match else None
