"""Adaptive Prompting (Think Beyond Size, Kamesh R 2024, arXiv:2410.08130): an answer is validated, the prompt adjusted."""

from __future__ import annotations

from collections.abc import Generator

from assistant.answer import Event, Stage, Statement
from assistant.desk import Desk
from assistant.errors import LLMError
from assistant.evidence import Portion
from assistant.grounding import Drafted, cited_text
from assistant.strategies.writing import Writing, quietly, supported

ROUNDS = 3
FURTHER = Portion(most=4, margin=4.0, words=200)  # of evidence for what was not supported


class Strategy(Writing):
    """What the verifier does not support is looked up, and the model told; the best round counts."""

    calls = f"1 to {ROUNDS}"

    def draft(self, desk: Desk) -> Generator[Event, None, list[Drafted]]:
        """Draft, validate, adjust. A later round that fails leaves the best one so far. Raises LLMError."""
        best = yield from desk.draft("answer.v2")
        statements = desk.check(best)
        share = supported(statements)
        for number in range(1, ROUNDS):
            if not best or share == 1.0:
                break
            problems = [_problem(statement) for statement in statements if statement.verdict != "supported"]
            yield Stage("planning", f"round {number + 1}: {len(problems)} of {len(statements)} statements lack support")
            yield from self._look_up(desk, statements)
            try:
                again = quietly(desk.draft("adaptive.v1", draft=cited_text(best), problems=problems))
            except LLMError:
                break
            statements_again = desk.check(again)
            if supported(statements_again) > share:
                best, statements, share = again, statements_again, supported(statements_again)
        return best

    def _look_up(self, desk: Desk, statements: list[Statement]) -> Generator[Event, None, None]:
        lacking = max((s for s in statements if s.verdict != "supported"), key=lambda s: len(s.text))
        yield from desk.gather(f"{desk.question} {lacking.text}"[:1_000], FURTHER)


def _problem(statement: Statement) -> str:
    if not statement.citations:
        return f'"{statement.text}" cites no evidence.'
    heard = f" What it says and the evidence does not: {', '.join(statement.alarms)}." if statement.alarms else ""
    return f'"{statement.text}" is not clearly what the cited evidence says.{heard}'
