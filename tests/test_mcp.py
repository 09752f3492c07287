"""The MCP server, asked by the protocol's own client over loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest
from command import vouched
from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamablehttp_client
from pydantic import SecretStr
from served import serving

from assistant import Assistant, Settings
from assistant.api.tools import PATH
from assistant.guard import Gate, Users
from ingestion.library import Library

QUESTION = "How much does CodePlan improve on generating responses directly?"
TOKEN = "a-token-for-agents-only"  # noqa: S105 (of these tests alone)


@pytest.fixture(scope="module")
def url(sample_library: Library) -> Iterator[str]:
    assistant = Assistant(sample_library, Settings(llm="extractive", _env_file=None))  # type: ignore[call-arg]
    gate = Gate(users=Users({}, SecretStr(TOKEN)))
    with serving(assistant, gate=gate, mcp=True) as address:
        yield address


@asynccontextmanager
async def session(url: str, token: str = TOKEN) -> AsyncIterator[ClientSession]:
    headers = {"authorization": f"Bearer {token}"}
    async with (
        streamablehttp_client(url + PATH, headers=headers) as (reads, writes, _),
        ClientSession(reads, writes) as opened,
    ):
        await opened.initialize()
        yield opened


def called(url: str, tool: str, **arguments: object) -> tuple[bool, str]:
    """Call a tool; gives whether that is an error, and the text."""

    async def call() -> tuple[bool, str]:
        async with session(url) as opened:
            result = await opened.call_tool(tool, arguments)
            [content] = result.content
            return result.isError, content.text  # type: ignore[union-attr]

    return anyio.run(call)


def test_there_are_three_tools_and_each_says_what_it_does(url: str) -> None:
    async def listed() -> dict[str, tuple[str, list[str]]]:
        async with session(url) as opened:
            tools = (await opened.list_tools()).tools
            return {tool.name: (tool.description or "", list(tool.inputSchema["properties"])) for tool in tools}

    tools = anyio.run(listed)
    assert {name: arguments for name, (_, arguments) in tools.items()} == {
        "ask": ["question"],
        "search": ["query", "k"],
        "check": ["text"],
    }
    assert "each sentence with an exact quote" in tools["ask"][0]


@pytest.mark.parametrize(
    ("tool", "arguments", "command"),
    [
        ("ask", {"question": QUESTION}, ["ask", QUESTION, "--llm", "extractive"]),
        ("search", {"query": QUESTION, "k": 2}, ["search", QUESTION, "-k", "2"]),
    ],
)
def test_a_tool_gives_what_the_command_gives(
    url: str, sample_library: Library, tool: str, arguments: dict[str, object], command: list[str]
) -> None:
    failed, text = called(url, tool, **arguments)
    assert not failed
    expected = vouched(*command, "--library", sample_library.path, "--json").json
    assert {**json.loads(text), "timings": 0} == {**expected, "timings": 0}


def test_a_text_is_checked(url: str) -> None:
    failed, text = called(url, "check", text="CodePlan achieves a 25.1% relative improvement. Sourdough needs salt.")
    assert not failed
    assert [statement["found"] for statement in json.loads(text)["statements"]][1] == "not found"


def test_an_error_reaches_the_agent_in_words(url: str) -> None:
    assert called(url, "ask", question="??") == (
        True,
        "The question is empty. Ask one, for instance: vouched ask 'What does CodePlan improve?'",
    )


def test_without_the_token_nobody_comes_in(url: str) -> None:
    async def refused() -> None:
        async with session(url, "wrong"):
            pass

    with pytest.raises((ExceptionGroup, McpError, httpx.HTTPStatusError)) as error:
        anyio.run(refused)
    found = error.value
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    assert "401" in str(found)


def test_another_sites_page_is_refused(url: str) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "origin": "http://evil.example"}
    assert httpx.post(url + PATH, headers=headers, json={}).status_code == 403


def test_only_the_tools_are_open_to_programs(url: str) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    tools, page = (httpx.get(f"{url}{path}/gradio_api/info", headers=headers).json() for path in ("/mcp", ""))
    assert set(tools["named_endpoints"]) == {"/ask", "/search", "/check"}
    assert (page["named_endpoints"], page["unnamed_endpoints"], tools["unnamed_endpoints"]) == ({}, {}, {})
