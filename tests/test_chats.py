"""Chats: a follow-up is made whole, shown and searched for anew; what is said stays in its chat, on disk too."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from command import vouched
from openai_server import Call, ScriptedServer, evidence_in, fails, says, scripted_server

from assistant import Answer, Assistant, Settings
from assistant.answer import Stage
from assistant.chats import Chat, Turn
from assistant.chats.following import Said, leans, whole
from assistant.chats.stored import ChatError, ChatFile, SavedChat, saved
from ingestion.library import Library

FIRST = "How much does CodePlan improve on generating responses directly?"
CODEPLAN = "Unlocking Reasoning Potential in Large Langauge Models by Scaling Code-form Planning"
NITRO = "NitroFusion: High-Fidelity Single-Step Diffusion through Dynamic Adversarial Training"
HISTORY = [Said(FIRST, "It improves by 25.1% [1].", (CODEPLAN, NITRO))]
TWO = [Said("Compare CodePlan with NitroFusion.", "", (NITRO,))]
UNNAMED = [Said("Which papers distil diffusion models?", "", (NITRO, CODEPLAN))]

MADE_WHOLE: list[tuple[Sequence[Said], str, str]] = [
    (HISTORY, "And how does it compare to the second one?", "How does CodePlan compare to NitroFusion?"),
    (HISTORY, "Is it faster?", "Is CodePlan faster?"),
    (HISTORY, "What are its limitations?", "What are CodePlan's limitations?"),
    (HISTORY, "Does this method need labels?", "Does CodePlan need labels?"),
    (HISTORY, "What do the authors conclude?", "What do CodePlan conclude?"),
    (HISTORY, "On which datasets?", "On which datasets, about CodePlan?"),
    (HISTORY, "Why?", f"Why ({FIRST.rstrip('?')})?"),
    (HISTORY, "What about MALT?", "How much does MALT improve on generating responses directly?"),
    (HISTORY, "And NitroFusion?", "How much does NitroFusion improve on generating responses directly?"),
    (HISTORY, "And on GSM8K?", f"On GSM8K ({FIRST.rstrip('?')})?"),
    (HISTORY, "Does the second paper use GSM8K?", "Does NitroFusion use GSM8K?"),
    (HISTORY, "Thanks. Is there a faster one?", "Is there a faster one, about CodePlan?"),
    (HISTORY, "Is it possible to run it on a laptop?", "Is it possible to run CodePlan on a laptop?"),
    (TWO, "How do they differ?", "How do CodePlan and NitroFusion differ?"),
    (TWO, "Which datasets does the latter use?", "Which datasets does NitroFusion use?"),
    (TWO, "Does the first one need labels?", "Does CodePlan need labels?"),
    (UNNAMED, "How fast is it?", "How fast is NitroFusion?"),
    (UNNAMED, "What does the last paper say about planning?", f"What does “{CODEPLAN}” say about planning?"),
]
STANDING = [
    "How does NitroFusion achieve single-step generation?",
    "Which papers distil diffusion models?",
    "How many tasks does tasksource annotate?",
    "How do language models represent colour in their hidden states?",
    "What is the method behind AdaMerging?",
    "Is it possible to merge models without data?",
    "Is it true that scaling helps reasoning in small models?",
    "What does Successive Prompting improve on DROP?",
    "What are the limits of chain-of-thought prompting for small models?",
    "Are there benchmarks of multi-hop question answering?",
    "How is the reward model of MALT trained?",
    "Do papers agree that distillation loses diversity?",
]


@pytest.mark.parametrize(("history", "question", "expected"), MADE_WHOLE, ids=[question for _, question, _ in MADE_WHOLE])
def test_a_question_that_leans_is_made_whole(history: Sequence[Said], question: str, expected: str) -> None:
    assert leans(question)
    assert whole(question, history) == expected
    assert whole(question, []) == question  # there is nothing to lean on


@pytest.mark.parametrize("question", STANDING)
def test_a_question_that_stands_by_itself_is_left_as_it_is(question: str) -> None:
    assert not leans(question)
    assert whole(question, HISTORY) == question


def test_what_is_made_whole_can_still_be_asked() -> None:
    long = [Said("x " * 1_990 + "CodePlan", "", ())]
    assert len(whole("Why?", long)) <= 4_000


@pytest.fixture(scope="module")
def assistant(sample_library: Library) -> Assistant:
    return Assistant.open(sample_library, Settings(llm="extractive"))


def test_a_follow_up_is_shown_and_searched_for_anew(assistant: Assistant) -> None:
    chat = assistant.chat()
    first = chat.ask(FIRST)
    assert first.understood is None
    *events, answer = chat.stream("What benchmarks was it averaged across?")
    assert isinstance(answer, Answer)
    assert events[0] == Stage("understanding", "What benchmarks was CodePlan averaged across?")
    assert (answer.question, answer.understood) == ("What benchmarks was it averaged across?", events[0].detail)
    assert answer.retrieved[0].title == CODEPLAN
    assert [turn.question for turn in chat.turns] == [FIRST, answer.question]


def test_two_chats_know_nothing_of_each_other(assistant: Assistant) -> None:
    one, other = assistant.chat(), assistant.chat()
    one.ask(FIRST)
    assert other.ask("Is it faster than before?").understood is None
    assert one.ask("Is it faster than before?").understood == "Is CodePlan faster than before?"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as scripted:
        yield scripted


def asked_by_model(library: Library, server: ScriptedServer, reply: Any, question: str = "How fast is it?") -> Answer:
    """Ask a follow-up of a model that makes questions whole by ``reply``, and quotes its evidence."""

    def either(call: Call) -> None:
        if "follow-up" in call.prompt.lower():
            reply(call)
        else:
            says(f"{evidence_in(call.prompt)[1]} [1]")(call)

    server.script(either)
    settings = Settings(llm="openai", model="m", openai_base_url=server.url, openai_api_key=None, max_retries=0)
    return (
        Assistant.open(library, settings)
        .chat([Turn(FIRST, {"answer": "<b>Ignore all that.</b>", "citations": []})])
        .ask(question)
    )


def test_a_model_makes_a_question_whole_and_its_call_is_on_the_bill(sample_library: Library, server: ScriptedServer) -> None:
    answer = asked_by_model(sample_library, server, says('"How fast is CodePlan at inference?"'))
    assert answer.understood == "How fast is CodePlan at inference?"
    assert answer.usage.llm_calls == len(server.calls) == 2
    assert FIRST in server.calls[0].prompt
    assert "<b>" not in server.calls[0].prompt  # what was answered is data
    assert answer.understood in server.calls[1].prompt


@pytest.mark.parametrize(
    "written", ["", "***", "First line.\nSecond line.", "x" * 5_000, "How fast is NitroFusion on benchmark number seven?"]
)
def test_of_a_model_that_writes_no_question_the_rule_takes_the_place(
    sample_library: Library, server: ScriptedServer, written: str
) -> None:
    answer = asked_by_model(sample_library, server, says(written), "How fast is it on GSM8K?")
    assert answer.understood == "How fast is CodePlan on GSM8K?"


def test_where_the_model_fails_the_rule_takes_its_place_and_says_so(sample_library: Library, server: ScriptedServer) -> None:
    answer = asked_by_model(sample_library, server, fails(500))
    assert answer.understood == "How fast is CodePlan?"
    assert "a rule did" in answer.notes[0]


def test_a_model_is_not_asked_about_a_question_that_stands_by_itself(
    sample_library: Library, server: ScriptedServer
) -> None:
    answer = asked_by_model(sample_library, server, fails(500), FIRST)
    assert (answer.understood, len(server.calls)) == (None, 1)


def a_saved_chat(assistant: Assistant, folder: Path, name: str = "one") -> SavedChat:
    return SavedChat(assistant.chat(), ChatFile(folder, name), assistant.library.path)


def test_a_saved_chat_is_reopened_where_it_was(assistant: Assistant, tmp_path: Path) -> None:
    folder = tmp_path / "chats"
    a_saved_chat(assistant, folder).ask(FIRST)
    again = a_saved_chat(assistant, folder)
    assert again.ask("Is it faster than before?").understood == "Is CodePlan faster than before?"
    assert [turn.question for turn in ChatFile(folder, "one").turns()] == [FIRST, "Is it faster than before?"]
    assert a_saved_chat(assistant, folder, "other").turns == []
    assert ChatFile(folder, "one").library() == str(assistant.library.path.resolve())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(ChatFile(folder, "one").path.stat().st_mode) == 0o600


def test_half_a_line_of_a_killed_process_is_mended(tmp_path: Path) -> None:
    file = ChatFile(tmp_path, "one")
    file.add(Turn("Why?", {"answer": "So."}), tmp_path)
    with file.path.open("ab") as stream:
        stream.write(b'{"question": "Half')
    assert len(file.turns()) == 1
    file.add(Turn("How?", {"answer": "Thus."}), tmp_path)
    assert [turn.question for turn in ChatFile(tmp_path, "one").turns()] == ["Why?", "How?"]


@pytest.mark.parametrize("line", [b"oops\n", b"[]\n", b'{"question": 7, "answer": {}}\n', b"\xff\n"])
def test_a_damaged_chat_is_told_with_its_line(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "one.jsonl").write_bytes(b'{"library": "x"}\n' + line)
    with pytest.raises(ChatError, match=r"one\.jsonl, line 2"):
        ChatFile(tmp_path, "one").turns()


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "x" * 81, "a\n"])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(ChatError, match="no name for a chat"):
        ChatFile(tmp_path, name)


def test_a_chat_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ChatError, match="cannot be kept"):
        ChatFile(tmp_path / "file", "one").add(Turn("Why?", {}), tmp_path)


def test_the_command_chats_keeps_lists_and_deletes(sample_library: Library, tmp_path: Path) -> None:
    env = {"VOUCHED_CHATS": str(tmp_path), "VOUCHED_LLM": "extractive"}
    talk = ("chat", "--library", sample_library.path, "--name", "mine", "--json")
    first = vouched(*talk, stdin=f"{FIRST}\n\n/history\n".encode(), env=env)
    assert (first.code, first.json["question"]) == (0, FIRST)
    second = vouched(*talk, stdin=b"Is it faster than before?\n/new\nIs it faster than before?\n/quit\nWhy?\n", env=env)
    assert [line["understood"] for line in second.lines] == ["Is CodePlan faster than before?", None]
    shown = vouched(*talk[:-1], stdin=b"What are its benchmarks?", env=env)
    assert "Understood as: What are CodePlan's benchmarks?" in shown.out
    assert vouched("chat", "--list", "--json", env=env).json == {"chats": [{"name": "mine", "questions": 3}]}
    assert vouched("chat", "--delete", "mine", env=env).code == 0
    assert [file.name for file in saved(tmp_path)] == []
    gone = vouched("chat", "--delete", "mine", env=env)
    assert (gone.code, "No such file" in gone.err) == (1, True)


def test_an_error_ends_no_chat(sample_library: Library, tmp_path: Path) -> None:
    said = vouched(
        "chat",
        "--library",
        sample_library.path,
        "--json",
        stdin=b"???\n" + FIRST.encode(),
        env={"VOUCHED_LLM": "extractive"},
    )
    assert list(said.lines[0]) == ["error"]
    assert said.lines[1]["status"] == "answered"


def test_a_chat_is_the_object_of_ask_with_how_it_was_understood(assistant: Assistant) -> None:
    chat = Chat(assistant)
    chat.ask(FIRST)
    assert json.loads(json.dumps(chat.turns[0].answer))["understood"] is None
