"""Bad input and bad luck: a clear message, the contract's exit code, no traceback, and a library that still answers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import HERE, Called, small_library, vouched, written


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("bad"))


@pytest.fixture
def library(made: Path) -> Iterator[Path]:
    """Give a library, and see to it that it still answers from its three papers, and from no others, afterwards."""
    yield made
    answer = vouched("ask", "When are walnuts harvested?", "--library", made, "--json").json
    assert "autumn" in answer["answer"]
    assert len(answer["retrieved"]) == 3


def error_of(called: Called, code: int) -> str:
    """Give the message of a call with ``--json`` that is to fail."""
    assert called.code == code
    assert set(called.json["error"]) == {"type", "message"}
    assert "Traceback" not in called.err
    return str(called.json["error"]["message"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\t\r\n ", "is empty"),
        (b"\xef\xbb\xbf\n", "is empty"),
        (bytes(range(256)) * 40, "is a binary file"),
        (b"%PDF-1.7\n\x00\x01\x02", "is a PDF that cannot be read"),
        ("Ein Größenvergleich.\n".encode("latin-1") * 3, "is not valid UTF-8"),
        (b"Just some words\nwithout any abstract", "no papers in a known format"),
        (b'{"title": "cut off\n{"title":\n', "line 1 is not valid JSON"),
        (b'{"title": "T", "abstract": ' + b"[" * 100_000 + b"\n", "line 1 is JSON nested too deeply"),
        (b'{"abstract": "text", "title": "' + b"x" * 10_485_760 + b'"}', "has a title of 10,485,760 characters"),
        (b'{"title": "T", "abstract": "' + b"y. " * 100_000 + b'"}', "has an abstract of 299,999 characters"),
    ],
    ids=[
        "empty",
        "blank",
        "mark",
        "binary",
        "pdf",
        "latin-1",
        "prose",
        "cut JSONL",
        "deep JSON",
        "10 MB title",
        "long abstract",
    ],
)
def test_a_file_without_papers_is_refused_with_its_reason(
    content: bytes, reason: str, library: Path, tmp_path: Path
) -> None:
    file = tmp_path / "file.jsonl"
    file.write_bytes(content)
    called = vouched("ingest", file, "--library", library, "--json")
    message = error_of(called, 1)
    assert str(file) in message
    assert reason in message
    assert len(message) < 1_000
    assert called.json["added"] == 0
    assert called.json["refused"]
    assert called.json["refused"][0]["reason"] in message
    for_people = vouched("ingest", file, "--library", library)
    assert for_people.code == 1
    assert f"Refused: {file}" in for_people.err
    assert reason.removeprefix("line 1 ") in for_people.err


def test_a_directory_without_files_is_told(library: Path, tmp_path: Path) -> None:
    assert "is a folder without files" in error_of(vouched("ingest", tmp_path, "--library", library, "--json"), 1)


WRONG_CALLS = [
    (["ingest"], "Give a file or a folder to ingest, - for standard input, or --sample"),
    (["ingest", "no-such-file.txt"], "no-such-file.txt"),
    (["ask"], "Give a question, or --batch"),
    (["ask", "q", "--batch", "b.jsonl"], "Give a question, or --batch"),
    (["ask", ""], "question is empty"),
    (["ask", " \t\n"], "question is empty"),
    (["ask", "?!…"], "question is empty"),
    (["ask", "why " * 25_000], "100,000 characters; at most 4,000"),
    (["ask", "q", "--paper", "\udcff"], "not valid UTF-8"),
    (["ask", "q", "--llm", "nonsense"], "nonsense"),
    (["ask", "q", "--strategy", "nonsense"], "nonsense"),
    (["ask", "q", "--year-from", "yesterday"], "--year-from"),
    (["ask", "q", "--frobnicate"], "--frobnicate"),
    (["ask", "--batch", "no-such-batch.jsonl"], "no-such-batch.jsonl cannot be read"),
    (["ask", "--batch", str(HERE)], "cannot be read"),
    (["ask", "--batch", "-"], "has no lines"),
    (["search"], "Give a query, or --batch"),
    (["search", " "], "question is empty"),
    (["search", "q", "-k", "0"], "-k"),
    (["search", "q", "-k", "many"], "-k"),
    (["papers", "show"], "Missing argument"),
    (["papers", "export", "--format", "xml"], "xml"),
    (["papers", "frobnicate"], "frobnicate"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG_CALLS, ids=[" ".join(call)[:40] for call, _ in WRONG_CALLS])
def test_a_wrong_call_says_what_is_wrong(arguments: list[str], said: str, made: Path) -> None:
    assert said in error_of(vouched(*arguments, "--library", made, "--json"), 2)
    for_people = vouched(*arguments, "--library", made)
    assert (for_people.code, for_people.out) == (2, "")
    assert "Error: " in for_people.err
    assert said in " ".join(for_people.err.split())


def test_an_unknown_command_is_a_wrong_call(made: Path) -> None:
    assert "frobnicate" in error_of(vouched("frobnicate", "--json"), 2)
    assert "No such command 'frobnicate'" in vouched("frobnicate", "--library", made).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "q", "--paper", "no-such-paper"], "There is no paper no-such-paper"),
        (["papers", "show", "no-such-paper"], "There is no paper no-such-paper"),
        (["papers", "remove", "no-such-paper"], "There is no paper no-such-paper"),
    ],
)
def test_an_unknown_paper_is_named(arguments: list[str], said: str, library: Path) -> None:
    assert said in error_of(vouched(*arguments, "--library", library, "--json"), 1)


@pytest.mark.parametrize("name", ["VOUCHED_LLM", "VOUCHED_TIMEOUT_S", "VOUCHED_MAX_RETRIES", "VOUCHED_STRATEGY"])
def test_a_bad_setting_is_named(name: str, library: Path) -> None:
    for arguments in (["ask", "q"], ["papers", "list"]):
        called = vouched(*arguments, "--library", library, "--json", env={name: "nonsense"})
        message = error_of(called, 1)
        assert name.removeprefix("VOUCHED_").lower() in message
        assert "VOUCHED_…" in message


def test_settings_that_are_no_text_are_told(library: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"VOUCHED_LLM=\xff\xfe\n")
    called = vouched("papers", "list", "--library", library, "--json", cwd=tmp_path)
    assert ".env is not UTF-8" in error_of(called, 1)


COMMANDS = [
    ["ask", "q"],
    ["search", "q"],
    ["papers", "list"],
    ["papers", "show", "x"],
    ["papers", "remove", "x"],
    ["papers", "export"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_reading_where_there_is_no_library_says_how_to_make_one(arguments: list[str], tmp_path: Path) -> None:
    called = vouched(*arguments, "--library", tmp_path / "none", "--json")
    assert "Make one: vouched ingest FILE --library" in error_of(called, 1)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("arguments", [*COMMANDS, ["ingest", "--sample"]], ids=" ".join)
def test_a_file_is_no_library(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert "is a file; a library is a folder" in error_of(vouched(*arguments, "--library", tmp_path / "file", "--json"), 1)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_library_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be made" in error_of(vouched("ingest", "--sample", "--library", tmp_path / "file" / "below", "--json"), 1)


def test_a_read_only_library_is_not_written_but_answers(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "new.jsonl", [{"title": "A new one", "abstract": "It is new."}])
    monkeypatch.setattr(os, "access", lambda path, mode, **_: not (mode & os.W_OK and str(path).startswith(str(library))))
    assert "cannot be written" in error_of(vouched("ingest", file, "--library", library, "--json"), 1)
    assert vouched("search", "walnut", "--library", library).code == 0


def test_a_damaged_catalogue_is_named(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "copy")
    (tmp_path / "copy" / "catalogue.sqlite3").write_bytes(b"no database, for certain" * 100)
    for wal in (tmp_path / "copy").glob("catalogue.sqlite3-*"):
        wal.unlink()
    assert "catalogue.sqlite3 cannot be opened" in error_of(
        vouched("papers", "list", "--library", tmp_path / "copy", "--json"), 1
    )


def test_an_empty_library_abstains(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    vouched("ingest", tmp_path / "empty", "--library", tmp_path / "library")
    answer = vouched("ask", "What is known?", "--library", tmp_path / "library", "--json").json
    assert (answer["status"], answer["retrieved"], answer["citations"]) == ("abstained", [], [])
    assert "the library is empty" in vouched("search", "walnut", "--library", tmp_path / "library").err
