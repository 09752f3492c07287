"""Worked examples in the prompt, near to the question and of different kinds.

Retrieved by similarity as in the Unified Demonstration Retriever (Li et al. 2023, arXiv:2305.04320), though by an embedding
that was not trained for it; from a bank clustered for diversity as in Auto-CoT (Zhang et al. 2022, arXiv:2210.03493).
"""

from __future__ import annotations

from collections.abc import Generator

from assistant.answer import Delta
from assistant.demonstrations import bank
from assistant.desk import Desk
from assistant.grounding import Drafted
from assistant.strategies.writing import Writing

EXAMPLES = 3


class Strategy(Writing):
    """One call, with three examples of good answers before the question."""

    def draft(self, desk: Desk) -> Generator[Delta, None, list[Drafted]]:
        """Ask the model. Raises LLMError; BankError when the user's own bank cannot be read."""
        examples = bank(self.settings.demonstrations).nearest(desk.question, EXAMPLES)
        return (yield from desk.draft("demonstrations.v1", examples=examples))
