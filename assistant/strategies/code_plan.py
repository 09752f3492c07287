"""CodePlan (Wen et al. 2024, arXiv:2409.12452, section 2): a plan in pseudocode, whose steps are searches and comparisons.

The lines are parsed, and what is no call that we know is passed over. Nothing that a model wrote is ever run.
"""

from __future__ import annotations

import ast
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from assistant.answer import Event, Stage
from assistant.desk import Desk
from assistant.evidence import Portion
from assistant.grounding import Drafted
from assistant.strategies.writing import Writing

MOST_STEPS, MOST_LINE = 6, 300  # characters
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
        steps: list[tuple[str, list[int]]] = []
        for step in steps_of(desk.ask("code-plan.v1")):
            if step.call == "search":
                queries[step.names[0]] = step.text
                wanted = [step.text]
            else:
                wanted = [f"{step.text} {queries[name]}" for name in step.names if name in queries]
            for query in wanted:
                yield Stage("planning", query)
                evidence = yield from desk.gather(query, PORTION)
                steps.append((query, [item.number for item in evidence]))
        if not steps:
            return (yield from desk.draft("answer.v2"))
        return (yield from desk.draft("code-plan-answer.v1", steps=steps))


def steps_of(plan: str) -> list[Step]:
    """Read the searches and comparisons of a plan, up to its ``answer``; at most six."""
    found: list[Step] = []
    for line in plan.splitlines():
        for name, call in _calls(line):
            texts = [a.value.strip() for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            names = tuple(a.id for a in call.args if isinstance(a, ast.Name))
            kind = call.func.id if isinstance(call.func, ast.Name) else ""
            if kind == "answer":
                return found
            if kind == "search" and texts and texts[0]:
                found.append(Step(kind, (name or f"step {len(found)}",), texts[0]))
            elif kind == "compare" and names and texts and texts[0]:
                found.append(Step(kind, names[:4], texts[0]))
            if len(found) == MOST_STEPS:
                return found
    return found


def _calls(line: str) -> Iterator[tuple[str, ast.Call]]:
    """Read the calls of one line, with the name that each result is given; what is no Python holds none."""
    if len(line) > MOST_LINE:
        return
    try:
        parsed = ast.parse(line.strip(" `-*\t"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for part in parsed.body:
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call) and isinstance(part.targets[0], ast.Name):
            yield part.targets[0].id, part.value
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            yield "", part.value
