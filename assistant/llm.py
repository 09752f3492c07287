"""The language model: any OpenAI-compatible server, through LlamaIndex's OpenAI-like LLM and the ``openai`` client.

The client's own retries apply (429, 5xx and lost connections, honouring Retry-After). Whatever fails in the end becomes
an `LLMError` that says what to do.
"""

from __future__ import annotations

import re
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
NO_KEY = "none"  # the client insists on one, a local server does not
WITHOUT = "use --llm extractive, which needs none"


@dataclass(slots=True)
class Meter:
    """Counts what the calls for one answer used, as the server reports it."""

    model: str
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, raw: Any) -> None:  # noqa: ANN401 (each server's own response object)
        """Add the usage of one response, where it has one."""
        usage = _field(raw, "usage")
        self.prompt_tokens += int(_field(usage, "prompt_tokens") or 0)
        self.completion_tokens += int(_field(usage, "completion_tokens") or 0)

    def usage(self) -> Usage:
        """Sum it up; what the tokens cost is not known."""
        return Usage(self.model, self.calls, self.prompt_tokens, self.completion_tokens, None)


def _field(raw: Any, name: str) -> Any:  # noqa: ANN401 (as `Meter.add`)
    return raw.get(name) if isinstance(raw, dict) else getattr(raw, name, None)


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
        where, key = _where(self.llm), getattr(self.llm, "api_key", None)
        with explained(where, key):
            if self.streaming:
                for piece in self._stream(messages):
                    wrote = wrote or not piece.isspace()
                    yield piece
            if not wrote:  # also when a server that cannot stream answered a streaming call with nothing
                self.meter.calls += 1
                response = self.llm.chat(messages)
                self.meter.add(response.raw)
                wrote = bool((response.message.content or "").strip())
                yield response.message.content or ""
        if not wrote:
            raise LLMError(f"{where} sent an empty answer. Try again, name another model with --model, or {WITHOUT}.")

    def _stream(self, messages: list[ChatMessage]) -> Iterator[str]:
        from llama_index.llms.openai import OpenAI

        self.meter.calls += 1
        last: ChatResponse | None = None
        # other protocols report the usage unasked, or know no such option
        options: dict[str, Any] = {"stream_options": {"include_usage": True}} if isinstance(self.llm, OpenAI) else {}
        for last in self.llm.stream_chat(messages, **options):
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


def _where(llm: LLM) -> str:
    """Name the model's place in an error: its address, or whose it is."""
    address = getattr(llm, "api_base", None) or getattr(llm, "base_url", None)
    return _at(str(address)) if address else f"The language model {llm.class_name()}"


def _at(address: str) -> str:
    return f"The language model at {public(address)}"


def public(address: str) -> str:
    """Give an address without the password that it may hold."""
    return re.sub(r"//[^/@]*@", "//", address)


def is_configured(settings: Settings) -> bool:
    """Tell whether the user asked for a server. A key alone is no request: it may be there for other programs."""
    return bool(settings.model or settings.openai_base_url)


def load_llm(settings: Settings) -> LLM:
    """Connect to the server that the settings name. Raises LLMError when they name none, or no model can be chosen."""
    import httpx
    import openai
    from llama_index.llms.openai_like import OpenAILike

    base_url = settings.openai_base_url or OPENAI
    key = settings.openai_api_key.get_secret_value().strip() if settings.openai_api_key else ""
    if not key and base_url == OPENAI:
        raise LLMError(
            "No language model is set up. Set OPENAI_BASE_URL to a server's address (and OPENAI_API_KEY if it wants one),"
            f" set OPENAI_API_KEY for OpenAI's own, or {WITHOUT}."
        )
    with explained(_at(base_url), key):
        client = openai.OpenAI(
            api_key=key or NO_KEY,
            base_url=base_url,
            timeout=httpx.Timeout(settings.timeout_s, connect=min(10.0, settings.timeout_s)),
            max_retries=settings.max_retries,
        )
        model = settings.model or _only_model(client)
    llm: LLM = OpenAILike(
        model=model,
        api_base=base_url,
        api_key=key or NO_KEY,
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
    names = [str(model.id) for model in client.models.list()]
    if len(names) == 1:
        return names[0]
    server, offered = public(str(client.base_url)), ", ".join(sorted(names)[:12]) or "none"
    raise LLMError(f"Name a model with --model or VOUCHED_MODEL. The server {server} offers: {offered}.")


@contextmanager
def explained(where: str, key: str | None = None) -> Iterator[None]:
    """Turn whatever fails into an LLMError that says where, and what to do, and never the key."""
    try:
        yield
    except LLMError:
        raise
    except Exception as error:  # LlamaIndex's LLMs share no class of errors
        said = " ".join((str(error) or type(error).__name__).split())
        if key and key != NO_KEY:
            said = said.replace(key, "***")  # some servers quote the key that they refuse
        raise LLMError(f"{where} {_remedy(error)}; or {WITHOUT}. ({said[:200]})") from error


def _remedy(error: Exception) -> str:
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
        ((httpx.InvalidURL,), "has no such address. Set OPENAI_BASE_URL to one such as http://127.0.0.1:8080/v1"),
        ((httpx.HTTPError,), "broke off in the middle of its answer. Try again"),
        (
            # what the client and LlamaIndex raise when a response is not of the protocol's form
            (ValueError, KeyError, TypeError, IndexError, AttributeError),
            "sent something that is not of the OpenAI protocol. Check OPENAI_BASE_URL, which often ends in /v1",
        ),
    )
    return next((remedy for kinds, remedy in remedies if isinstance(error, kinds)), "failed. Try again")
