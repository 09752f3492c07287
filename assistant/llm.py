"""The language model: any OpenAI-compatible server, through LlamaIndex's OpenAI-like LLM and the ``openai`` client.

The client's own retries apply (429, 5xx and lost connections, honouring Retry-After). Whatever fails in the end becomes
an `LLMError` that says what to do. A model in this process is another LlamaIndex LLM: `assistant.local`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from assistant.answer import Usage
from assistant.call_cache import CallCache, Kept, call_cache, call_key
from assistant.deadline import Late, until
from assistant.errors import LLMError
from assistant.settings import Settings
from prompts import Prompt

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse
    from llama_index.core.llms.llm import LLM

OPENAI = "https://api.openai.com/v1"
NO_KEY = "none"  # the client insists on one, a local server does not
WITHOUT = "use --llm extractive, which needs none"
CONNECT_S = 10.0
MAX_TEXT = 200_000  # characters; no answer is as long, and what never ends would fill the memory

_formless: set[str] = set()  # servers, with the model, that refused to hold it to a schema


class FormRefused(LLMError):  # noqa: N818 (it is caught where it is raised, and no error that a user reads)
    """The server does not hold its model to a schema."""


@dataclass(frozen=True, slots=True)
class Draw:
    """How one of several texts for the same prompt is drawn. Without, the likeliest is written."""

    temperature: float
    seed: int


@dataclass(slots=True)
class Meter:
    """Counts what the calls for one answer used, as the server reports it.

    ``prices`` are US dollars per million tokens, of prompts and of answers; ``cached`` the calls that were not made.
    """

    model: str
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prices: tuple[float, float] | None = None
    cached: int = 0

    def add(self, raw: Any) -> None:  # noqa: ANN401 (each server's own response object)
        """Add the usage of one response, where it has one."""
        usage = _field(raw, "usage")
        self.prompt_tokens += int(_field(usage, "prompt_tokens") or 0)
        self.completion_tokens += int(_field(usage, "completion_tokens") or 0)

    def usage(self) -> Usage:
        """Sum it up."""
        return Usage(self.model, self.calls, self.prompt_tokens, self.completion_tokens, self._cost(), self.cached)

    def _cost(self) -> float | None:
        if not self.calls:
            return 0.0
        if self.prices is None or (any(self.prices) and not self.prompt_tokens):  # the server did not say how many
            return None
        of_prompts, of_answers = self.prices
        return (self.prompt_tokens * of_prompts + self.completion_tokens * of_answers) / 1e6


def _field(raw: Any, name: str) -> Any:  # noqa: ANN401 (as `Meter.add`)
    return raw.get(name) if isinstance(raw, dict) else getattr(raw, name, None)


@dataclass
class Writer:
    """A LlamaIndex LLM that writes text for prompts. ``streaming`` yields pieces as they come, else the whole.

    ``cache`` keeps what it wrote. ``deadline_s`` is the time for all that it writes, from when the writer is made.
    ``structured`` lets a server of the OpenAI protocol be given a schema. No more than ``at_once`` calls of this process
    are under way at one model; the others wait.
    """

    llm: LLM
    streaming: bool = False
    cache: CallCache | None = None
    deadline_s: float | None = None
    prices: tuple[float, float] | None = None
    structured: bool = False
    at_once: int | None = None
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        """Start a meter for the model, and the clock."""
        self.meter = Meter(self.llm.metadata.model_name, prices=self.prices)
        self._end = None if self.deadline_s is None else time.monotonic() + self.deadline_s

    @property
    def holds_form(self) -> bool:
        """Tell whether the model can be held to a schema, as far as is known."""
        from llama_index.llms.openai import OpenAI

        return self.structured and isinstance(self.llm, OpenAI) and self._name not in _formless

    def write(self, prompt: Prompt, *, schema: dict[str, Any] | None = None, draw: Draw | None = None) -> Iterator[str]:
        """Yield the model's text for a prompt, an object of ``schema`` if given; ``draw`` is for models that can sample.

        Raises:
            FormRefused: the server takes no schema; ask without.
            LLMError: the model failed.
        """
        options = self._asked(schema, draw)
        key = self._key(prompt, options) if self.cache else ""
        kept = self.cache.get(key) if self.cache else None
        if kept is not None:
            self.meter.cached += 1
            yield kept.text
            return
        where, text = _where(self.llm), ""
        before = self.meter.prompt_tokens, self.meter.completion_tokens
        with explained(where, getattr(self.llm, "api_key", None)), self._in_time(where), self._in_form(schema):
            made = self._pieces(_messages(prompt), options)
            with closing(made if self._end is None else until(self._end, made)) as pieces:
                for piece in pieces:
                    text += piece
                    if len(text) > MAX_TEXT:
                        raise LLMError(f"{where} does not stop: it wrote more than {MAX_TEXT:,} characters; {WITHOUT}.")
                    yield piece
        if not text.strip():
            raise LLMError(f"{where} sent an empty answer. Try again, name another model with --model, or {WITHOUT}.")
        if self.cache:
            used = self.meter.prompt_tokens - before[0], self.meter.completion_tokens - before[1]
            self.cache.put(key, Kept(text, *used))

    @property
    def _name(self) -> str:
        return getattr(self.llm, "identity", None) or f"{self.meter.model} at {_where(self.llm)}"

    def _key(self, prompt: Prompt, options: dict[str, Any]) -> str:
        names = ("temperature", "max_tokens", "additional_kwargs")
        return call_key(self._name, prompt, {**{name: getattr(self.llm, name, None) for name in names}, **options})

    def _asked(self, schema: dict[str, Any] | None, draw: Draw | None) -> dict[str, Any]:
        """Give a call's options in the words of the protocol; models of another make may take none."""
        from llama_index.llms.openai import OpenAI

        from assistant.local import LocalLLM

        options: dict[str, Any] = {}
        if draw is not None and isinstance(self.llm, OpenAI | LocalLLM):
            options |= asdict(draw)
        if schema is not None:
            form = {"name": "answer", "strict": True, "schema": schema}
            options["response_format"] = {"type": "json_schema", "json_schema": form}
        return options

    @contextmanager
    def _in_form(self, schema: dict[str, Any] | None) -> Iterator[None]:
        """Remember a server that refuses a schema. Its refusal costs nothing, and counts as no call."""
        import openai

        try:
            yield
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            if schema is None:
                raise
            _formless.add(self._name)
            self.meter.calls -= 1
            raise FormRefused(str(error)) from error

    @contextmanager
    def _in_time(self, where: str) -> Iterator[None]:
        try:
            yield
        except Late as late:
            raise LLMError(
                f"{where} did not finish within {self.deadline_s:g} s. Try again, raise VOUCHED_DEADLINE_S, or {WITHOUT}."
            ) from late

    def _pieces(self, messages: list[ChatMessage], asked: dict[str, Any]) -> Generator[str, None, None]:
        with _turn(self._name, self.at_once) if self.at_once else nullcontext():
            wrote = False
            if self.streaming:
                for piece in self._stream(messages, asked):
                    wrote = wrote or not piece.isspace()
                    yield piece
            if not wrote:  # also when a server that cannot stream answered a streaming call with nothing
                self.meter.calls += 1
                response = self.llm.chat(messages, **asked, **self._options())
                self.meter.add(response.raw)
                yield response.message.content or ""

    def _stream(self, messages: list[ChatMessage], asked: dict[str, Any]) -> Iterator[str]:
        from llama_index.llms.openai import OpenAI

        self.meter.calls += 1
        last: ChatResponse | None = None
        # other protocols report the usage unasked, or know no such option
        options: dict[str, Any] = {"stream_options": {"include_usage": True}} if isinstance(self.llm, OpenAI) else {}
        for last in self.llm.stream_chat(messages, **asked, **options, **self._options()):
            if last.delta:
                yield last.delta
        if last is not None:
            self.meter.add(last.raw)

    def _options(self) -> dict[str, Any]:
        """Have the client hang up soon after the time is over: until then the server computes for nobody."""
        import httpx
        from llama_index.llms.openai import OpenAI

        if self._end is None or not isinstance(self.llm, OpenAI):
            return {}
        seconds = min(self.llm.timeout, max(0.0, self._end - time.monotonic()) + 1.0)
        return {"timeout": httpx.Timeout(seconds, connect=min(CONNECT_S, seconds))}


