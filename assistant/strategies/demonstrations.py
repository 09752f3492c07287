"""Worked examples in the prompt, near to the question and of different kinds.

Retrieved by similarity as in the Unified Demonstration Retriever (Li et al. 2023, arXiv:2305.04320), though by an embedding
that was not trained for it; from a bank clustered for diversity as in Auto-CoT (Zhang et al. 2022, arXiv:2210.03493).
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from assistant.answer import Delta
from assistant.budget import room_for, tokens_of
from assistant.demonstrations import Demonstration, bank
from assistant.desk import Desk
from assistant.drafts import REFUSAL
from assistant.grounding import Drafted
from assistant.strategies.writing import Writing
from prompts import render

PROMPT, EXAMPLES = "demonstrations.v1", 3
SHARE = 0.65  # of a prompt's room, for its examples and instructions; the rest is for evidence


class Strategy(Writing):
    """One call, with three examples of good answers before the question; fewer where the model's window is small."""

    def draft(self, desk: Desk) -> Generator[Delta, None, list[Drafted]]:
        """Ask the model. Raises LLMError; BankError when the user's own bank cannot be read."""
        examples = bank(self.settings.demonstrations).nearest(desk.question, EXAMPLES)
        assert desk.writer is not None  # noqa: S101 (as Desk)
        room = SHARE * room_for(self.settings, desk.writer.llm.metadata)
        while examples and _tokens(examples, self.settings.prompts) > room:
            del examples[0]  # the farthest
        return (yield from desk.draft(PROMPT, examples=examples))


def _tokens(examples: list[Demonstration], own: Path | None) -> int:
    given = {"question": "", "evidence": (), "structured": True, "refusal": REFUSAL, "examples": examples}
    return tokens_of(render(PROMPT, own=own, **given))
