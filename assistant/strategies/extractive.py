"""No model: the sentences that answer the question, verbatim. No calls."""

from __future__ import annotations

from collections.abc import Generator

from assistant.answer import Delta
from assistant.desk import Desk
from assistant.evidence import Portion
from assistant.grounding import Drafted


class Extractive:
    """One to three sentences, each with its paper's name; the sentence that one leans on comes along."""

    calls = "0"
    # Chosen on the suite `page`: less loses required facts, more adds words and few facts. The margin is a quarter: a
    # sentence is quoted when it has a quarter of the chance of the best one.
    portion = Portion(most=3, margin=1.4, words=95)
    names_papers = True
    searches = False

    def draft(self, desk: Desk) -> Generator[Delta, None, list[Drafted]]:
        """Say what the evidence says."""
        for item in desk.evidence:
            yield Delta(f"{item.quote} [{item.number}]\n\n")
        return [Drafted(item.quote, (item.number,)) for item in desk.evidence]
