"""MALT (Motwani et al. 2024, arXiv:2412.01928, section 3): a generator, a verifier and a refiner, one after the other.

There the three are models trained together; here they are one model with three prompts, and our own verifier's verdicts.
"""

from __future__ import annotations

from collections.abc import Generator

from assistant.answer import Event, Stage
from assistant.desk import Desk
from assistant.errors import LLMError
from assistant.grounding import Drafted, cited_text
from assistant.strategies.writing import Writing, supported

MOST = 1_500  # characters of a critique


class Strategy(Writing):
    """The critique sees the verdicts; where neither finds a fault, nothing is refined."""

    calls = "2 or 3"

    def draft(self, desk: Desk) -> Generator[Event, None, list[Drafted]]:
        """Generate, verify, refine. A critique or refinement that fails leaves what was generated. Raises LLMError."""
        generated = yield from desk.draft("answer.v2")
        if not generated:
            return []
        statements = desk.check(generated)
        text, verdicts = cited_text(generated), [f"{s.verdict}: {s.text}" for s in statements]
        yield Stage("planning", "a critique")
        try:
            critique = desk.ask("malt-critic.v1", draft=text, verdicts=verdicts)
            if _finds_no_fault(critique) and all(statement.verdict == "supported" for statement in statements):
                return generated
            yield Stage("writing", "again, after the critique")
            refined = yield from desk.draft("malt-refiner.v1", draft=text, critique=critique[:MOST])
        except LLMError:
            return generated
        return refined if refined and supported(desk.check(refined)) >= supported(statements) else generated


def _finds_no_fault(critique: str) -> bool:
    """Tell whether a critique finds no fault."""
    return critique.strip(" .!\"'*`\n").casefold() in {"ok", "okay"}
