"""What an answer would cost at a server: arithmetic over the real prompts, nothing is timed and nobody is called."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.llms.mock import MockLLM
from pydantic import PrivateAttr

from assistant.drafts import REFUSAL
from assistant.engine import Assistant
from assistant.packing import tokenizer, tokens
from assistant.reading import TOKENIZER
from assistant.settings import Settings
from evals.bench.measuring import Figure, Recorder, Told
from evals.errors import SuiteError
from ingestion.library import Library

MILLION = 1_000_000
TOKENS_A_WORD = 1.3  # of English, a rule of thumb
# USD a question of PaperQA2 (Skarlinski et al. 2024, arXiv:2409.13740): taken over with this project's plan, not found again
# in the paper.
LOWEST, HIGHEST = 0.3, 2.3
SOURCE = "Skarlinski et al. 2024, arXiv:2409.13740"
CHEAPEST, DEAREST = "PaperQA2, lowest", "PaperQA2, highest"
COUNTED, GUESSED = "prompt, tokenizer", "prompt, words × 1.3"


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in USD per million tokens, and the most tokens that an answer may have."""

    input: float
    output: float
    cap: int

    def once(self, prompt: float) -> float:
        """Give the USD of one call: a prompt of so many tokens, and an answer as long as may be."""
        return (prompt * self.input + self.cap * self.output) / MILLION

    def twice(self, prompt: float) -> float:
        """Give the USD where the answer is written again: that prompt holds the draft, and what is wrong with it, too."""
        return self.once(prompt) + self.once(prompt + 2 * self.cap)


class NotingLLM(MockLLM):
    """Keeps the prompts that it is given, and answers none."""

    _prompts: list[str] = PrivateAttr(default_factory=list)

    @property
    def prompts(self) -> list[str]:
        """Give the prompts so far, system and user part together."""
        return self._prompts

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:  # noqa: ANN401 (as in the base)
        """Keep the prompt and say that the evidence does not answer."""
        self._prompts.append("\n".join(message.content or "" for message in messages))
        return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=REFUSAL))


def prompts(library: Library, questions: Sequence[str], told: Told) -> list[str]:
    """Ask questions with the direct strategy, and give the prompts that a model would be sent."""
    settings: Settings = Settings.model_construct()  # the defaults, whatever the environment says
    noting = NotingLLM(max_tokens=None)
    assistant = Assistant(library, settings, llm=noting)
    for number, question in enumerate(questions, start=1):
        assistant.ask(question)
        told("Writing prompts", number, len(questions))
    if not noting.prompts:
        raise SuiteError("No question reached the model: each was refused before. Ask more with --questions.")
    return noting.prompts


def measure(recorder: Recorder, sent: Sequence[str], asked: int, prices: Prices) -> list[str]:
    """Keep the tokens and the costs of prompts; gives the steps of the arithmetic, a line each, for the median prompt."""
    counted = [len(ids) for ids in tokens(tokenizer(TOKENIZER), sent)]
    words = [len(text.split()) for text in sent]
    at = f"at {prices.input:g} + {prices.output:g} USD/M"
    once, twice = f"one call {at}", f"two calls {at}"
    recorder.published("cost", CHEAPEST, "USD", LOWEST)
    recorder.published("cost", DEAREST, "USD", HIGHEST)
    figures = [Figure(COUNTED, unit="tokens"), Figure(GUESSED, COUNTED, "tokens")]
    figures += [Figure(once, CHEAPEST, "USD"), Figure(twice, CHEAPEST, "USD")]
    with recorder.series("cost", *figures) as samples:
        for number, of_prompt in zip(counted, words, strict=True):
            samples.note(COUNTED, number, "tokens")
            samples.note(GUESSED, of_prompt * TOKENS_A_WORD, "tokens")
            samples.note(once, prices.once(number), "USD")
            samples.note(twice, prices.twice(number), "USD")
    return steps(statistics.median(counted), statistics.median(words), len(sent), asked, prices)


def steps(prompt: float, words: float, sent: int, asked: int, prices: Prices) -> list[str]:
    """Write the arithmetic out, from the median prompt's tokens and words to the ratio."""
    once, twice = prices.once(prompt), prices.twice(prompt)
    return [
        f"{sent} of {asked} questions reach the model; the others are refused before it, and cost nothing.",
        f"The median prompt has {prompt:,g} tokens by the packaged tokenizer, an approximation: each model counts with its"
        f" own. Its {words:,g} words × {TOKENS_A_WORD} would be {words * TOKENS_A_WORD:,.0f}.",
        f"An answer has {prices.cap:,} tokens at the most (VOUCHED_MAX_TOKENS); most are shorter.",
        f"In: {prompt:,g} × {prices.input:g} / {MILLION:,} = {prompt * prices.input / MILLION:.5f} USD.",
        f"Out: {prices.cap:,} × {prices.output:g} / {MILLION:,} = {prices.cap * prices.output / MILLION:.5f} USD.",
        f"One call: {once:.5f} USD a question.",
        f"Where the answer is written again, the second prompt holds about {2 * prices.cap:,} tokens more (the draft, and"
        f" what is wrong with it), and both calls together cost {twice:.5f} USD.",
        f"PaperQA2, as published, costs {LOWEST:g} to {HIGHEST:g} USD a question ({SOURCE}). It searches and reads whole"
        " papers, with the models and prices of 2024: another task, so this compares what is spent, not what is got.",
        f"Ratio to its lowest: {_ratio(once, LOWEST)}; with two calls: {_ratio(twice, LOWEST)}.",
        f"Ratio to its highest: {_ratio(once, HIGHEST)}; with two calls: {_ratio(twice, HIGHEST)}.",
    ]


def _ratio(ours: float, theirs: float) -> str:
    return f"{ours:.5f} / {theirs:g} = {ours / theirs:.4f}" + (f", or 1 / {theirs / ours:,.0f}" if ours else "")
