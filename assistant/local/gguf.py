"""A GGUF file on llama.cpp, through the wheels of xllamacpp, without compiling anything."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant.errors import LLMError
from assistant.local.llm import Engine, How, Messages

MAGIC = b"GGUF"


class GGUF(Engine):
    """llama.cpp's server, spoken to in this process.

    It cannot but listen as well: on a free port of the loopback address, with a key that nobody is told.
    """

    def __init__(self, path: Path, context_tokens: int) -> None:
        """Load a file, with no more context than this: memory is set aside for all of it. Raises LLMError, ImportError."""
        try:
            with path.open("rb") as file:
                begins, about = file.read(len(MAGIC)), os.fstat(file.fileno())
        except OSError as error:
            raise LLMError(f"The model {path} cannot be read: {error.strerror}. Name a GGUF file with --model.") from error
        if begins != MAGIC:
            raise LLMError(f"{path} is no GGUF file. Name one with --model.")
        import xllamacpp

        params, key = xllamacpp.CommonParams(), secrets.token_urlsafe()
        params.model.path, params.model_alias = str(path), {path.stem}
        params.n_ctx, params.n_parallel = context_tokens, 1
        # Half: two threads of one core only wait for each other, and so do all where another program has a core.
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, _cores() // 2)
        params.port, params.api_keys = 0, [key]
        params.ui = params.endpoint_slots = params.warmup = False
        params.offline, params.verbosity = True, 0
        params.cache_ram_mib = 0  # it would keep gigabytes of prompts
        try:
            self._server = xllamacpp.Server(params)
        except RuntimeError as error:
            raise LLMError(f"llama.cpp cannot load {path}: it is damaged, too large, or too new ({error})") from error
        window = _window(self._server.listening_address, key) or context_tokens
        super().__init__(path.stem, window, f"{path.name} {about.st_size} {about.st_mtime_ns}")

    def write(
        self, messages: Messages, how: How, emit: Callable[[str], None], stopped: Callable[[], bool]
    ) -> tuple[int, int]:
        """Write an answer, see `Engine`. Raises LLMError."""
        last: dict[str, Any] = {}

        def take(chunk: dict[str, Any]) -> bool:
            last.update({name: chunk[name] for name in ("usage", "error") if name in chunk})
            for choice in chunk.get("choices") or ():
                if piece := choice["delta"].get("content"):
                    emit(piece)
            return stopped()

        request = {
            "messages": messages,
            "max_tokens": how.most,
            "temperature": how.temperature,
            "seed": how.seed,
            "cache_prompt": False,  # with it the text would depend on what was asked before, by a rounding
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        self._server.handle_chat_completions(request, take)
        if "error" in last:
            raise LLMError(
                f"The local model {self.name} refused: {last['error'].get('message')}. If it is about the context, raise"
                " VOUCHED_CONTEXT_TOKENS or lower VOUCHED_PROMPT_TOKENS; or name another with --model, or use --llm"
                " extractive."
            )
        usage = last.get("usage") or {}
        return int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)


def _window(address: str, key: str) -> int:
    """Ask what the context came to, which is no more than the model was trained with; 0 where it is not said."""
    import httpx

    try:  # past any proxy
        with httpx.Client(trust_env=False, timeout=10.0) as client:
            said = client.get(f"{address}/props", headers={"authorization": f"Bearer {key}"}).json()
        return int(said["default_generation_settings"]["n_ctx"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        return 0


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
