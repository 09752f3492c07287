"""How long a prompt may be: evidence that finds no room is left out, the weakest first, and the answer says so."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from assistant.answer import Evidence
from assistant.errors import LLMError
from assistant.settings import Settings
from prompts import Prompt

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import LLMMetadata

# Tokens are counted with the packaged tokenizer, whose vocabulary is not the model's. Measured on the sample page's
# abstracts with SmolLM2's: 0.96 of its tokens for one of ours, 1.03 at most.
MARGIN = 1.25
BYTES_A_TOKEN = 1.5  # of what is not ASCII: our tokenizer takes a whole word of most scripts for one unknown token
FORM_TOKENS = 32  # the marks between system, user and answer


def tokens_of(prompt: Prompt) -> int:
    """Estimate the tokens of a prompt for any model, rather too many than too few."""
    from assistant.packing import MAX_CHARACTERS, tokenizer, tokens
    from ingestion.embedding import PACKAGED_FOLDER

    text = f"{prompt.system}\n{prompt.user}"
    parts = [text[start : start + MAX_CHARACTERS] for start in range(0, len(text), MAX_CHARACTERS)]
    pieces = sum(map(len, tokens(tokenizer(PACKAGED_FOLDER / "tokenizer.json"), parts)))
    foreign = sum(len(character.encode("utf-8", "replace")) for character in text if not character.isascii())
    return FORM_TOKENS + math.ceil(MARGIN * pieces + foreign / BYTES_A_TOKEN)


def room_for(settings: Settings, metadata: LLMMetadata) -> int:
    """Give the tokens that a prompt may have: what the settings allow, and what the model's window leaves for it."""
    from llama_index.core.constants import DEFAULT_CONTEXT_WINDOW

    known = metadata.context_window > 0 and metadata.context_window != DEFAULT_CONTEXT_WINDOW
    window = metadata.context_window if known else settings.context_tokens
    return min(settings.prompt_tokens, window - settings.max_tokens)


def fitted(
    evidence: Sequence[Evidence], room: int, prompt_of: Callable[[Sequence[Evidence]], Prompt]
) -> tuple[Prompt, list[Evidence]]:
    """Leave out the weakest evidence until the prompt has no more than so many tokens; the rest keeps order and numbers.

    Raises:
        LLMError: not even the best piece finds room.
    """
    shown = list(evidence)
    weakest = sorted(evidence, key=lambda item: (item.score, -item.number))
    while (needed := tokens_of(prompt := prompt_of(shown))) > room:
        if len(shown) <= 1:
            raise LLMError(
                f"The prompt needs some {needed} tokens with no more than one sentence of evidence, and may have {room}."
                " Ask a shorter question, lower VOUCHED_MAX_TOKENS, raise VOUCHED_CONTEXT_TOKENS if the model's window is"
                " larger, or raise VOUCHED_PROMPT_TOKENS; or use --llm extractive, which needs none."
            )
        shown.remove(weakest.pop(0))
    return prompt, shown
