"""Answers in JSON where the server holds its model to a schema, and in marked text where it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai_server import Call, ScriptedServer, evidence_in, fails, says, scripted_server, writes

from assistant import Answer, Assistant, Settings
from assistant.answer import Delta, Evidence
from assistant.drafts import answer_in, as_text, read_draft
from assistant.errors import LLMError
from assistant.grounding import Drafted
from assistant.llm import _formless
from ingestion.library import Library

QUESTION = "How does NitroFusion achieve single-step generation?"
EVIDENCE = [Evidence(number, "p", "Ants", f"Ants do {number}.", 0, 10, 1.0) for number in (1, 2)]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as scripted:
        yield scripted
    _formless.clear()


def ask(library: Library, server: ScriptedServer, way: str = "ask", **more: Any) -> Answer:
    chosen = {"model": "scripted", "timeout_s": 10.0, "max_retries": 0, "openai_api_key": None, **more}
    assistant = Assistant.open(library, Settings(llm="openai", openai_base_url=server.url, **chosen))
    *_, answer = assistant.stream(QUESTION) if way == "stream" else [assistant.ask(QUESTION)]
    assert isinstance(answer, Answer)
    return answer


def in_json(*numbers: int) -> Any:
    """Answer with pieces of evidence, word for word, as an object."""

    def reply(call: Call) -> None:
        shown = evidence_in(call.prompt)
        items = [{"text": shown[number], "evidence": [number]} for number in numbers]
        says(json.dumps({"statements": items}))(call)

    return reply


def formless(call: Call) -> None:
    """Refuse a schema, as some servers do, and answer without."""
    (fails(400, "response_format is not supported") if "response_format" in call.body else writes("{1} [1]"))(call)


@pytest.mark.parametrize("way", ["ask", "stream"])
def test_a_server_is_given_the_schema_and_its_object_is_read(
    sample_library: Library, server: ScriptedServer, way: str
) -> None:
    server.script(in_json(2, 1))
    answer = ask(sample_library, server, way)
    form = server.calls[0].body["response_format"]
    assert (form["type"], form["json_schema"]["strict"]) == ("json_schema", True)
    assert form["json_schema"]["schema"]["required"] == ["statements"]
    assert "JSON object" in server.calls[0].prompt
    shown = evidence_in(server.calls[0].prompt)
    assert [citation.quote for citation in answer.citations] == [shown[2], shown[1]]
    assert {statement.verdict for statement in answer.statements} == {"supported"}
    assert "{" not in answer.answer


def test_an_object_is_passed_on_as_the_text_it_stands_for(sample_library: Library, server: ScriptedServer) -> None:
    server.script(in_json(1, 2))
    settings = Settings(llm="openai", model="scripted", openai_base_url=server.url, openai_api_key=None)
    events = list(Assistant.open(sample_library, settings).stream(QUESTION))
    pieces = [event.text for event in events if isinstance(event, Delta)]
    shown = evidence_in(server.calls[0].prompt)
    assert "".join(pieces).replace(" [1]", "").replace(" [2]", "") == f"{shown[1]} {shown[2]}"
    assert len(pieces) > 1


@pytest.mark.parametrize("way", ["ask", "stream"])
def test_a_server_that_refuses_a_schema_is_asked_without_and_not_offered_one_again(
    sample_library: Library, server: ScriptedServer, way: str
) -> None:
    server.script(formless)
    answer = ask(sample_library, server, way)
    assert {statement.verdict for statement in answer.statements} == {"supported"}
    assert answer.usage.llm_calls == 1  # a refusal is no call
    assert "square brackets" in server.calls[-1].prompt
    sent = len(server.calls)
    ask(sample_library, server, way, cache_calls=False)
    assert ["response_format" in call.body for call in server.calls[sent:]] == [False]


def test_a_setting_turns_the_schema_off(sample_library: Library, server: ScriptedServer) -> None:
    server.script(writes("{1} [1]"))
    ask(sample_library, server, structured=False)
    assert "response_format" not in server.calls[0].body


def test_an_object_without_statements_is_an_abstention(sample_library: Library, server: ScriptedServer) -> None:
    server.script(says('{"statements": []}'))
    assert ask(sample_library, server).status == "abstained"


@pytest.mark.parametrize(
    ("text", "drafted"),
    [
        ('{"statements": [{"text": "Ants eat.", "evidence": [2]}]}', [Drafted("Ants eat.", (2,))]),
        ('```json\n{"statements": [{"text": "Ants eat.", "evidence": [2]}]}\n```', [Drafted("Ants eat.", (2,))]),
        ('<think>{"a": 1}</think>\n{"statements": [{"text": "Ants eat.", "evidence": [1]}]}', [Drafted("Ants eat.", (1,))]),
        ('{"statements": [{"text": "One. Two [1].", "evidence": [2]}]}', [Drafted("One.", (2,)), Drafted("Two.", (1, 2))]),
        ('{"statements": [{"text": "Ants.", "evidence": [1, 7, true, "2"]}]}', [Drafted("Ants.", (1,), (7,))]),
        ('{"statements": [{"text": "A.", "evidence": [1]}, {"text": "B b', [Drafted("A.", (1,)), Drafted("B b", ())]),
        ('{"plan": ["x"], "statements": [{"text": "Ants.", "evidence": []}, 7, {"evidence": [1]}]}', [Drafted("Ants.", ())]),
        ('{"statements": "none"}', []),
        ("Ants eat [2].", [Drafted("Ants eat.", (2,))]),
        ("Plan: look [1].\n**Answer:** Ants eat [2].", [Drafted("Ants eat.", (2,))]),
    ],
)  # fmt: skip
def test_what_a_model_wrote_is_read_whatever_its_form(text: str, drafted: list[Drafted]) -> None:
    assert read_draft(text, EVIDENCE) == drafted


@pytest.mark.parametrize("text", ["", "{", "...", "[1]", "<think>I wonder"])
def test_what_holds_no_sentence_is_said_to(text: str) -> None:
    with pytest.raises(LLMError, match="wrote no sentence"):
        read_draft(text, EVIDENCE)


def test_half_an_object_reads_as_the_text_so_far() -> None:
    whole = '{"statements": [{"text": "Ants eat.", "evidence": [1, 2]}, {"text": "They sleep.", "evidence": [2]}]}'
    seen = [as_text(whole[:end]) for end in range(len(whole) + 1)]
    assert seen[-1] == "Ants eat. [1] [2] They sleep."
    assert "Ants eat" in seen[whole.index("eat.") + 3]


def test_only_what_follows_the_last_answer_mark_counts() -> None:
    assert answer_in("1. Search.\nAnswer: Ants [1].") == "Ants [1]."
    assert answer_in("**Final answer**: ants") == "ants"
    assert answer_in("The answer: ants.") is None
    assert answer_in("Ants [1].\nAnswer:") is None
    assert answer_in("\n-" * 100_000) is None  # an expression that goes back would take hours
