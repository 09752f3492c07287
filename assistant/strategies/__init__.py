"""Strategies: one file each turns a question and its evidence into drafted statements, which `vouching` checks."""

from __future__ import annotations

from collections.abc import Generator
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, get_args

from assistant.answer import Event
from assistant.evidence import Portion
from assistant.grounding import Drafted
from assistant.settings import Settings, StrategyName

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM

    from assistant.desk import Desk

NAMES: tuple[str, ...] = get_args(StrategyName)


class Strategy(Protocol):
    """How a draft is made.

    ``calls`` is its cost in calls of the model, in words; ``portion`` how much evidence it wants to begin with;
    ``names_papers`` whether the answer must name the papers it quotes; ``searches`` whether it searches for itself, so that
    it is asked also when no single paper answers the question.
    """

    calls: str
    portion: Portion
    names_papers: bool
    searches: bool

    def draft(self, desk: Desk) -> Generator[Event, None, list[Drafted]]:
        """Return the statements of an answer; none means that the evidence does not answer. Yields what a reader may see.

        Raises:
            LLMError: the model failed.
        """
        ...


def only_quotes(settings: Settings, llm: LLM | None) -> bool:
    """Tell whether answers are extractive: so it was asked for, or no model is at hand."""
    from assistant.llm import is_configured

    return settings.llm == "extractive" or (settings.llm == "auto" and llm is None and not is_configured(settings))


def load_strategy(settings: Settings) -> Strategy:
    """Make the strategy that the settings name: the class ``Strategy`` of the module of its name."""
    module = import_module(f"{__name__}.{settings.strategy.replace('-', '_')}")
    made: Strategy = module.Strategy(settings)
    return made