@cache
def _turn(_model: str, at_once: int) -> BoundedSemaphore:
    """Give what lets no more calls of this process than these go to one model."""
    return BoundedSemaphore(at_once)


def _messages(prompt: Prompt) -> list[ChatMessage]:
    from llama_index.core.base.llms.types import ChatMessage, MessageRole

    return [
        ChatMessage(role=MessageRole.SYSTEM, content=prompt.system),
        ChatMessage(role=MessageRole.USER, content=prompt.user),
    ]


def _where(llm: LLM) -> str:
    """Name the model's place in an error: its address, or whose it is."""
    address = getattr(llm, "api_base", None) or getattr(llm, "base_url", None)
    return _at(str(address)) if address else f"The language model {llm.metadata.model_name} ({llm.class_name()})"


def _at(address: str) -> str:
    return f"The language model at {public(address)}"


def public(address: str) -> str:
    """Give an address without the password that it may hold."""
    return re.sub(r"//[^/@]*@", "//", address)


def is_configured(settings: Settings) -> bool:
    """Tell whether the user asked for a server. A key alone is no request: it may be there for other programs."""
    return bool(settings.model or settings.openai_base_url)


def open_writer(settings: Settings, llm: LLM | None, *, streaming: bool) -> Writer:
    """Take the model at hand, or the one of the settings, to write one answer with. Raises LLMError."""
    from assistant.local import LocalLLM

    chosen = llm or load_llm(settings)
    local = isinstance(chosen, LocalLLM)
    given = settings.input_price, settings.output_price
    prices = (given[0], given[1]) if given[0] is not None and given[1] is not None else (0.0, 0.0) if local else None
    # What a model that was handed over would answer depends on more than can be seen of it.
    cache = call_cache() if settings.cache_calls and llm is None else None
    # A local model that streams stops with the next token when its time is over, and else goes on for nobody.
    return Writer(
        chosen, streaming or local, cache, settings.deadline_s, prices, settings.structured, settings.calls_at_once
    )


def load_llm(settings: Settings) -> LLM:
    """Connect to the server that the settings name, or load their local model.

    Raises:
        LLMError: they name none, or no model can be chosen; the local model is not there.
    """
    if settings.llm == "local":
        from assistant.local import load_local

        return load_local(settings)
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
            timeout=httpx.Timeout(settings.timeout_s, connect=min(CONNECT_S, settings.timeout_s)),
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
        context_window=settings.context_tokens,
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
