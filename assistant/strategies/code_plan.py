"""CodePlan (Wen et al. 2024, arXiv:2409.12452, section 2): a plan in pseudocode, whose steps are searches and comparisons.

The lines are parsed, and what is no call that we know is passed over. Nothing that a model wrote is ever run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from assistant.answer import Event, Stage
from assistant.desk import Desk
from assistant.errors import LLMError, QuestionError
from assistant.evidence import Portion
from assistant.grounding import Drafted
from assistant.question import asked
from assistant.strategies.writing import Writing

MOST_STEPS = 6  # of a plan, and searches that they come to
MOST_LINE = 300  # characters
LISTED = re.compile(r"^[\s`*-]*(?:\d+[.)]\s+)?")
PORTION = Portion(most=4, margin=3.0, words=200)  # of evidence for each search


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a plan: ``search`` with its query and the name of its result, or ``compare`` with names and an aspect."""

    call: str
    names: tuple[str, ...]
    text: str


class Strategy(Writing):
    """The model plans, we look up, the model answers from what was found."""

    calls = "2"
    searches = True

    def draft(self, desk: Desk) -> Generator[Event, None, list[Drafted]]:
        """Plan, look up, answer; without a plan that can be read, answer from what there is. Raises LLMError."""
        queries: dict[str, str] = {}
        searches: list[tuple[str, list[int]]] = []
        for step in _planned(desk):
            if step.call == "search":
                queries[step.names[0]] = step.text
                wanted = [step.text]
            else:
                wanted = [f"{step.text} {queries[name]}" for name in step.names if name in queries]
            for query in wanted:
                if len(searches) == MOST_STEPS or query in dict(searches):
                    continue
                yield Stage("planning", query)
                evidence = yield from desk.gather(query, PORTION)
                searches.append((query, [item.number for item in evidence]))
        if not searches:
            return (yield from desk.draft("answer.v2"))
        return (yield from desk.draft("code-plan-answer.v2", searches=searches))


def _planned(desk: Desk) -> list[Step]:
    try:
        return steps_of(desk.ask("code-plan.v1"))
    except LLMError:  # if the model is gone, the answer tells
        return []


def steps_of(plan: str) -> list[Step]:
    """Read the searches and comparisons of a plan, up to its ``answer``; at most six."""
    found: list[Step] = []
    for line in plan.splitlines():
        for name, call in _calls(line):
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            text = next((a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)), "")
            names = tuple(a.id for a in given if isinstance(a, ast.Name))[:4]
            kind = call.func.id if isinstance(call.func, ast.Name) else ""
            if kind == "answer":
                return found
            try:
                text = asked(text)
            except QuestionError:
                continue
            if kind == "search":
                found.append(Step(kind, (name or f"step {len(found)}",), text))
            elif kind == "compare" and names:
                found.append(Step(kind, names, text))
            if len(found) == MOST_STEPS:
                return found
    return found


def _calls(line: str) -> Iterator[tuple[str, ast.Call]]:
    """Read the calls of one line, with the name that each result is given; what is no Python holds none."""
    if len(line) > MOST_LINE:
        return
    code = LISTED.sub("", line).rstrip(" `*\t")
    plain = code.replace('\\"', "'").replace("\\", " ")  # a query needs no escapes, and half a surrogate pair is one
    try:
        parsed = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for part in parsed.body:
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call) and isinstance(part.targets[0], ast.Name):
            yield part.targets[0].id, part.value
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            yield "", part.value
