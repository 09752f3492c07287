"""A loopback server of the OpenAI protocol that answers as scripted, well or badly, and remembers what it was asked."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}


@dataclass
class Call:
    """One request for a chat completion, and the connection to answer it on."""

    body: dict[str, Any]
    key: str
    handler: BaseHTTPRequestHandler
    closing: threading.Event

    @property
    def streams(self) -> bool:
        """Tell whether the answer is wanted in pieces."""
        return bool(self.body.get("stream"))

    @property
    def prompt(self) -> str:
        """Give all that the model is shown."""
        return "\n".join(message["content"] for message in self.body["messages"])

    def send(self, body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        """Answer in one piece."""
        self.handler.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(body)), **headers}.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def send_chunks(self, pieces: Sequence[bytes], *, finish: bool = True) -> None:
        """Answer as an event stream in chunks; unfinished, the connection closes in the middle."""
        self.handler.send_response(200)
        self.handler.send_header("content-type", "text/event-stream")
        self.handler.send_header("transfer-encoding", "chunked")
        self.handler.end_headers()
        for piece in [*pieces, *([b""] if finish else [])]:
            self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.handler.close_connection = not finish


Reply = Callable[[Call], None]


def says(text: str | None) -> Reply:
    """Answer with a text, whole or in pieces as it is asked for, and report the usage."""

    def reply(call: Call) -> None:
        if not call.streams:
            message = {"role": "assistant", "content": text}
            choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
            return call.send(json.dumps({"id": "1", "model": "scripted", "choices": choices, "usage": USAGE}).encode())
        words = (text or "").split(" ")
        pieces = [word + " " * (place < len(words) - 1) for place, word in enumerate(words)]
        usage = [event(None, usage=USAGE)] if "stream_options" in call.body else []
        return call.send_chunks([*(event(piece) for piece in pieces), *usage, b"data: [DONE]\n\n"])

    return reply


def event(text: str | None, **more: object) -> bytes:
    """Give one event of a stream; without text it has no choices, as the one that tells the usage."""
    choices = [] if text is None else [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
    return f"data: {json.dumps({'id': '1', 'model': 'scripted', 'choices': choices, **more})}\n\n".encode()


def evidence_in(prompt: str) -> dict[int, str]:
    """Read the numbered evidence out of a prompt."""
    block = prompt.partition("<evidence>")[2].partition("</evidence>")[0]
    return {int(number): quote for number, quote in re.findall(r"^\[(\d+)\] \(.*?\) (.*)$", block, re.MULTILINE)}


def writes(text: str) -> Reply:
    """Answer with a text in which {1} stands for the first evidence of the prompt, word for word."""

    def reply(call: Call) -> None:
        shown = evidence_in(call.prompt)
        says(re.sub(r"\{(\d+)\}", lambda number: shown[int(number[1])], text))(call)

    return reply


def fails(status: int, message: str = "no", **headers: str) -> Reply:
    """Refuse with a status."""
    return lambda call: call.send(json.dumps({"error": {"message": message}}).encode(), status=status, **headers)


def sends(body: bytes, kind: str = "application/json") -> Reply:
    """Answer 200 with this, whatever was asked."""
    return lambda call: call.send(body, kind=kind)


def lists(*models: str) -> Reply:
    """Offer these models."""
    return sends(json.dumps({"data": [{"id": model, "object": "model"} for model in models]}).encode())


def streams(*pieces: bytes, finish: bool = True) -> Reply:
    """Answer with these bytes as an event stream."""
    return lambda call: call.send_chunks(pieces, finish=finish)


def hangs() -> Reply:
    """Accept, and never answer."""

    def reply(call: Call) -> None:
        call.closing.wait()
        call.handler.close_connection = True

    return reply


def stalls(call: Call) -> None:
    """Send the first words, and then nothing more."""
    call.handler.send_response(200)
    call.handler.send_header("content-type", "text/event-stream")
    call.handler.end_headers()
    call.handler.wfile.write(event("The generator is "))
    call.closing.wait()
    call.handler.close_connection = True


def babbles(call: Call) -> None:
    """Write 20 MB in pieces of 20 kB, unless the client hangs up before."""
    call.handler.send_response(200)
    call.handler.send_header("content-type", "text/event-stream")
    call.handler.end_headers()
    try:
        for _ in range(1000):
            call.handler.wfile.write(event("words " * 3_400))
    except OSError:
        call.body["hung up"] = True
    call.handler.close_connection = True


@dataclass
class ScriptedServer:
    """Gives its replies in order, the last one for ever. ``calls`` are the chat requests so far."""

    replies: list[Reply] = field(default_factory=list)
    models: Reply = field(default_factory=lambda: lists("only-one"))
    calls: list[Call] = field(default_factory=list)
    url: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    def script(self, *replies: Reply) -> None:
        """Answer in this way."""
        self.replies = list(replies)


class Server(ThreadingHTTPServer):
    """Threads that end with the process, quiet about clients that hang up."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what is not a lost connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """Serve on a free loopback port until the block ends."""
    scripted = ScriptedServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            scripted.models(Call({}, "", self, scripted.closing))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            call = Call(body, self.headers["authorization"].removeprefix("Bearer "), self, scripted.closing)
            scripted.calls.append(call)
            scripted.replies[min(len(scripted.calls), len(scripted.replies)) - 1](call)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = Server(("127.0.0.1", 0), Handler)
    scripted.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield scripted
    finally:
        scripted.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
