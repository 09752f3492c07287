"""Outcome-supervised verifiers (Yu et al. 2023, arXiv:2311.09724, section 3): the verifier's score picks each next sentence.

There the value model is trained on outcomes of maths problems; here it is our verifier, which scores unfinished answers.
"""

from __future__ import annotations

from collections.abc import Generator

from assistant.answer import Delta, Stage, Statement
from assistant.desk import Desk
from assistant.drafts import REFUSAL, read_draft
from assistant.errors import LLMError
from assistant.grounding import Drafted, cited_text
from assistant.llm import Draw
from assistant.strategies.writing import Writing

SENTENCES, DRAWN, TEMPERATURE = 4, 3, 0.7
ENDS = Drafted("", ())  # what stands for a model that is done, or refuses


class Strategy(Writing):
    """Of several next sentences the best supported one is taken, until most say that nothing is missing."""

    calls = f"{DRAWN} for each sentence, {DRAWN} to {DRAWN * SENTENCES}"

    def draft(self, desk: Desk) -> Generator[Delta | Stage, None, list[Drafted]]:
        """Draw, weigh, go on. Raises LLMError when nothing could be drawn for the first sentence."""
        said: list[Drafted] = []
        while len(said) < SENTENCES:
            yield Stage("planning", f"sentence {len(said) + 1}: the best of {DRAWN}")
            drawn = _drawn(desk, said)
            if not drawn and not said:  # done before it began: no refusal, and no sentence
                return (yield from desk.draft("answer.v2"))
            fresh = [s for s in drawn if s != ENDS and s.text not in {before.text for before in said}]
            if 2 * len(fresh) < len(drawn) or not fresh:
                break
            statements = desk.check(fresh)
            best = max(range(len(fresh)), key=lambda place: _worth(statements[place], desk))
            if said and statements[best].verdict == "unsupported":
                break
            yield Delta(f"{cited_text([fresh[best]])} ")
            said.append(fresh[best])
        return said


def _sentences(drafted: list[Drafted]) -> list[Drafted]:
    """Leave out what only leads up to a sentence: "The next sentence is:"."""
    return [sentence for sentence in drafted if not sentence.text.endswith(":")]


def _drawn(desk: Desk, said: list[Drafted]) -> list[Drafted]:
    """Draw next sentences. A model that is done before anything was said has said nothing, and is left out."""
    drawn: list[Drafted] = []
    failure: LLMError | None = None
    for number in range(DRAWN):
        draw, written = Draw(TEMPERATURE, len(said) * DRAWN + number), cited_text(said)
        try:
            text = desk.ask("value-guided.v1", draw=draw, structured=False, refusal=REFUSAL, said=written)
            if not text.strip(" .*").casefold().startswith("done"):
                read = read_draft(text, desk.evidence)
                drawn += _sentences(read)[:1] if read else [ENDS]
            elif said:
                drawn.append(ENDS)
        except LLMError as error:
            failure = error
    if failure is not None and not drawn and not said:
        raise failure
    return drawn


def _worth(statement: Statement, desk: Desk) -> tuple[float, float]:
    """Weigh a sentence by its support, and where that is equal by how well what it cites answers the question."""
    cited = [item.score for item in desk.evidence if item.number in statement.citations]
    return statement.score, max(cited, default=float("-inf"))
