"""Strategies: one file each turns a question and its evidence into drafted statements."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Protocol

from assistant.answer import Delta, Evidence, Statement, Usage
from assistant.evidence import Portion
from assistant.grounding import Drafted
from assistant.settings import Settings

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM


class Strategy(Protocol):
    """How a draft is made.

    ``portion`` is how much evidence it wants; ``names_papers`` whether the answer must name the papers it quotes.
    """

    portion: Portion
    names_papers: bool

    def draft(self, question: str, evidence: Sequence[Evidence]) -> Generator[Delta, None, list[Drafted]]:
        """Yield the text as it is written and return its statements; none means the evidence does not answer."""
        ...

    def repair(
        self, question: str, evidence: Sequence[Evidence], statements: Sequence[Statement]
    ) -> Generator[Delta, None, list[Drafted] | None]:
        """Write again with the verdicts in hand, once; None means there is nothing to be done."""
        ...

    def usage(self) -> Usage:
        """Say what the draft has cost so far."""
        ...

    def notes(self) -> list[str]:
        """Say what the reader should know of how it was made."""
        ...


def only_quotes(settings: Settings, llm: LLM | None) -> bool:
    """Tell whether answers are extractive: so it was asked for, or no model is at hand."""
    from assistant.llm import is_configured

    return settings.llm == "extractive" or (settings.llm == "auto" and llm is None and not is_configured(settings))


def choose(settings: Settings, llm: LLM | None, *, streaming: bool) -> Strategy:
    """Take the strategy that the settings and the model at hand ask for. Raises LLMError when the model is not to be had."""
    from assistant.strategies.extractive import Extractive

    if only_quotes(settings, llm):
        return Extractive()
    from assistant.budget import room_for
    from assistant.llm import open_writer
    from assistant.local import LocalLLM
    from assistant.strategies.direct import Direct

    writer = open_writer(settings, llm, streaming=streaming)
    room = room_for(settings, writer.llm.metadata)
    return Direct(writer, settings.evidence, room, attributing=isinstance(writer.llm, LocalLLM))
