"""Successive Prompting (Dua et al. 2022, arXiv:2212.04092, section 3): simple questions one by one, each looked up anew."""

from __future__ import annotations

from collections.abc import Generator

from assistant.answer import Event, Evidence, Stage
from assistant.desk import Desk
from assistant.errors import LLMError
from assistant.evidence import Portion
from assistant.grounding import Drafted
from assistant.question import MAX_QUESTION
from assistant.strategies.writing import Writing

MOST = 3  # simple questions
PORTION = Portion(most=4, margin=3.0, words=200)  # of evidence for each
DONE = "done"


class Strategy(Writing):
    """The model asks what is missing until nothing is, and then answers from all that was found."""

    calls = "1 to 7: two for each simple question, and one for the answer"
    searches = True

    def draft(self, desk: Desk) -> Generator[Event, None, list[Drafted]]:
        """Ask, look up, and answer. A question whose answer fails is a step without one. Raises LLMError."""
        steps: list[tuple[str, str]] = []
        while len(steps) < MOST:
            simple = _line(desk.ask("successive-ask.v1", steps=steps))
            if not simple or simple.casefold().startswith(DONE) or simple.casefold() in {s.casefold() for s, _ in steps}:
                break
            yield Stage("planning", simple)
            evidence = yield from desk.gather(simple, PORTION)
            steps.append((simple, self._found(desk, simple, evidence)))
        if not steps:
            return (yield from desk.draft("answer.v2"))
        return (yield from desk.draft("successive-compose.v1", steps=steps))

    def _found(self, desk: Desk, simple: str, evidence: list[Evidence]) -> str:
        try:
            return desk.ask("answer.v2", evidence, question=simple, structured=False, refusal="unknown")
        except LLMError:
            return "unknown"


def _line(text: str) -> str:
    """Give the first line of what the model wrote, as a question that can be asked; nothing where it holds no word."""
    lines = [line.strip(" -*\"'`#") for line in text.splitlines()]
    first = next((line for line in lines if any(c.isalnum() for c in line)), "")
    return first[:MAX_QUESTION]
