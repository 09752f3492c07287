"""One call: numbered evidence in, short statements with markers out; a second call where a statement is unsupported."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from typing import Any

from assistant.answer import Delta, Evidence, Statement, Usage
from assistant.attributing import attributed
from assistant.budget import fitted
from assistant.errors import LLMError
from assistant.evidence import Portion
from assistant.grounding import Drafted, parse_draft, with_markers
from assistant.llm import Writer
from prompts import render

REFUSAL = "The evidence does not answer this."
REFUSES = re.compile(r"\bthe (provided )?evidence (provided )?(does not|doesn't) (answer|contain)", re.IGNORECASE)
THOUGHT = re.compile(r"^\s*<think>.*?(</think>|$)", re.DOTALL)  # some servers leave it in the answer


class Direct:
    """The model sees sentences, not chunks, and answers from them."""

    names_papers = False

    def __init__(self, writer: Writer, sentences: int, room: int, *, attributing: bool = False) -> None:
        """Write with a model.

        Args:
            writer: the model.
            sentences: how many it is shown at most.
            room: how many tokens a prompt may have.
            attributing: hold sentences without markers against the evidence nearest to them, for a model that forgets them.
        """
        self.portion = Portion(most=sentences, margin=8.0, words=50 * sentences)
        self._writer, self._room, self._attributing = writer, room, attributing
        self._found = self._left_out = 0
        self._attributed = False

    def draft(self, question: str, evidence: Sequence[Evidence]) -> Generator[Delta, None, list[Drafted]]:
        """Ask the model. Raises LLMError."""
        return (yield from self._write("answer.v1", evidence, question=question))

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
        try:
            return (yield from self._write("repair.v1", evidence, question=question, draft=draft, problems=problems))
        except LLMError:
            return None  # the first draft stands, flagged

    def usage(self) -> Usage:
        """Say what the calls have used so far."""
        return self._writer.meter.usage()

    def notes(self) -> list[str]:
        """Say what the model was not shown, and what it did not mark itself."""
        said = []
        if self._left_out:
            said.append(
                f"{self._left_out} of {self._found} sentences of evidence did not fit into a prompt of {self._room} tokens:"
                " they were left out, the weakest first. VOUCHED_PROMPT_TOKENS and VOUCHED_CONTEXT_TOKENS limit it."
            )
        if self._attributed:
            said.append("The model did not mark all its sentences; those are held against the evidence nearest to them.")
        return said

    def _write(
        self,
        name: str,
        evidence: Sequence[Evidence],
        **said: Any,  # noqa: ANN401 (the prompt's variables)
    ) -> Generator[Delta, None, list[Drafted]]:
        prompt, shown = fitted(evidence, self._room, lambda some: render(name, evidence=some, refusal=REFUSAL, **said))
        self._found, self._left_out = len(evidence), max(self._left_out, len(evidence) - len(shown))
        text = ""
        for piece in self._writer.write(prompt):
            text += piece
            yield Delta(piece)
        drafted = _statements(text, shown)
        if not self._attributing:
            return drafted
        marked = attributed(drafted, shown)
        self._attributed |= marked != drafted
        return marked


def _statements(text: str, evidence: Sequence[Evidence]) -> list[Drafted]:
    """Read the model's statements; none where all it says is that the evidence does not answer. Raises LLMError."""
    drafted = parse_draft(THOUGHT.sub("", text), evidence)
    if not drafted:
        raise LLMError("The model wrote no sentence. Name a more able one with --model, or use --llm extractive.")
    said = [sentence for sentence in drafted if not REFUSES.search(sentence.text)]
    return said if len(said) == len(drafted) or any(sentence.numbers for sentence in said) else []
