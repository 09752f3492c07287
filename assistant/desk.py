"""What a strategy has at hand for one question: the evidence with its numbers, further searches, a model, and the check."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from assistant.answer import Delta, Event, Evidence, Statement, Usage
from assistant.budget import fitted, room_for
from assistant.claims import Verifier
from assistant.composing import Clock
from assistant.drafts import REFUSAL, THOUGHT, answer_in, as_text, read_draft, schema_of
from assistant.evidence import Portion, select, shuffled
from assistant.grounding import Drafted, check
from assistant.question import asks_for_several
from assistant.reranking import Found
from assistant.settings import Settings
from prompts import Prompt, render

if TYPE_CHECKING:
    from assistant.llm import Draw, Writer


@dataclass
class Desk:
    """One question's work.

    ``find`` searches the library and reads what it finds. ``evidence`` are the sentences chosen so far: a number, once
    given, stays with its sentence. ``notes`` are for the reader of the answer.
    """

    question: str
    settings: Settings
    find: Callable[[str], Generator[Event, None, Found]]
    verifier: Verifier
    clock: Clock
    found: Found
    writer: Writer | None = None
    evidence: list[Evidence] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def lay_out(self, portion: Portion) -> None:
        """Choose the evidence for the question itself from the papers found."""
        chosen = select(self.found.read, portion, several=asks_for_several(self.question))
        self.evidence = shuffled(chosen, self.settings.shuffle_evidence)

    def gather(self, question: str, portion: Portion) -> Generator[Event, None, list[Evidence]]:
        """Search anew; gives the evidence for this question, of which what is new is laid on the desk."""
        self.clock.lap("answer_ms")
        found = yield from self.find(question)
        self.found = self.found.joined(found)
        return [self.numbered(item) for item in select(found.read, portion, several=asks_for_several(question))]

    def numbered(self, item: Evidence) -> Evidence:
        """Give a sentence its number on the desk, and lay it there if it is new."""
        known = next((e for e in self.evidence if (e.paper_id, e.start) == (item.paper_id, item.start)), None)
        if known is None:
            known = replace(item, number=max((e.number for e in self.evidence), default=0) + 1)
            self.evidence.append(known)
        return known

    def ask(self, name: str, evidence: Sequence[Evidence] | None = None, *, draw: Draw | None = None, **said: object) -> str:
        """Have the model write for a prompt, and give its text, thoughts left out. Raises LLMError."""
        prompt, _ = self._fitted(name, self.evidence if evidence is None else evidence, said)
        return THOUGHT.sub("", "".join(self._writer.write(prompt, draw=draw))).strip()

    def draft(
        self,
        name: str,
        evidence: Sequence[Evidence] | None = None,
        *,
        draw: Draw | None = None,
        before: dict[str, dict[str, Any]] | None = None,
        **said: object,
    ) -> Generator[Delta, None, list[Drafted]]:
        """Have the model answer, and yield its text as it comes; no statements mean that the evidence does not answer.

        ``before`` is what an answer in JSON holds before its statements, with the schema of each. The prompt is given
        ``structured``, for which form of answer it is to ask, and ``refusal``, beside what is ``said``.

        Raises:
            LLMError: the model failed, or wrote no sentence.
        """
        from assistant.llm import FormRefused

        shown = self.evidence if evidence is None else evidence
        if self._writer.holds_form:
            try:
                return (yield from self._drafted(name, shown, said, draw, before, structured=True))
            except FormRefused:
                pass
        return (yield from self._drafted(name, shown, said, draw, before, structured=False))

    def _drafted(
        self,
        name: str,
        evidence: Sequence[Evidence],
        said: dict[str, Any],
        draw: Draw | None,
        before: dict[str, dict[str, Any]] | None,
        *,
        structured: bool,
    ) -> Generator[Delta, None, list[Drafted]]:
        prompt, shown = self._fitted(name, evidence, {**said, "structured": structured, "refusal": REFUSAL})
        schema = schema_of(**(before or {})) if structured else None
        pieces = self._writer.write(prompt, schema=schema, draw=draw)
        text = yield from _growing(pieces, reasoned=before is not None)
        return read_draft(text, shown)

    def check(self, drafted: Sequence[Drafted]) -> list[Statement]:
        """Give each drafted sentence its verdict. Raises ModelError."""
        return check(drafted, self.evidence, self.verifier)

    def usage(self) -> Usage:
        """Say what the model has used so far."""
        return Usage() if self.writer is None else self.writer.meter.usage()

    @property
    def _writer(self) -> Writer:
        assert self.writer is not None  # noqa: S101 (a strategy without a model does not ask one)
        return self.writer

    def _fitted(self, name: str, evidence: Sequence[Evidence], said: dict[str, Any]) -> tuple[Prompt, list[Evidence]]:
        room = room_for(self.settings, self._writer.llm.metadata)
        given = {"question": self.question, **said}
        prompt, shown = fitted(evidence, room, lambda some: render(name, own=self.settings.prompts, evidence=some, **given))
        if len(shown) < len(evidence):
            self.note(
                f"{len(evidence) - len(shown)} of {len(evidence)} sentences of evidence did not fit into a prompt of {room}"
                " tokens: they were left out, the weakest first. VOUCHED_PROMPT_TOKENS and VOUCHED_CONTEXT_TOKENS limit it."
            )
        return prompt, shown

    def note(self, words: str) -> None:
        """Tell the reader of the answer something, once."""
        if words not in self.notes:
            self.notes.append(words)


def _growing(pieces: Iterable[str], *, reasoned: bool) -> Generator[Delta, None, str]:
    """Pass a text on piece by piece, and give all of it.

    An object of JSON is passed on as the text it stands for, ``reasoned`` text from its ``Answer:`` on.
    """
    text = shown = ""
    for piece in pieces:
        text += piece
        whole = text
        if text.lstrip().startswith(("{", "`")):
            whole = as_text(text) if '"' in piece or "]" in piece else ""
        elif reasoned:
            whole = answer_in(text) or ""
        if len(whole) > len(shown) and whole.startswith(shown):
            yield Delta(whole[len(shown) :])
            shown = whole
    return text
