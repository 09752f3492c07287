"""What a model wrote is not asked for again; a cache that cannot be used is only said, and never stands in the way."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import vouched
from openai_server import ScriptedServer, event, fails, says, scripted_server, streams, writes

from assistant import Answer, Assistant, Settings
from assistant.call_cache import CallCache, Kept, call_cache, call_key
from assistant.errors import LLMError
from assistant.llm import load_llm
from ingestion.library import Library
from prompts import Prompt

QUESTION = "How does NitroFusion achieve single-step generation?"
GOOD = writes("{1} [1]")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as scripted:
        scripted.script(GOOD)
        yield scripted


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VOUCHED_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def settings(server: ScriptedServer, **more: Any) -> Settings:
    chosen: dict[str, Any] = {"model": "scripted", "max_retries": 0, "openai_api_key": None, "cache_calls": True, **more}
    return Settings(llm="openai", openai_base_url=server.url, **chosen)


def ask(library: Library, server: ScriptedServer, way: str = "ask", **more: Any) -> Answer:
    assistant = Assistant.open(library, settings(server, **more))
    if way == "ask":
        return assistant.ask(QUESTION)
    *_, answer = assistant.stream(QUESTION)
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.parametrize("ways", [("ask", "ask"), ("stream", "ask"), ("ask", "stream")])
def test_the_same_question_is_not_sent_twice(sample_library: Library, server: ScriptedServer, ways: tuple[str, str]) -> None:
    first, second = (ask(sample_library, server, way) for way in ways)
    assert (first.usage.llm_calls, first.usage.cached_calls, first.usage.prompt_tokens) == (1, 0, 100)
    assert (second.usage.llm_calls, second.usage.cached_calls, second.usage.prompt_tokens) == (0, 1, 0)
    assert (second.usage.model, second.usage.cost_usd) == ("scripted", 0.0)
    assert (second.answer, second.statements) == (first.answer, first.statements)
    assert len(server.calls) == 1


def test_another_server_is_asked_though_its_model_has_the_same_name(sample_library: Library, server: ScriptedServer) -> None:
    ask(sample_library, server)
    with scripted_server() as other:
        other.script(says("The generator is trained adversarially [1]."))
        assert ask(sample_library, other).usage.llm_calls == 1


@pytest.mark.parametrize("other", [{"model": "another"}, {"max_tokens": 77}, {"evidence": 3}, {"cache_calls": False}])
def test_another_model_parameter_or_prompt_is_asked(
    sample_library: Library, server: ScriptedServer, other: dict[str, Any]
) -> None:
    ask(sample_library, server)
    assert ask(sample_library, server, **other).usage.llm_calls == 1
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    "reply",
    [fails(500), says(""), streams(event("The generator is "), finish=False)],
    ids=["fails", "empty", "cut off"],
)
def test_what_was_not_finished_is_not_kept(sample_library: Library, server: ScriptedServer, reply: Any) -> None:
    server.script(reply)
    with pytest.raises(LLMError):
        ask(sample_library, server, "stream")
    before = len(server.calls)
    server.script(GOOD)
    answer = ask(sample_library, server, "stream")
    assert (answer.status, len(server.calls) - before) == ("answered", 1)


def test_a_draft_whose_reader_left_is_not_kept(sample_library: Library, server: ScriptedServer) -> None:
    events = Assistant.open(sample_library, settings(server)).stream(QUESTION)
    for said in events:
        if type(said).__name__ == "Delta":
            break
    events.close()
    assert ask(sample_library, server).usage.cached_calls == 0


def test_a_model_that_is_handed_over_is_always_asked(sample_library: Library, server: ScriptedServer) -> None:
    llm = load_llm(settings(server))
    for _ in range(2):
        Assistant(sample_library, settings(server), llm=llm).ask(QUESTION)
    assert len(server.calls) == 2


def test_the_command_asks_again_with_no_cache(sample_library: Library, server: ScriptedServer, folder: Path) -> None:
    env = {"OPENAI_BASE_URL": server.url, "VOUCHED_CACHE": str(folder)}
    asked = ("ask", QUESTION, "--llm", "openai", "--library", sample_library.path, "--json")
    for arguments, calls in ((asked, 1), (asked, 1), ((*asked, "--no-cache"), 2)):
        assert vouched(*arguments, env=env).code == 0
        assert len(server.calls) == calls


def damaged(file: Path) -> None:
    file.write_bytes(b"this is no database, and longer than a header of one" * 40)


def of_another_form(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE calls (something INTEGER)")
    db.close()


def a_folder(file: Path) -> None:
    file.mkdir()


@pytest.mark.parametrize("harm", [damaged, of_another_form, a_folder])
def test_a_cache_that_cannot_be_used_is_warned_of_once_and_done_without(
    sample_library: Library, server: ScriptedServer, folder: Path, harm: Any, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir()
    harm(folder / "calls.sqlite")
    with caplog.at_level(logging.WARNING):
        answers = [ask(sample_library, server) for _ in range(2)]
    assert [answer.usage.llm_calls for answer in answers] == [1, 1]
    (said,) = (record.getMessage() for record in caplog.records if "cannot be used" in record.getMessage())
    assert str(folder / "calls.sqlite") in said
    assert "VOUCHED_CACHE" in said


def test_a_cache_that_another_program_has_locked_is_done_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "calls.sqlite"
    first = CallCache(file)
    first.put("k", Kept("text"))
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    hasty = CallCache(file, patience_s=0.05)
    assert hasty.get("k") == Kept("text")
    hasty.put("l", Kept("more"))
    other.close()
    assert "locked" in caplog.text
    assert first.get("l") is None
    first.close()


@pytest.mark.parametrize("row", ["{oops", "[1]", '{"text": 3}', '{"text": " "}', '{"words": "x"}', "null"])
def test_a_damaged_entry_is_none(tmp_path: Path, row: str) -> None:
    kept = CallCache(tmp_path / "calls.sqlite")
    kept.put("k", Kept("text"))
    with sqlite3.connect(tmp_path / "calls.sqlite") as db:
        db.execute("UPDATE calls SET kept = ?", [row])
    db.close()
    assert kept.get("k") is None
    kept.put("k", Kept("anew \ud800", 3, 4))  # a lone surrogate, which no file can hold as it stands
    assert kept.get("k") == Kept("anew \ud800", 3, 4)
    kept.close()
    assert kept.get("k") == Kept("anew \ud800", 3, 4)


def test_a_key_depends_on_everything_and_on_no_order() -> None:
    parts: list[tuple[str, Prompt, dict[str, Any]]] = [
        ("m", Prompt("s", "u"), {"temperature": 0.0, "max_tokens": 4}),
        ("n", Prompt("s", "u"), {"temperature": 0.0, "max_tokens": 4}),
        ("m", Prompt("t", "u"), {"temperature": 0.0, "max_tokens": 4}),
        ("m", Prompt("s", "v"), {"temperature": 0.0, "max_tokens": 4}),
        ("m", Prompt("su", ""), {"temperature": 0.0, "max_tokens": 4}),
        ("m", Prompt("s", "u"), {"temperature": 0.5, "max_tokens": 4}),
        ("m", Prompt("s", "u"), {"temperature": 0.0, "max_tokens": 5}),
    ]
    assert len({call_key(*part) for part in parts}) == len(parts)
    assert call_key("m", Prompt("s", "u"), {"max_tokens": 4, "temperature": 0.0}) == call_key(*parts[0])


def test_processes_write_into_one_file_at_once(folder: Path) -> None:
    program = (
        "import sys; from assistant.call_cache import Kept, call_cache\n"
        "for number in range(25): call_cache().put(f'{sys.argv[1]} {number}', Kept(f'text {number}', number))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, name], stderr=subprocess.PIPE) for name in "abc"]
    assert [process.communicate()[1] for process in running] == [b"", b"", b""]
    kept = call_cache()
    assert all(kept.get(f"{name} {number}") == Kept(f"text {number}", number) for name in "abc" for number in range(25))
    kept.close()
