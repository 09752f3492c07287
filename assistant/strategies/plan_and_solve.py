"""Plan-and-Solve Prompting (Wang et al. 2023, arXiv:2305.04091, section 2): a plan first, then the answer, in one call."""

from __future__ import annotations

from collections.abc import Generator

from assistant.answer import Delta
from assistant.desk import Desk
from assistant.grounding import Drafted
from assistant.strategies.writing import Writing


class Strategy(Writing):
    """The model writes down which facts the answer needs and where they stand, and then answers. Only the answer counts."""

    def draft(self, desk: Desk) -> Generator[Delta, None, list[Drafted]]:
        """Ask the model. Raises LLMError."""
        return (yield from desk.draft("plan-and-solve.v1", before={"plan": {"type": "string"}}))
