"""The language model: any OpenAI-compatible server, through LlamaIndex's OpenAI-like LLM and the ``openai`` client.

The client's own retries apply (429, 5xx and lost connections, honouring Retry-After). Whatever fails in the end becomes
an `LLMError` that says what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.answer import Usage
from assistant.errors import LLMError
from assistant.settings import Settings
from prompts import Prompt

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse
    from llama_index.core.llms.llm import LLM

OPENAI = "https://api.openai.com/v1"


@dataclass(slots=True)
class Meter:
    """Counts what the calls for one answer used, as the server reports it."""

    model: str
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, raw: Any) -> None:  # noqa: ANN401 (each server's own response object)
        """Add the usage of one response, where it has one."""
        usage = getattr(raw, "usage", None)
        self.prompt_tokens += getattr(usage, "prompt_tokens", None) or 0
        self.completion_tokens += getattr(usage, "completion_tokens", None) or 0

    def usage(self) -> Usage:
        """Sum it up; what the tokens cost is not known."""
        return Usage(self.model, self.calls, self.prompt_tokens, self.completion_tokens, None)


@dataclass
class Writer:
    """A LlamaIndex LLM that writes text for prompts. ``streaming`` yields pieces as they come, else the whole."""

    llm: LLM
    streaming: bool = False
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        """Start a meter for the model."""
        self.meter = Meter(self.llm.metadata.model_name)

    def write(self, prompt: Prompt) -> Iterator[str]:
        """Yield the model's text for a prompt. Raises LLMError."""
        messages = _messages(prompt)
        wrote = False
        with explained(self.llm):
            if self.streaming:
                for piece in self._stream(messages):
                    wrote = True
                    yield piece
            if not wrote:  # also when a server that cannot stream answered a streaming call with nothing
                self.meter.calls += 1
                response = self.llm.chat(messages)
                self.meter.add(response.raw)
                wrote = bool((response.message.content or "").strip())
                yield response.message.content or ""
        if not wrote:
            raise LLMError(f"The model {self.meter.model} sent an empty answer. Try again, or name another with --model.")

    def _stream(self, messages: list[ChatMessage]) -> Iterator[str]:
        self.meter.calls += 1
        last: ChatResponse | None = None
        for last in self.llm.stream_chat(messages, stream_options={"include_usage": True}):
            if last.delta:
                yield last.delta
        if last is not None:
            self.meter.add(last.raw)


def _messages(prompt: Prompt) -> list[ChatMessage]:
    from llama_index.core.base.llms.types import ChatMessage, MessageRole

    return [
        ChatMessage(role=MessageRole.SYSTEM, content=prompt.system),
        ChatMessage(role=MessageRole.USER, content=prompt.user),
    ]


def is_configured(settings: Settings) -> bool:
    """Tell whether the user asked for a server. A key alone is no request: it may be there for other programs."""
    return bool(settings.model or settings.openai_base_url)


def load_llm(settings: Settings) -> LLM:
    """Connect to the server that the settings name. Raises LLMError when they name none, or no model can be chosen."""
    import httpx
    import openai
    from llama_index.llms.openai_like import OpenAILike

    base_url = settings.openai_base_url or OPENAI
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    if not key and base_url == OPENAI:
        raise LLMError(
            "No language model is set up. Set OPENAI_BASE_URL to a server's address (and OPENAI_API_KEY if it wants one),"
            " set OPENAI_API_KEY for OpenAI's own, or use --llm extractive, which needs none."
        )
    client = openai.OpenAI(
        api_key=key or "none",  # the client insists on one, a local server does not
        base_url=base_url,
        timeout=httpx.Timeout(settings.timeout_s, connect=min(10.0, settings.timeout_s)),
        max_retries=settings.max_retries,
    )
    llm: LLM = OpenAILike(
        model=settings.model or _only_model(client),
        api_base=base_url,
        api_key=key or "none",
        is_chat_model=True,
        temperature=0.0,
        max_tokens=settings.max_tokens,
        max_retries=0,  # the client retries; twice would be squared
        timeout=settings.timeout_s,
        openai_client=client,
    )
    return llm


def _only_model(client: Any) -> str:  # noqa: ANN401 (openai is imported late)
    """Ask the server which model it has."""
    import openai

    try:
        names = [model.id for model in client.models.list()]
    except openai.OpenAIError as error:
        raise LLMError(_explanation(error, str(client.base_url))) from error
    if len(names) == 1:
        return str(names[0])
    offered = ", ".join(sorted(names)[:12]) or "none"
    raise LLMError(f"Name a model with --model or VOUCHED_MODEL. The server {client.base_url} offers: {offered}.")


@contextmanager
def explained(llm: LLM) -> Iterator[None]:
    """Turn the client's errors into an LLMError that says what to do."""
    import httpx
    import openai

    address = str(getattr(llm, "api_base", "the server"))
    try:
        yield
    except (openai.OpenAIError, httpx.HTTPError) as error:
        raise LLMError(_explanation(error, address)) from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        # what the client and LlamaIndex raise when a response is not of the protocol's form
        raise LLMError(
            f"{address} sent a response that is not of the OpenAI protocol ({error}). Check its address."
        ) from error


def _explanation(error: Exception, address: str) -> str:
    """Say what happened and what to do, by the kind of failure."""
    import httpx
    import openai

    remedies: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
        (
            (openai.APITimeoutError, httpx.TimeoutException),
            "did not answer in time. Try again, or raise VOUCHED_TIMEOUT_S",
        ),
        (
            (openai.AuthenticationError, openai.PermissionDeniedError),
            "refused the key. Set OPENAI_API_KEY to a valid one",
        ),
        ((openai.RateLimitError,), "is refusing requests for now: too many, or no credit (429). Wait, then try again"),
        ((openai.NotFoundError,), "knows no such model or address (404). Check --model and OPENAI_BASE_URL"),
        ((openai.BadRequestError,), "refused the request (400). Check --model, or lower VOUCHED_EVIDENCE"),
        ((openai.InternalServerError,), "failed (5xx). Try again later"),
        ((openai.APIConnectionError,), "cannot be reached. Check OPENAI_BASE_URL and that it runs"),
        ((httpx.HTTPError,), "broke off in the middle of its answer. Try again"),
    )
    for kinds, remedy in remedies:
        if isinstance(error, kinds):
            return f"The language model at {address} {remedy}; or use --llm extractive, which needs none. ({_brief(error)})"
    return f"The language model at {address} failed: {_brief(error)}. Try again, or use --llm extractive."


def _brief(error: Exception) -> str:
    return " ".join((str(error) or type(error).__name__).split())[:200]
