"""Complexity-Based Prompting (Fu et al. 2022, arXiv:2210.00720, section 3.2): of several answers the elaborate ones vote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass

from assistant.answer import Delta, Stage
from assistant.desk import Desk
from assistant.drafts import REFUSAL, answer_in, read_draft
from assistant.errors import LLMError
from assistant.grounding import Drafted, cited_text
from assistant.llm import Draw
from assistant.strategies.writing import Writing, supported

DRAWN, VOTING, TEMPERATURE = 5, 3, 0.7


@dataclass(frozen=True, slots=True)
class _Chain:
    """One answer with the number of steps that led to it, and the share of it that is supported."""

    drafted: list[Drafted]
    steps: int
    supported: float


class Strategy(Writing):
    """Answers are drawn with their reasoning; of those best supported the ones with most steps vote.

    A vote is for the evidence that an answer cites: the one whose evidence the others cite most is taken.
    """

    calls = str(DRAWN)

    def draft(self, desk: Desk) -> Generator[Delta | Stage, None, list[Drafted]]:
        """Draw, and vote. Raises LLMError when no answer could be drawn."""
        chains: list[_Chain] = []
        for number in range(DRAWN):
            yield Stage("planning", f"answer {number + 1} of {DRAWN}")
            try:
                chains.append(_drawn(desk, number))
            except LLMError:
                if number == DRAWN - 1 and not chains:
                    raise
        refused = sum(not chain.drafted for chain in chains)
        if 2 * refused > len(chains):
            return []
        best = max(chain.supported for chain in chains)
        elaborate = sorted((c for c in chains if c.drafted and c.supported == best), key=lambda c: -c.steps)[:VOTING]
        votes = Counter(number for chain in elaborate for number in _cites(chain))
        chosen = max(elaborate, key=lambda chain: _mean([votes[number] for number in _cites(chain)]))
        yield Delta(cited_text(chosen.drafted))
        return chosen.drafted


def _drawn(desk: Desk, seed: int) -> _Chain:
    text = desk.ask("complexity.v1", draw=Draw(TEMPERATURE, seed), structured=False, refusal=REFUSAL)
    drafted = read_draft(text, desk.evidence)
    before = text.removesuffix(answer_in(text) or text)
    steps = sum(any(character.isalnum() for character in line) for line in before.splitlines())
    return _Chain(drafted, steps, supported(desk.check(drafted)))


def _cites(chain: _Chain) -> set[int]:
    return {number for sentence in chain.drafted for number in sentence.numbers}


def _mean(values: list[int]) -> float:
    return sum(values) / len(values) if values else 0.0
