"""The web app's server: the port, the guard that keeps the page to its own origin, and the page as it is sent."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant import chats
from assistant.answer import Answer, Event
from assistant.guard.origin import hostname, is_loopback
from assistant.ui import suggestions
from assistant.ui.answering import answer
from assistant.ui.app import WebServer, build, guarded
from assistant.ui.conversation import Turn
from assistant.ui.listening import listen
from ingestion.errors import VouchedError
from ingestion.paper import Paper


class Shelf:
    """A library of one paper whose title is markup."""

    def paper(self, paper_id: str) -> Paper:
        """Know no paper."""
        raise VouchedError(f"no {paper_id}")

    def papers(self) -> Iterator[Paper]:
        """Yield the paper."""
        yield Paper("p", "<script>alert(1)</script>: A Study", "Text.")

    def count(self) -> int:
        """Count it."""
        return 1

    def listing(self, order: str, start: int, count: int, words: str = "") -> tuple[int, list[Paper]]:
        """List it."""
        return 1, list(self.papers())


class Scripted:
    """An assistant that does what the question says."""

    library = Shelf()

    def chat(self, turns: Sequence[chats.Turn] = ()) -> chats.Chat:
        """Go on with a chat."""
        return chats.Chat(self, turns)

    def stream(self, question: str) -> Iterator[Event]:
        """Fail in the way asked for, or answer."""
        if question == "refuse":
            raise VouchedError("The model is asleep. Wake it.")
        if question == "crash":
            raise ZeroDivisionError
        if question != "break off":
            yield Answer(question, "answered", "Yes.", None, (), (), ())


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """Give a client of the whole app, without a network."""
    with TestClient(guarded(build(Scripted()), "127.0.0.1", 7860), base_url="http://127.0.0.1:7860") as client:
        yield client


def test_a_taken_port_is_named_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(VouchedError, match=rf"port {port} of 127\.0\.0\.1.*--port"):
            WebServer(Scripted(), port=port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("127.0.0.1", -1), ("192.0.2.1", 0)])
def test_an_address_that_cannot_be_is_an_error_for_the_user(host: str, port: int) -> None:
    with pytest.raises(VouchedError, match="cannot listen"):
        listen(host, port)


def test_the_page_may_ask_nobody_else(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert not re.findall(r"""(?:src|href|content)=["']https?://(?!127\.0\.0\.1)[^"']*""", page.text)
    assert "<script>alert(1)" not in page.text
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
    assert client.get("/manifest.json").json() == {"name": "Vouched"}


def test_uploads_stay_in_a_folder_of_their_own_and_nothing_else_is_given_out(client: TestClient) -> None:
    [path] = client.post("/gradio_api/upload", files={"files": ("../../draft.md", b"A draft.")}).json()
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    assert Path(path).is_relative_to(folder)
    assert folder.stat().st_mode & 0o077 == 0
    assert client.get(f"/gradio_api/file={path}").text == "A draft."
    for elsewhere in (__file__, "/etc/passwd", f"{folder}/../../etc/passwd"):
        assert client.get(f"/gradio_api/file={elsewhere}").status_code in {403, 404}


def uploaded(client: TestClient, path: str) -> str:
    """Tell the audit that a file was uploaded, and give what it does."""
    [event] = [
        each["id"]
        for each in client.get("/config").json()["dependencies"]
        if len(each["inputs"]) == 1 and any(target[1] == "upload" for target in each["targets"])
    ]
    body = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}], "fn_index": event, "session_hash": "s"}
    assert client.post("/gradio_api/queue/join", json=body).status_code == 200
    return client.get("/gradio_api/queue/data?session_hash=s").text


def test_an_event_reads_no_file_that_was_not_uploaded(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    monkeypatch.setattr("gradio.processing_utils.async_ssrf_protected_download", lambda url, **_: fetched.append(url))
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    [own] = client.post("/gradio_api/upload", files={"files": ("draft.md", b"the draft")}).json()
    assert "the draft" in uploaded(client, own)
    for elsewhere in (str(secret), "https://example.org/a.txt"):
        told = uploaded(client, elsewhere)
        assert '"success":false' in told
        assert "the secret" not in told
    assert fetched == []


def test_another_name_is_turned_away(client: TestClient) -> None:
    assert client.get("/", headers={"host": "evil.example:7860"}).status_code == 421
    assert client.get("/", headers={"host": "localhost:7860"}).status_code == 200


@pytest.mark.parametrize(
    ("question", "words"),
    [("refuse", "asleep. Wake it"), ("crash", "ZeroDivisionError"), ("break off", "broke off")],
)
def test_whatever_fails_is_told_and_not_raised(question: str, words: str) -> None:
    turn = Turn(1, question)
    assert list(answer(Scripted(), turn)) == []
    assert words in (turn.error or "")


def test_an_answer_settles_its_turn() -> None:
    turn = Turn(1, "Why?")
    list(answer(Scripted(), turn))
    assert turn.settled
    assert turn.error is None


def test_suggestions_are_made_of_short_names() -> None:
    titles = [
        "NitroFusion: Fast",
        "A Study of Long Things That Nobody Would Name So " * 3,
        "Snow Today",
        "MALT: Teams",
        "Why?",
    ]
    papers = [Paper(str(n), title, "Text.") for n, title in enumerate(titles)]
    assert suggestions.suggested(papers) == (
        "What does NitroFusion propose?",
        "Which problem does “Snow Today” address?",
        "How does MALT work?",
    )
    assert suggestions.suggested([]) == ()


@pytest.mark.parametrize(
    ("header", "name", "own"),
    [
        ("localhost:80", "localhost", True),
        ("[::1]:80", "::1", True),
        ("127.0.0.9", "127.0.0.9", True),
        ("a.b:1", "a.b", False),
    ],
)
def test_hosts_are_told_apart(header: str, name: str, own: bool) -> None:
    assert hostname(header) == name
    assert is_loopback(name) is own
