"""The limits of a model: the time it may take, the room in its window, what its calls cost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest
from openai_server import Call, ScriptedServer, event, evidence_in, hangs, says, scripted_server, writes

from assistant import Answer, Assistant, Settings
from assistant.answer import Evidence
from assistant.budget import fitted, tokens_of
from assistant.deadline import until
from assistant.errors import LLMError
from assistant.llm import Meter
from ingestion.library import Library
from prompts import Prompt

QUESTION = "How does NitroFusion achieve single-step generation?"


def good(call: Call) -> None:
    """Quote the first piece of evidence that is shown, whatever its number."""
    number, quote = next(iter(evidence_in(call.prompt).items()))
    says(f"{quote} [{number}]")(call)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as scripted:
        yield scripted


def assistant(library: Library, server: ScriptedServer, llm: Literal["openai", "auto"] = "openai", **more: Any) -> Assistant:
    chosen = {"model": "scripted", "timeout_s": 30.0, "max_retries": 0, "openai_api_key": None, **more}
    return Assistant.open(library, Settings(llm=llm, openai_base_url=server.url, **chosen))


def ask(assistant: Assistant, way: str = "ask") -> Answer:
    *_, answer = assistant.stream(QUESTION) if way == "stream" else [assistant.ask(QUESTION)]
    assert isinstance(answer, Answer)
    return answer


def trickling(call: Call) -> None:
    """Send a word now and then, for ever: no wait for the next one is long."""
    call.handler.send_response(200)
    call.handler.send_header("content-type", "text/event-stream")
    call.handler.end_headers()
    try:
        while not call.closing.wait(0.01):
            call.handler.wfile.write(event("word "))
    except OSError:
        pass  # the client hung up
    call.handler.close_connection = True


@pytest.mark.parametrize("reply", [hangs(), trickling], ids=["silent", "trickling"])
@pytest.mark.parametrize("way", ["ask", "stream"])
def test_a_model_that_does_not_finish_in_time_is_left(
    sample_library: Library, server: ScriptedServer, reply: Any, way: str
) -> None:
    server.script(reply)
    with pytest.raises(LLMError, match=r"did not finish within 0\.3 s.*VOUCHED_DEADLINE_S.*--llm extractive") as raised:
        ask(assistant(sample_library, server, deadline_s=0.3), way)
    assert server.url in str(raised.value)
    answer = ask(assistant(sample_library, server, "auto", deadline_s=0.3), way)
    assert "did not finish within 0.3 s" in answer.notes[0]
    assert {statement.verdict for statement in answer.statements} == {"supported"}


def test_a_repair_beyond_the_time_leaves_the_first_answer(sample_library: Library, server: ScriptedServer) -> None:
    server.script(writes("It cures the common flu in eleven days [1]. {1} [1]"), hangs())
    answer = ask(assistant(sample_library, server, deadline_s=2.0))
    assert [statement.verdict for statement in answer.statements] == ["supported"]
    assert len(server.calls) == 2


def test_what_comes_in_time_comes_in_order_and_errors_are_passed_on() -> None:
    def counting() -> Any:
        yield from range(3)
        raise KeyError("three")

    items = until(time.monotonic() + 60, counting())
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError, match="three"):
        next(items)


def test_a_prompt_has_at_most_so_many_tokens_and_the_answer_says_what_was_left_out(
    sample_library: Library, server: ScriptedServer
) -> None:
    server.script(good)
    ask(assistant(sample_library, server, evidence=30))
    everything = evidence_in(server.calls[0].prompt)
    answer = ask(assistant(sample_library, server, evidence=30, prompt_tokens=500))
    shown = evidence_in(server.calls[1].prompt)
    left_out = len(everything) - len(shown)
    assert 1 <= len(shown) < len(everything)
    assert shown.items() <= everything.items()  # with their numbers
    assert answer.notes[0].startswith(f"{left_out} of {len(everything)} sentences of evidence did not fit")
    system, user = (message["content"] for message in server.calls[1].body["messages"])
    assert tokens_of(Prompt(system, user)) <= 500


def test_no_prompt_is_longer_than_by_default_whatever_evidence_is_asked_for(
    sample_library: Library, server: ScriptedServer
) -> None:
    server.script(good)
    Assistant.open(sample_library, assistant(sample_library, server, evidence=60, caution="bold").settings).ask(
        "Which models of language, of images and of speech, and which methods to train them, are there, and what do they do?"
    )
    system, user = (message["content"] for message in server.calls[0].body["messages"])
    assert tokens_of(Prompt(system, user)) <= 2500


def test_a_small_window_counts_the_answer_too_and_a_tiny_one_is_refused(
    sample_library: Library, server: ScriptedServer
) -> None:
    server.script(good)
    small = ask(assistant(sample_library, server, context_tokens=900, max_tokens=400))
    assert "into a prompt of 500 tokens" in small.notes[0]
    with pytest.raises(LLMError, match=r"may have 100\..*VOUCHED_CONTEXT_TOKENS"):
        ask(assistant(sample_library, server, context_tokens=500, max_tokens=400))
    assert len(server.calls) == 1


def test_an_abstention_says_too_what_the_model_did_not_see(sample_library: Library, server: ScriptedServer) -> None:
    server.script(says("The evidence does not answer this."))
    answer = ask(assistant(sample_library, server, prompt_tokens=500))
    assert (answer.status, len(answer.notes)) == ("abstained", 1)


def piece(number: int, score: float, quote: str = "Ants march.") -> Evidence:
    return Evidence(number, "p", "Of ants", quote, 0, len(quote), score)


def test_the_weakest_evidence_goes_first_and_order_and_numbers_stay() -> None:
    evidence = [piece(1, -2.0), piece(2, -5.0), piece(3, -1.0), piece(4, -2.0)]

    def prompt(shown: Any) -> Prompt:
        return Prompt("", " ".join("word " * 100 for _ in shown))

    one = tokens_of(prompt(evidence[:1])) - tokens_of(prompt([]))
    for kept, numbers in ((4, [1, 2, 3, 4]), (3, [1, 3, 4]), (2, [1, 3]), (1, [3])):
        assert [item.number for item in fitted(evidence, 40 + kept * one, prompt)[1]] == numbers


@pytest.mark.parametrize(
    "text", ["языковые модели растут ", "मशीन लर्निंग मॉडल ", "量从数据在语言模型", "∑∫≈√", "a" * 50 + " "]
)
def test_no_script_is_counted_as_next_to_nothing(text: str) -> None:
    assert tokens_of(Prompt("", text * 1000)) >= len(text.replace("a", "")) * 1000 / 2


@pytest.mark.parametrize(
    ("prices", "cost"),
    [({}, None), ({"input_price": 2.0}, None), ({"input_price": 2.0, "output_price": 8.0}, (100 * 2 + 10 * 8) / 1e6)],
)
def test_the_cost_is_known_where_both_prices_are(
    sample_library: Library, server: ScriptedServer, prices: dict[str, float], cost: float | None
) -> None:
    server.script(good)
    assert ask(assistant(sample_library, server, **prices)).usage.cost_usd == (cost and pytest.approx(cost))


def test_the_cost_of_calls_whose_tokens_the_server_does_not_tell_is_not_known() -> None:
    assert Meter("m", calls=1, prices=(2.0, 8.0)).usage().cost_usd is None
    assert Meter("m", calls=1, prices=(0.0, 0.0)).usage().cost_usd == 0.0
    assert Meter("m", prices=(2.0, 8.0)).usage().cost_usd == 0.0


def test_no_more_calls_than_allowed_are_under_way_at_one_model(sample_library: Library, server: ScriptedServer) -> None:
    under_way, most, guard, two = 0, 0, threading.Lock(), threading.Event()

    def counted(call: Call) -> None:
        nonlocal under_way, most
        with guard:
            under_way += 1
            most = max(most, under_way)
            if under_way == 2:
                two.set()
        two.wait(30)
        time.sleep(0.3)  # a third would come now
        with guard:
            under_way -= 1
        good(call)

    server.script(counted)
    asked = assistant(sample_library, server, calls_at_once=2, cache_calls=False, timeout_s=60.0)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: asked.ask(QUESTION), range(6)))
    assert {answer.usage.llm_calls for answer in answers} == {1}
    assert most == 2
