"""Every way in which a server of language models fails: said with a remedy, or answered without a model."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from openai_server import (
    Reply,
    ScriptedServer,
    babbles,
    event,
    fails,
    hangs,
    says,
    scripted_server,
    sends,
    stalls,
    streams,
    writes,
)

from assistant import Answer, Assistant, Settings
from assistant.answer import Delta, Stage
from assistant.errors import LLMError
from ingestion.library import Library

QUESTION = "How does NitroFusion achieve single-step generation?"
KEY = "sk-very-secret"
GOOD = writes("{1} [1]")
TWENTY_MB = b'{"choices": [{"message": {"role": "assistant", "content": "%s"}}]}' % (b"words " * 3_400_000)

BROKEN: dict[str, tuple[Reply, str]] = {  # how the server fails, and a word of the remedy
    "silent": (hangs(), "VOUCHED_TIMEOUT_S"),
    "401": (fails(401, f"Incorrect API key provided: {KEY}"), "OPENAI_API_KEY"),
    "403": (fails(403), "OPENAI_API_KEY"),
    "404": (fails(404), "--model"),
    "429": (fails(429, retry_after="0.01"), "Wait"),
    "400": (fails(400), "VOUCHED_EVIDENCE"),
    "418": (fails(418), "Try again"),
    "500": (fails(500), "Try again"),
    "empty text": (says(""), "--model"),
    "null text": (says(None), "--model"),
    "blank text": (says("\n \n"), "--model"),
    "not JSON": (sends(b"{oops"), "OPENAI_BASE_URL"),
    "a web page": (sends(b"<html>Welcome</html>", "text/html"), "OPENAI_BASE_URL"),
    "no choices": (sends(b'{"ok": true}'), "OPENAI_BASE_URL"),
    "choices empty": (sends(b'{"choices": []}'), "OPENAI_BASE_URL"),
    "a list": (sends(b"[1, 2]"), "OPENAI_BASE_URL"),
    "20 MB": (sends(TWENTY_MB), "does not stop"),
}
BROKEN_STREAMS: dict[str, tuple[Reply, str]] = {
    "cut off": (streams(event("The generator is "), finish=False), "Try again"),
    "not JSON": (streams(b"data: {oops\n\n"), "OPENAI_BASE_URL"),
    "not an object": (streams(b'data: "oops"\n\n'), "OPENAI_BASE_URL"),
    "an error": (streams(event("The "), b'data: {"error": {"message": "out of memory"}}\n\n'), "out of memory"),
    "cut off at once": (streams(finish=False), "Try again"),
    "stalls": (stalls, "VOUCHED_TIMEOUT_S"),
    "20 MB": (babbles, "does not stop"),
}
UNUSABLE: dict[str, Reply] = {
    "no words": says("*** [1] ---"),
    "a thought that never ends": says("<think>The evidence [1] says"),
}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as scripted:
        yield scripted


def assistant(library: Library, url: str, llm: str, **settings: Any) -> Assistant:
    chosen = {"model": "scripted", "timeout_s": 0.3, "max_retries": 0, "openai_api_key": KEY, **settings}
    return Assistant.open(library, Settings(llm=llm, openai_base_url=url, **chosen))


def ask(assistant: Assistant, way: str) -> Answer:
    if way == "ask":
        return assistant.ask(QUESTION)
    *_, answer = assistant.stream(QUESTION)
    assert isinstance(answer, Answer)
    return answer


def is_a_quoting_answer(answer: Answer) -> bool:
    return answer.status == "answered" and {statement.verdict for statement in answer.statements} == {"supported"}


@pytest.mark.parametrize("way", ["ask", "stream"])
@pytest.mark.parametrize("failure", BROKEN)
def test_a_failing_server_is_named_with_a_remedy(
    sample_library: Library, server: ScriptedServer, failure: str, way: str
) -> None:
    reply, remedy = BROKEN[failure]
    server.script(reply)
    with pytest.raises(LLMError) as raised:
        ask(assistant(sample_library, server.url, "openai"), way)
    for said in (server.url, remedy, "--llm extractive"):
        assert said in str(raised.value)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("failure", BROKEN_STREAMS)
def test_a_failing_stream_is_named_with_a_remedy(sample_library: Library, server: ScriptedServer, failure: str) -> None:
    reply, remedy = BROKEN_STREAMS[failure]
    server.script(reply)
    with pytest.raises(LLMError) as raised:
        ask(assistant(sample_library, server.url, "openai"), "stream")
    for said in (server.url, remedy, "--llm extractive"):
        assert said in str(raised.value)


@pytest.mark.parametrize("way", ["ask", "stream"])
@pytest.mark.parametrize("failure", UNUSABLE)
def test_a_text_without_a_sentence_is_refused(
    sample_library: Library, server: ScriptedServer, failure: str, way: str
) -> None:
    server.script(UNUSABLE[failure])
    with pytest.raises(LLMError, match="use --llm extractive"):
        ask(assistant(sample_library, server.url, "openai"), way)


@pytest.mark.parametrize("way", ["ask", "stream"])
@pytest.mark.parametrize(
    "reply",
    [*(reply for reply, _ in [*BROKEN.values(), *BROKEN_STREAMS.values()]), *UNUSABLE.values()],
    ids=[*BROKEN, *(f"stream {failure}" for failure in BROKEN_STREAMS), *UNUSABLE],
)
def test_with_auto_whatever_fails_is_noted_and_answered_by_quoting(
    sample_library: Library, server: ScriptedServer, reply: Reply, way: str
) -> None:
    server.script(reply)
    answer = ask(assistant(sample_library, server.url, "auto"), way)
    assert is_a_quoting_answer(answer)
    assert "only quotes" in answer.notes[0]
    assert KEY not in answer.notes[0]


@pytest.mark.parametrize("way", ["ask", "stream"])
def test_where_nothing_listens_the_address_is_named(sample_library: Library, way: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    with pytest.raises(LLMError, match=r"cannot be reached\. Check OPENAI_BASE_URL.*--llm extractive") as raised:
        ask(assistant(sample_library, url, "openai"), way)
    assert url in str(raised.value)
    assert is_a_quoting_answer(ask(assistant(sample_library, url, "auto"), way))


@pytest.mark.parametrize("url", ["127.0.0.1/v1", "http://[::1", "http://127.0.0.1:99999/v1", "nonsense", "ftp://127.0.0.1/"])
def test_an_address_that_is_none_is_named(sample_library: Library, url: str) -> None:
    with pytest.raises(LLMError, match="OPENAI_BASE_URL") as raised:
        assistant(sample_library, url, "openai").ask(QUESTION)
    assert url in str(raised.value)
    assert is_a_quoting_answer(assistant(sample_library, url, "auto").ask(QUESTION))


@pytest.mark.parametrize("failure", ["a web page", "not JSON", "no choices", "a list", "401", "500", "silent"])
def test_a_server_that_cannot_list_its_models_is_named(
    sample_library: Library, server: ScriptedServer, failure: str
) -> None:
    server.models = BROKEN[failure][0]
    with pytest.raises(LLMError) as raised:
        assistant(sample_library, server.url, "openai", model=None).ask(QUESTION)
    assert server.url in str(raised.value)
    assert KEY not in str(raised.value)
    assert is_a_quoting_answer(assistant(sample_library, server.url, "auto", model=None).ask(QUESTION))


@pytest.mark.parametrize("way", ["ask", "stream"])
@pytest.mark.parametrize("trouble", [fails(429, retry_after="0.01"), fails(500), fails(503)], ids=["429", "500", "503"])
def test_a_passing_trouble_is_tried_again(sample_library: Library, server: ScriptedServer, trouble: Reply, way: str) -> None:
    server.script(trouble, GOOD)
    answer = ask(assistant(sample_library, server.url, "openai", max_retries=1, timeout_s=10), way)
    assert answer.status == "answered"
    assert answer.usage.model == "scripted"
    assert len(server.calls) == 2


def test_a_server_that_ignores_streaming_is_asked_again_for_the_whole(
    sample_library: Library, server: ScriptedServer
) -> None:
    server.script(lambda call: (call.body.update(stream=False), GOOD(call))[-1])
    answer = ask(assistant(sample_library, server.url, "openai"), "stream")
    assert answer.status == "answered"
    assert answer.usage.llm_calls == 2


def test_what_a_broken_stream_had_written_is_followed_by_another_stage(
    sample_library: Library, server: ScriptedServer
) -> None:
    server.script(streams(event("The generator is "), finish=False))
    events = list(assistant(sample_library, server.url, "auto").stream(QUESTION))
    broken = events.index(Delta("The generator is "))
    assert isinstance(events[broken + 1], Stage)  # so that a reader's page can begin the draft anew
    assert isinstance(events[-1], Answer)


def test_a_key_with_a_line_break_is_sent_without_it(sample_library: Library, server: ScriptedServer) -> None:
    server.script(GOOD)
    assert assistant(sample_library, server.url, "openai", openai_api_key=f"{KEY}\n").ask(QUESTION).status == "answered"
    assert server.calls[0].key == KEY


@pytest.mark.parametrize("key", ["sk-very-s…t", "sk very\nsecret"])
def test_a_key_that_cannot_be_sent_is_not_shown(sample_library: Library, server: ScriptedServer, key: str) -> None:
    with pytest.raises(LLMError) as raised:
        assistant(sample_library, server.url, "openai", openai_api_key=key).ask(QUESTION)
    assert key not in str(raised.value)


def test_secrets_are_not_shown(sample_library: Library) -> None:
    settings = Settings(openai_api_key=KEY, openai_base_url="http://me:hidden@127.0.0.1:1/v1", model="m", llm="openai")
    assert KEY not in repr(settings) + str(settings)
    with pytest.raises(LLMError) as raised:
        Assistant.open(sample_library, settings.model_copy(update={"max_retries": 0})).ask(QUESTION)
    assert "hidden" not in str(raised.value)
    assert "127.0.0.1:1/v1" in str(raised.value)
