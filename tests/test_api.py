"""The HTTP API over a real server and the real assistant: the contract's objects, its errors, and the documented client."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from command import IDS, process, small_library, vouched
from openai_server import fails, scripted_server
from pydantic import SecretStr
from served import serving

from assistant import Answer, Assistant, Settings
from assistant.api import Services
from assistant.api.services import WAITING
from assistant.errors import BusyError
from assistant.guard import Gate, Users
from ingestion.library import Library

DOCS = Path(__file__).parents[1] / "docs" / "api.md"
QUESTION = "What is NitroFusion?"
CLAIM = "NitroFusion generates high-quality images in a single step."
PAIR = {"claim": "NitroFusion needs one step.", "source": "NitroFusion is a single-step diffusion model."}


def settings(**more: Any) -> Settings:
    return Settings(**{"llm": "extractive", "_env_file": None, **more})


@pytest.fixture(scope="module")
def assistant(sample_library: Library) -> Assistant:
    return Assistant(sample_library, settings())


@pytest.fixture(scope="module")
def client(assistant: Assistant) -> Iterator[httpx.Client]:
    with serving(assistant) as url, httpx.Client(base_url=f"{url}/api/v1/", timeout=60) as client:
        yield client


def without_times(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "timings"}


@pytest.mark.parametrize(
    ("service", "body", "command"),
    [
        ("ask", {"question": QUESTION}, ["ask", QUESTION, "--llm", "extractive"]),
        ("ask", {"question": QUESTION, "year_to": 1900}, ["ask", QUESTION, "--year-to", "1900", "--llm", "extractive"]),
        ("search", {"query": "few-step diffusion", "k": 3}, ["search", "few-step diffusion", "-k", "3"]),
        ("summarize", {"topic": "diffusion models"}, ["summarize", "diffusion models", "--llm", "extractive"]),
        ("summarize", {"topic": CLAIM, "positions": True}, ["summarize", CLAIM, "--positions", "--llm", "extractive"]),
    ],
)
def test_each_service_gives_what_the_command_gives(
    client: httpx.Client, sample_library: Library, service: str, body: dict[str, Any], command: list[str]
) -> None:
    given = client.post(service, json=body)
    assert given.status_code == 200
    called = vouched(*command, "--library", sample_library.path, "--json")
    assert without_times(given.json()) == without_times(called.json)


def test_a_text_and_a_claim_are_checked_as_the_command_does(client: httpx.Client, sample_library: Library) -> None:
    text = f"{CLAIM} Sourdough needs salt."
    checked = vouched("check", "-", "--library", sample_library.path, "--json", stdin=text.encode())
    assert client.post("check", json={"text": text}).json() == checked.json
    assert client.post("check/pair", json=PAIR).json()["verdict"] in {"supported", "undetermined"}


def test_a_paper_is_given_by_any_of_its_names(tmp_path: Path) -> None:
    folder = small_library(tmp_path)
    shown = vouched("papers", "show", IDS[0], "--library", folder, "--json").json
    with serving(Assistant.open(folder, settings())) as url:
        for name in (IDS[0], "10.1000/182", "https://doi.org/10.1000/182"):
            assert httpx.get(f"{url}/api/v1/papers/{name}").json() == shown
        assert httpx.get(f"{url}/api/v1/papers/nope").status_code == 404


@pytest.mark.parametrize(
    ("service", "body", "status", "kind"),
    [
        ("ask", {"question": "??"}, 400, "QuestionError"),
        ("ask", {"question": "x" * 4001}, 400, "QuestionError"),
        ("ask", {"question": QUESTION, "papers": ["nope"]}, 404, "LibraryError"),
        ("ask", {"question": QUESTION, "authors": ["Nobody At All"]}, 404, "LibraryError"),
        ("ask", {"question": QUESTION, "llm": "local"}, 422, "RequestError"),
        ("ask", {"question": 3}, 422, "RequestError"),
        ("search", {"query": "x", "k": 1000}, 422, "RequestError"),
        ("summarize", {}, 400, "QuestionError"),
        ("summarize", {"positions": True, "papers": ["x"]}, 400, "QuestionError"),
        ("check", {"text": "x " * 30_000}, 400, "QuestionError"),
        ("check", {"text": "1 + 1"}, 400, "QuestionError"),
        ("nothing", {}, 404, "RequestError"),
    ],
)
def test_what_is_wrong_is_told_as_an_error_object(
    client: httpx.Client, sample_library: Library, service: str, body: dict[str, Any], status: int, kind: str
) -> None:
    refused = client.post(service, json=body)
    assert (refused.status_code, refused.json()["error"]["type"]) == (status, kind)
    assert str(sample_library.path) not in refused.text


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, b'{"question": "\\ud800?"}', b"\xff", b"", b"[]", b"null"])
def test_no_body_brings_it_down(client: httpx.Client, content: bytes) -> None:
    refused = client.post("ask", content=content, headers={"content-type": "application/json"})
    assert 400 <= refused.status_code < 500
    assert set(refused.json()["error"]) == {"type", "message"}


def test_a_get_says_which_method_is_meant(client: httpx.Client) -> None:
    refused = client.get("ask")
    assert (refused.status_code, refused.json()["error"]["type"]) == (405, "RequestError")


def test_a_form_sent_as_text_is_not_taken(client: httpx.Client) -> None:
    refused = client.post("ask", content=b'{"question": "What is NitroFusion?"}', headers={"content-type": "text/plain"})
    assert refused.status_code == 422


def test_a_model_that_fails_is_the_models_fault(sample_library: Library) -> None:
    with scripted_server() as model:
        model.script(fails(401, "no key"))
        broken = Assistant(sample_library, settings(llm="openai", openai_base_url=model.url, model="m"))
        with serving(broken) as url:
            refused = httpx.post(f"{url}/api/v1/ask", json={"question": QUESTION}, timeout=60)
    assert (refused.status_code, refused.json()["error"]["type"]) == (502, "LLMError")


def test_the_schema_names_every_service_and_nothing_is_fetched_for_it(client: httpx.Client) -> None:
    schema = client.get("openapi.json").json()
    assert set(schema["paths"]) == {"/ask", "/search", "/summarize", "/check", "/check/pair", "/papers/{paper_id}"}
    assert {server["url"] for server in schema["servers"]} == {"/api/v1"}
    assert client.get("docs").status_code == 404


def test_the_documented_client_works(client: httpx.Client, capsys: pytest.CaptureFixture[str]) -> None:
    [code] = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    address = str(client.base_url).removesuffix("/api/v1/")
    exec(compile(code.replace("http://127.0.0.1:7860", address), str(DOCS), "exec"), {})  # noqa: S102 (our own)
    assert re.search(r"Code-form Planning says: .*25\.1", capsys.readouterr().out)


def test_the_documented_curl_works(client: httpx.Client) -> None:
    [command] = re.findall(r"```\n(curl.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    address = str(client.base_url).removesuffix("/api/v1/")
    called = process("-c", "import subprocess, sys; subprocess.run(['bash', '-c', sys.argv[1]], check=True)",
                     command.replace("http://127.0.0.1:7860", address), program=())  # fmt: skip
    assert called.json["status"] == "answered"


class Held:
    """An assistant whose answers wait until they are let go."""

    def __init__(self, library: Library) -> None:
        self.library, self.settings = library, settings(answers_at_once=1)
        self.let_go = threading.Event()

    def ask(self, question: str, **_: Any) -> Answer:
        self.let_go.wait(60)
        return Answer(question, "answered", "Yes.", None, (), (), ())


def test_more_than_can_wait_are_sent_away_and_the_others_are_answered(sample_library: Library) -> None:
    import anyio

    held = Held(sample_library)
    services = Services(held)  # type: ignore[arg-type]
    answered, refused = [], []

    async def one(number: int) -> None:
        try:
            answered.append((number, (await services.done(lambda: services.ask(str(number))))["question"]))
        except BusyError as error:
            refused.append(str(error))
            held.let_go.set()

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for number in range(WAITING + 2):
                group.start_soon(one, number)

    anyio.run(all_of_them)
    assert len(refused) == 1
    assert sorted(answered) == [(number, str(number)) for number in range(WAITING + 1)]


def test_many_at_once_each_get_their_own_answer(client: httpx.Client, assistant: Assistant) -> None:
    questions = ["What is NitroFusion?", "What is MALT?", "What does CodePlan improve?", "What does CREDIT train?"]
    expected = {question: list(assistant.ask(question).to_dict()["citations"]) for question in questions}

    def asked(number: int) -> tuple[str, httpx.Response]:
        question = questions[number % len(questions)]
        return question, client.post("ask", json={"question": question})

    with ThreadPoolExecutor(12) as pool:
        for question, given in pool.map(asked, range(24)):
            assert (given.json()["question"], given.json()["citations"]) == (question, expected[question])


def test_neither_token_nor_key_is_in_what_is_served_or_logged(
    sample_library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    token, key = "a-token-that-nobody-sees", "sk-a-key-that-nobody-sees"
    closed = "http://127.0.0.1:9/v1"
    known = {
        "openai_api_key": key,
        "openai_base_url": closed,
        "token": token,
        "max_retries": 0,
        "llm": "openai",
        "model": "m",
    }
    keyed = Assistant(sample_library, settings(**known))
    with caplog.at_level(logging.DEBUG), serving(keyed, gate=Gate(users=Users({}, SecretStr(token)))) as url:
        headers = {"authorization": f"Bearer {token}"}
        pages = [httpx.get(url + path, headers=headers).text for path in ("/", "/config", "/gradio_api/info")]
        failed = httpx.post(f"{url}/api/v1/ask", json={"question": QUESTION}, headers=headers, timeout=60)
        assert failed.status_code == 502
        wrong = httpx.post(f"{url}/api/v1/ask", json={"question": QUESTION}, headers={"authorization": "Bearer x"})
        assert wrong.status_code == 401
    shown = "".join(
        [*pages, failed.text, wrong.text, *(record.getMessage() for record in caplog.records if record.name != "httpx")]
    )
    assert "Vouched" in shown
    assert token not in shown
    assert key not in shown
