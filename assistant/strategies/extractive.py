"""No model: the sentences that answer the question, verbatim. No calls."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from assistant.answer import Delta, Evidence, Statement, Usage
from assistant.evidence import Portion
from assistant.grounding import Drafted


class Extractive:
    """One to three sentences, each with its paper's name; the sentence that one leans on comes along."""

    # Chosen on the suite `page`: less loses required facts, more adds words and few facts. The margin is a quarter: a
    # sentence is quoted when it has a quarter of the chance of the best one.
    portion = Portion(most=3, margin=1.4, words=95)
    names_papers = True

    def draft(self, question: str, evidence: Sequence[Evidence]) -> Generator[Delta, None, list[Drafted]]:
        """Say what the evidence says."""
        for item in evidence:
            yield Delta(f"{item.quote} [{item.number}]\n\n")
        return [Drafted(item.quote, (item.number,)) for item in evidence]

    def repair(
        self, question: str, evidence: Sequence[Evidence], statements: Sequence[Statement]
    ) -> Generator[Delta, None, list[Drafted] | None]:
        """A quote needs no repair."""
        yield from ()
        return None

    def usage(self) -> Usage:
        """Nothing was called."""
        return Usage()

    def notes(self) -> list[str]:
        """Nothing is left out in silence: a quote says where it is from."""
        return []
