"""Visitors of a served web app: programs that use its API, and readers whose browser talks to its page.

Each knows what the right answer to each of its questions is, and sees whether that, and nothing of anyone else's, came back.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from typing import Any

import httpx

WAIT_S = 60
TURNS = 3  # questions of a reader's conversation
TAG = re.compile(r"<[^>]+>")
ASK, NEW, CHAT, PANEL = "v-ask", "v-new", "v-chat", "v-panel"  # the page's elements
EDIT = '<a class="v-edit"'  # what follows a question in its message


class WrongAnswerError(Exception):
    """What came back was not the answer to the question, or not that alone."""


@dataclass(frozen=True, slots=True)
class Known:
    """The right answer to a question: its status, and the quotes in their order."""

    status: str
    quotes: tuple[str, ...]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Known:
        """Take it from the contract's object."""
        return cls(answer["status"], tuple(citation["quote"] for citation in answer["citations"]))


class Program:
    """Asks through the API."""

    def __init__(self, url: str) -> None:
        """Keep a connection to the app at an address."""
        self._client = httpx.Client(base_url=url, timeout=WAIT_S)

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def answer(self, question: str) -> dict[str, Any]:
        """Ask. Raises httpx.HTTPError."""
        response = self._client.post("/api/v1/ask", json={"question": question})
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def ask(self, question: str, known: Known) -> float:
        """Ask, and see that the answer is the right one; gives the seconds. Raises httpx.HTTPError, WrongAnswerError."""
        started = time.perf_counter()
        answer = self.answer(question)
        seconds = time.perf_counter() - started
        if answer["question"] != question or Known.of(answer) != known:
            raise WrongAnswerError(f"{question!r} was answered with {answer['answer'][:200]!r}.")
        return seconds


class Page:
    """What a browser learns of the page: which elements there are, and which events."""

    def __init__(self, url: str) -> None:
        """Read the page's description."""
        self.url = url
        self._config: dict[str, Any] = httpx.get(f"{url}/config", timeout=WAIT_S).raise_for_status().json()

    def event(self, element: str, does: str, session: str, value: object = None) -> dict[str, Any]:
        """Write what a browser sends when something is done to an element, which has a value."""
        event = self._event(element, does)
        data = [value if each == self._ids[element] else None for each in event["inputs"]]
        return {"data": data, "fn_index": event["id"], "session_hash": session, "trigger_id": self._ids[element]}

    def shown(self, output: Mapping[str, Any]) -> tuple[list[str], str]:
        """Give the questions that the chat shows after a question was put, and the text of the evidence."""
        by_id = dict(zip(self._event(ASK, "submit")["outputs"], output["data"], strict=True))
        messages = by_id[self._ids[CHAT]]
        said = [message["content"][0]["text"] for message in messages if message["role"] == "user"]
        asked = [_text(html.partition(EDIT)[0]) for html in said]
        return asked, _text(by_id[self._ids[PANEL]])

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {each["props"].get("elem_id"): each["id"] for each in self._config["components"]}

    def _event(self, element: str, does: str) -> dict[str, Any]:
        wanted = [self._ids[element], does]
        found: dict[str, Any] = next(each for each in self._config["dependencies"] if wanted in each["targets"])
        return found


class Reader:
    """Asks on the page, which stays open; every few questions a new conversation."""

    def __init__(self, page: Page) -> None:
        """Open the page in a browser. Raises httpx.HTTPError."""
        self._page, self._session, self._asked = page, secrets.token_hex(8), list[str]()
        self._client = httpx.Client(base_url=page.url, timeout=WAIT_S)
        self._client.get("/").raise_for_status()
        beats = self._client.build_request("GET", f"/gradio_api/heartbeat/{self._session}")
        self._heartbeat = self._client.send(beats, stream=True)  # open for as long as the page is

    def close(self) -> None:
        """Close the page."""
        self._heartbeat.close()
        self._client.close()

    def ask(self, question: str, known: Known) -> float:
        """Ask, and see that the page shows this conversation alone; gives the seconds, as `Program` does."""
        if len(self._asked) == TURNS:
            self._asked.clear()
            anew = self._page.event(NEW, "click", self._session)
            self._client.post("/gradio_api/run/predict", json=anew).raise_for_status()
        self._asked.append(question)
        put = self._page.event(ASK, "submit", self._session, question)
        started = time.perf_counter()
        self._client.post("/gradio_api/queue/join", json=put).raise_for_status()
        output = self._output()
        seconds = time.perf_counter() - started
        shown, evidence = self._page.shown(output)
        if shown != [_plain(asked) for asked in self._asked]:
            raise WrongAnswerError(f"After {self._asked!r} the page shows {shown!r}.")
        # A later question may lean on the first, and be understood otherwise than alone.
        if len(self._asked) == 1 and not all(_plain(quote) in evidence for quote in known.quotes):
            raise WrongAnswerError(f"{question!r} lacks its quotes: the evidence is {evidence[:200]!r}.")
        return seconds

    def _output(self) -> dict[str, Any]:
        with self._client.stream("GET", "/gradio_api/queue/data", params={"session_hash": self._session}) as events:
            events.raise_for_status()
            for line in events.iter_lines():
                event = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if event.get("msg") == "process_completed":
                    if not event["success"]:
                        raise WrongAnswerError(f"The page reports a failure: {event['output']}")
                    output: dict[str, Any] = event["output"]
                    return output
        raise WrongAnswerError("The page's answer broke off.")


def _text(html: str) -> str:
    return _plain(unescape(TAG.sub("", html)))


def _plain(text: str) -> str:
    return " ".join(text.split())
