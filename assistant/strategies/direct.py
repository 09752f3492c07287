"""One call: numbered evidence in, short statements with markers out; a second call where a statement is unsupported."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence

from assistant.answer import Delta, Evidence, Statement, Usage
from assistant.errors import LLMError
from assistant.evidence import Portion
from assistant.grounding import Drafted, parse_draft, with_markers
from assistant.llm import Writer
from prompts import Prompt, render

REFUSAL = "The evidence does not answer this."
REFUSES = re.compile(r"\bthe (provided )?evidence (provided )?(does not|doesn't) (answer|contain)", re.IGNORECASE)
THOUGHT = re.compile(r"^\s*<think>.*?(</think>|$)", re.DOTALL)  # some servers leave it in the answer


class Direct:
    """The model sees sentences, not chunks, and answers from them."""

    names_papers = False

    def __init__(self, writer: Writer, sentences: int) -> None:
        """Write with a model that is shown so many sentences."""
        self.portion = Portion(most=sentences, margin=8.0, words=50 * sentences)
        self._writer = writer

    def draft(self, question: str, evidence: Sequence[Evidence]) -> Generator[Delta, None, list[Drafted]]:
        """Ask the model. Raises LLMError."""
        text = yield from self._write(render("answer.v1", question=question, evidence=evidence, refusal=REFUSAL))
        return _statements(text, evidence)

    def repair(
        self, question: str, evidence: Sequence[Evidence], statements: Sequence[Statement]
    ) -> Generator[Delta, None, list[Drafted] | None]:
        """Ask again, naming the statements that are unsupported; a refusal now means that the first answer stands."""
        problems = [
            f'"{s.text}" ' + ("is not what the cited evidence says." if s.citations else "cites no evidence that exists.")
            for s in statements
            if s.verdict == "unsupported"
        ]
        if not problems:
            return None
        draft = "\n".join(with_markers(statement) for statement in statements)
        prompt = render("repair.v1", question=question, evidence=evidence, refusal=REFUSAL, draft=draft, problems=problems)
        try:
            text = yield from self._write(prompt)
            return _statements(text, evidence)
        except LLMError:
            return None  # the first draft stands, flagged

    def usage(self) -> Usage:
        """Say what the calls have used so far."""
        return self._writer.meter.usage()

    def _write(self, prompt: Prompt) -> Generator[Delta, None, str]:
        text = ""
        for piece in self._writer.write(prompt):
            text += piece
            yield Delta(piece)
        return text


def _statements(text: str, evidence: Sequence[Evidence]) -> list[Drafted]:
    """Read the model's statements; none where all it says is that the evidence does not answer. Raises LLMError."""
    drafted = parse_draft(THOUGHT.sub("", text), evidence)
    if not drafted:
        raise LLMError("The model wrote no sentence. Name a more able one with --model, or use --llm extractive.")
    said = [sentence for sentence in drafted if not REFUSES.search(sentence.text)]
    return said if len(said) == len(drafted) or any(sentence.numbers for sentence in said) else []
