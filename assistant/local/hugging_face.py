"""Any causal language model of Hugging Face, by folder or name, on transformers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.errors import LLMError
from assistant.local.llm import Engine, How, Messages
from ingestion.embedding import downloads_allowed


class CausalLM(Engine):
    """``AutoModelForCausalLM`` with the model's chat template, on a GPU where there is one. No code of a model is run."""

    def __init__(self, name: str, context_tokens: int, *, allow_downloads: bool | None = None) -> None:
        """Load a model.

        Args:
            name: its folder, or its Hugging Face name if it is on this machine or may be fetched.
            context_tokens: its window, where it does not say.
            allow_downloads: may it be fetched? The variable VOUCHED_ALLOW_DOWNLOADS says when absent.

        Raises:
            LLMError: it is not on this machine, or cannot be loaded.
            ImportError: transformers or torch is not installed.
        """
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers' own
        allowed = downloads_allowed() if allow_downloads is None else allow_downloads
        options: dict[str, Any] = {"local_files_only": not allowed, "trust_remote_code": False}
        try:
            with _offline_unless(allowed):
                self._tokenizer: Any = AutoTokenizer.from_pretrained(name, **options)
                model: Any = AutoModelForCausalLM.from_pretrained(name, dtype="auto", **options)
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:  # what damaged and foreign files raise
            raise LLMError(
                f"The local model {name} cannot be loaded ({str(error).partition(chr(10))[0][:200]}). Name a folder with"
                " a causal language model, a GGUF file (….gguf), or set VOUCHED_ALLOW_DOWNLOADS=1 to fetch one from Hugging"
                " Face by its name."
            ) from error
        self._model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        config = self._model.config.get_text_config()
        window = int(getattr(config, "max_position_embeddings", 0) or context_tokens)
        path = Path(name)
        version = _fingerprint(path) if path.is_dir() else getattr(self._model.config, "_commit_hash", None)
        super().__init__(path.name if path.is_dir() else name, window, f"{name} {version}")

    def write(
        self, messages: Messages, how: How, emit: Callable[[str], None], stopped: Callable[[], bool]
    ) -> tuple[int, int]:
        """Write an answer, see `Engine`. Raises LLMError."""
        import torch
        from transformers import StoppingCriteria, StoppingCriteriaList, TextStreamer

        class Emitting(TextStreamer):
            def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
                if text:
                    emit(text)

        class Stopping(StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:  # noqa: ANN401 (tensors)
                return torch.full((input_ids.shape[0],), stopped(), dtype=torch.bool, device=input_ids.device)

        inputs = self._tokenizer(self._prompt(messages), return_tensors="pt", add_special_tokens=self._plain)
        ids = inputs["input_ids"].to(self._model.device)
        if ids.shape[1] + how.most > self.window:
            raise LLMError(
                f"The prompt has {ids.shape[1]} tokens; the local model {self.name} takes {self.window}, of which {how.most}"
                " are for the answer. Lower VOUCHED_PROMPT_TOKENS or VOUCHED_MAX_TOKENS, or name another with --model."
            )
        drawn = how.temperature > 0
        with torch.inference_mode(), torch.random.fork_rng():  # the seed is this text's, not the program's
            torch.manual_seed(how.seed)
            written = self._model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=how.most,
                do_sample=drawn,
                num_beams=1,
                temperature=how.temperature if drawn else None,  # not those that a model comes with
                top_p=None,
                top_k=None,
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id or 0,
                streamer=Emitting(self._tokenizer, skip_prompt=True, skip_special_tokens=True),
                stopping_criteria=StoppingCriteriaList([Stopping()]),
            )
        return int(ids.shape[1]), int(written.shape[1] - ids.shape[1])

    @property
    def _plain(self) -> bool:
        """Tell whether the model has no form of its own for a conversation."""
        return not self._tokenizer.chat_template

    def _prompt(self, messages: Messages) -> str:
        if self._plain:
            return "\n\n".join([*(message["content"] for message in messages), "Answer:"])
        from jinja2 import TemplateError

        try:
            return self._templated(messages)
        except TemplateError:  # some models know no system message
            together = "\n\n".join(message["content"] for message in messages)
            return self._templated([{"role": "user", "content": together}])

    def _templated(self, messages: Messages) -> str:
        return str(self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))


@contextmanager
def _offline_unless(allowed: bool) -> Iterator[None]:
    """Keep the hub's library from asking its server anything, which ``local_files_only`` alone does not."""
    from huggingface_hub import constants

    offline, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE or not allowed
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = offline


def _fingerprint(folder: Path) -> str:
    """Tell a folder's state by its files' names, sizes and times."""
    files = sorted((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in folder.iterdir() if file.is_file())
    return hashlib.sha256(repr(files).encode()).hexdigest()[:16]
