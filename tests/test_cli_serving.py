"""`vouched serve`: what it refuses, the lines it prints for the file of users, and that it serves as it says."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from command import HERE, INTERRUPTIBLE, clean_environment, small_library, vouched

from assistant.guard.users import users_from

PASSWORD = "correct horse"  # noqa: S105 (of these tests alone)
TOKEN = "a-token-for-programs-only"  # noqa: S105
EVERYWHERE = "0.0.0.0"  # noqa: S104 (the tests refuse it, or ask for the token)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("small"))


def test_an_open_door_to_others_is_refused_with_the_ways_out(library: Path) -> None:
    refused = vouched("serve", "--host", EVERYWHERE, "--library", library)
    assert refused.code == 1
    for words in (EVERYWHERE, "--hash-password", "--auth", "VOUCHED_TOKEN", "--insecure"):
        assert words in refused.err


def test_a_password_becomes_a_line_of_the_users_file(tmp_path: Path) -> None:
    line = vouched("serve", "--hash-password", "ada", stdin=f"{PASSWORD}\n".encode()).out
    file = tmp_path / "users.txt"
    file.write_text(line, encoding="utf-8")
    users = users_from(file, None)
    assert users is not None
    assert users.admits("ada", PASSWORD) == "ada"
    assert PASSWORD not in line


@pytest.mark.parametrize(("name", "password", "told"), [("a:b", PASSWORD, "no colon"), ("ada", "short", "8 to 1,024")])
def test_a_name_or_password_that_cannot_be_is_refused(name: str, password: str, told: str) -> None:
    refused = vouched("serve", "--hash-password", name, stdin=f"{password}\n".encode())
    assert refused.code in {1, 2}
    assert told in " ".join(refused.err.split())
    assert refused.out == ""


def test_a_bad_users_file_is_told_before_anything_is_loaded(tmp_path: Path, library: Path) -> None:
    refused = vouched("serve", "--auth", tmp_path / "none", "--library", library)
    assert refused.code == 1
    assert "cannot be read" in refused.err


def test_it_serves_page_and_api_to_whoever_shows_the_token_until_it_is_stopped(library: Path) -> None:
    # every address of this machine, which needs a login, and so does not ask whether it may
    options = ["--host", EVERYWHERE, "--port", "0", "--llm", "extractive", "--library", str(library)]
    command = [*INTERRUPTIBLE, "serve", *options]
    environment = clean_environment(VOUCHED_TOKEN=TOKEN, COLUMNS="200")
    with subprocess.Popen(
        command, env=environment, cwd=HERE, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stderr is not None
            lines = iter(server.stderr.readline, "")
            url = next(found[1] for line in lines if (found := re.search(r"Vouched is at (http://localhost:\d+)", line)))
            assert httpx.get(url, headers={"accept": "text/html"}, timeout=60).status_code == 401
            headers = {"authorization": f"Bearer {TOKEN}"}
            assert "<gradio-app" in httpx.get(url, headers=headers, timeout=60).text
            asked = {"question": "When are walnuts harvested?"}
            answer = httpx.post(f"{url}/api/v1/ask", json=asked, headers=headers, timeout=60).json()
            assert answer["citations"][0]["quote"] == "Walnuts are harvested in autumn."
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(30) == 0
