"""``--export``: of answers, summaries and chats; what cannot be written is told before anything is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import RECORDS, small_library, vouched, written
from openai_server import says, scripted_server

QUESTION = "When are walnuts harvested?"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("exports"))


def test_an_answer_is_shown_and_written_in_every_format(library: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"answer.{suffix}" for suffix in ("md", "html", "json", "bib")]
    options = [part for file in files for part in ("--export", file)]
    called = vouched("ask", QUESTION, "--library", library, "--json", *options)
    assert called.code == 0
    assert called.json["question"] == QUESTION  # standard output holds the answer alone
    assert called.err.endswith("".join(f"Written: {file}\n" for file in files))
    texts = [file.read_text(encoding="utf-8") for file in files]
    assert json.loads(texts[2]) == called.json
    assert texts[0].startswith(f"# {QUESTION}\n")
    assert "Walnuts are harvested in autumn." in texts[0]
    assert "Walnuts are harvested in autumn." in texts[1]
    assert "@misc{undatedstudy,\n" in texts[3]


def test_a_summary_is_written(library: Path, tmp_path: Path) -> None:
    paper = "an-undated-study-of-walnut-harvesting-6e915de9"
    called = vouched("summarize", "--paper", paper, "--library", library, "--export", tmp_path / "s.md")
    assert called.code == 0
    assert "A summary by Vouched" in (tmp_path / "s.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [("ask", QUESTION), ("summarize", "walnuts")])
@pytest.mark.parametrize("name", ["a.txt", "none/a.md", "."])
def test_no_model_is_asked_for_what_cannot_be_written(
    library: Path, tmp_path: Path, command: tuple[str, str], name: str
) -> None:
    with scripted_server() as server:
        server.script(says("Never asked."))
        llm = ("--llm", "openai", "--model", "m")
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "k"}
        called = vouched(*command, *llm, "--library", library, "--json", "--export", tmp_path / name, env=env)
        assert server.calls == []
    assert called.code == 2
    assert "cannot be written" in called.json["error"]["message"]


def test_an_export_is_of_one_question(library: Path, tmp_path: Path) -> None:
    batch = written(tmp_path / "batch.jsonl", [{"question": QUESTION}])
    called = vouched("ask", "--batch", batch, "--library", library, "--export", tmp_path / "a.md")
    assert called.code == 2
    assert "--export is for one QUESTION" in called.err


def test_a_saved_chat_is_written_without_asking(library: Path, tmp_path: Path) -> None:
    env = {"VOUCHED_CHATS": str(tmp_path / "chats")}
    said = f"{QUESTION}\n/export {tmp_path / 'in.html'}\n/export {tmp_path / 'in.doc'}\nDo they need robots?\n".encode()
    talked = vouched("chat", "--name", "nuts", "--library", library, stdin=said, env=env)
    assert talked.code == 0
    assert f"Written: {tmp_path / 'in.html'}\n" in talked.err
    assert "in.doc cannot be written" in talked.err
    assert "A chat of 1 question " in (tmp_path / "in.html").read_text(encoding="utf-8")
    for suffix in ("md", "json"):
        called = vouched("chat", "--name", "nuts", "--library", library, "--export", tmp_path / f"c.{suffix}", env=env)
        assert (called.code, called.out) == (0, "")
    text = (tmp_path / "c.md").read_text(encoding="utf-8")
    assert text.startswith("# nuts\n\n*A chat of 2 questions by Vouched")
    assert text.index(f"## {QUESTION}") < text.index("## Do they need robots?")
    turns = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))["turns"]
    assert [turn["question"] for turn in turns] == [QUESTION, "Do they need robots?"]


def test_a_chat_that_is_not_there_is_not_written(library: Path, tmp_path: Path) -> None:
    env = {"VOUCHED_CHATS": str(tmp_path / "chats")}
    unnamed = vouched("chat", "--library", library, "--export", tmp_path / "c.md", env=env)
    assert (unnamed.code, "give its --name" in unnamed.err) == (2, True)
    unknown = vouched("chat", "--name", "nuts", "--library", library, "--export", tmp_path / "c.md", env=env)
    assert (unknown.code, "Nothing has been asked in the chat nuts" in unknown.err) == (2, True)
    asked = vouched("chat", "--library", library, stdin=f"/export {tmp_path / 'c.md'}\n".encode(), env=env)
    assert (asked.code, "Nothing has been asked yet" in asked.err) == (0, True)
    assert not (tmp_path / "c.md").exists()


def test_papers_are_written_as_bibtex_with_the_same_keys(library: Path, tmp_path: Path) -> None:
    vouched("ask", QUESTION, "--library", library, "--export", tmp_path / "a.bib")
    every = vouched("papers", "export", "--format", "bibtex", "--library", library).out
    assert every.count("@") - every.count(" @") >= len(RECORDS)
    for entry in (tmp_path / "a.bib").read_text(encoding="utf-8").strip().split("\n\n"):
        assert f"{entry}\n\n" in every
