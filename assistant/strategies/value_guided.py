"""Outcome-supervised verifiers (Yu et al. 2023, arXiv:2311.09724, section 3): the verifier's score picks each next sentence.

There the value model is trained on outcomes of maths problems; here it is our verifier, which scores unfinished answers.
"""

from __future__ import annotations

from collections.abc import Generator

from assistant.answer import Delta, Stage
from assistant.desk import Desk
from assistant.drafts import REFUSAL, read_draft
from assistant.errors import LLMError
from assistant.grounding import Drafted, cited_text
from assistant.llm import Draw
from assistant.strategies.writing import Writing

SENTENCES, DRAWN, TEMPERATURE = 4, 3, 0.7


class Strategy(Writing):
    """Of several next sentences the best supported one is taken, until most say that nothing is missing."""

    calls = f"{DRAWN} for each sentence, {DRAWN} to {DRAWN * SENTENCES}"

    def draft(self, desk: Desk) -> Generator[Delta | Stage, None, list[Drafted]]:
        """Draw, weigh, go on. Raises LLMError when nothing could be drawn for the first sentence."""
        said: list[Drafted] = []
        while len(said) < SENTENCES:
            drawn = _drawn(desk, said)
            fresh = [s for s in drawn if s.text and s.text not in {before.text for before in said}]
            if 2 * len(fresh) < len(drawn) or not fresh:
                break
            statements = desk.check(fresh)
            best = max(range(len(fresh)), key=lambda place: statements[place].score)
            if said and statements[best].verdict == "unsupported":
                break
            yield Delta(f"{cited_text([fresh[best]])} ")
            said.append(fresh[best])
        return said


def _drawn(desk: Desk, said: list[Drafted]) -> list[Drafted]:
    """Draw next sentences; one with an empty text stands for a model that is done, or refuses."""
    drawn: list[Drafted] = []
    failure: LLMError | None = None
    for number in range(DRAWN):
        draw = Draw(TEMPERATURE, len(said) * DRAWN + number)
        try:
            text = desk.ask("value-guided.v1", draw=draw, structured=False, refusal=REFUSAL, said=cited_text(said))
            read = [] if text.strip(" .*").casefold().startswith("done") else read_draft(text, desk.evidence)
            drawn.append(read[0] if read else Drafted("", ()))
        except LLMError as error:
            failure = error
    if failure is not None and not drawn and not said:
        raise failure
    return drawn
