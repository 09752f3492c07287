"""A model in this process as a LlamaIndex LLM: one text at a time, ended when nobody waits for it any more."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from pydantic import PrivateAttr

from assistant.errors import LLMError

Messages = list[dict[str, str]]  # {"role", "content"}


@dataclass(frozen=True, slots=True)
class How:
    """How a text is written: at most so many tokens; at temperature 0 the likeliest, else one drawn with the seed."""

    most: int
    temperature: float = 0.0
    seed: int = 0


class Engine(ABC):
    """What computes: weights and a tokenizer, loaded.

    ``window`` is its context in tokens; ``identity`` tells its texts from those of any other model or file.
    """

    def __init__(self, name: str, window: int, identity: str) -> None:
        """Name it."""
        self.name, self.window, self.identity = name, window, identity
        self.turn = Lock()  # one text at a time: two would share the cores, and the slower one's user would wait as long

    @abstractmethod
    def write(
        self, messages: Messages, how: How, emit: Callable[[str], None], stopped: Callable[[], bool]
    ) -> tuple[int, int]:
        """Write an answer, each piece given to ``emit``, until ``stopped``.

        Returns:
            The tokens of the prompt and those of the answer.
        """


class LocalLLM(CustomLLM):
    """A LlamaIndex LLM on an `Engine`. At temperature 0, unless a call says another, the same prompt gives the same text."""

    max_tokens: int = 400
    _engine: Engine = PrivateAttr()

    def __init__(self, engine: Engine, max_tokens: int, **data: Any) -> None:  # noqa: ANN401 (the fields)
        """Write with an engine, at most so many tokens."""
        super().__init__(max_tokens=max_tokens, **data)
        self._engine = engine

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex stores this class."""
        return "LocalLLM"

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex wants to know of a model."""
        engine = self._engine
        return LLMMetadata(
            model_name=engine.name, context_window=engine.window, num_output=self.max_tokens, is_chat_model=True
        )

    @property
    def identity(self) -> str:
        """Tell this model's texts from those of any other model or file."""
        return self._engine.identity

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **options: Any) -> ChatResponse:  # noqa: ANN401 (LlamaIndex's)
        """Answer messages. Raises LLMError."""
        *_, last = self._responses(_plain(messages), options)
        return last

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **options: Any) -> ChatResponseGen:  # noqa: ANN401 (as chat)
        """Answer messages, piece by piece; the last response has the usage. Raises LLMError."""
        return self._responses(_plain(messages), options)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **options: Any) -> CompletionResponse:  # noqa: ANN401 (as chat)
        """Answer a prompt, as a user's message. Raises LLMError."""
        *_, last = self._responses([{"role": "user", "content": prompt}], options)
        return CompletionResponse(text=last.message.content or "", raw=last.raw)

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **options: Any) -> CompletionResponseGen:  # noqa: ANN401 (as chat)
        """Answer a prompt, as a user's message, piece by piece. Raises LLMError."""
        responses = self._responses([{"role": "user", "content": prompt}], options)
        return (CompletionResponse(text=r.message.content or "", delta=r.delta, raw=r.raw) for r in responses)

    def _responses(self, messages: Messages, options: dict[str, Any]) -> Generator[ChatResponse, None, None]:
        """Yield the answer so far after each piece, and once more in the end, with the usage."""
        text, usage = "", None
        drawn = float(options.get("temperature") or 0.0), int(options.get("seed") or 0)
        with closing(self._pieces(messages, How(int(options.get("max_tokens") or self.max_tokens), *drawn))) as pieces:
            for piece in pieces:
                if isinstance(piece, tuple):
                    usage = {"usage": {"prompt_tokens": piece[0], "completion_tokens": piece[1]}}
                else:
                    text += piece
                said = ChatMessage(role=MessageRole.ASSISTANT, content=text)
                yield ChatResponse(message=said, delta="" if isinstance(piece, tuple) else piece, raw=usage)

    def _pieces(self, messages: Messages, how: How) -> Generator[str | tuple[int, int], None, None]:
        """Yield the pieces, and last the tokens used; closed early, the engine is told to stop."""
        made: SimpleQueue[str | tuple[int, int] | Exception] = SimpleQueue()
        stop, engine = Event(), self._engine

        def work() -> None:
            try:
                with engine.turn:
                    made.put((0, 0) if stop.is_set() else engine.write(messages, how, made.put, stop.is_set))
            except Exception as error:  # noqa: BLE001 (raised below, where it is waited for)
                made.put(error)

        # No daemon: at exit an engine must not be torn down while it computes. It stops with the next token.
        Thread(target=work, name="vouched-local-llm").start()
        try:
            while True:
                piece = made.get()
                if isinstance(piece, LLMError):
                    raise piece
                if isinstance(piece, Exception):
                    said = " ".join((str(piece) or type(piece).__name__).split())[:200]
                    raise LLMError(
                        f"The local model {engine.name} failed ({said}). Name another with --model, or use --llm extractive."
                    ) from piece
                yield piece
                if isinstance(piece, tuple):
                    return
        finally:
            stop.set()


def _plain(messages: Sequence[ChatMessage]) -> Messages:
    return [{"role": message.role.value, "content": message.content or ""} for message in messages]
