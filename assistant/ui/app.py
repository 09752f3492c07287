"""``vouched serve``: the web app on a port of this machine."""

from __future__ import annotations

import errno
import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files
from typing import TYPE_CHECKING

from assistant.ui.ports import Answerer
from ingestion.errors import VouchedError

if TYPE_CHECKING:
    import gradio as gr
    import uvicorn
    from starlette.types import ASGIApp

log = logging.getLogger(__name__)
LAST_PORT = 65535
# Gradio reports its use and asks for newer versions unless told not to, and reads these when it is imported.
OFFLINE = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_RUN_HISTORY": "False", "HF_HUB_OFFLINE": "1"}


def build(assistant: Answerer) -> gr.Blocks:
    """Build the page as a Gradio app. ``serve`` gives it its looks and its guard; use that to show it to people."""
    for name, value in OFFLINE.items():
        os.environ.setdefault(name, value)
    from assistant.ui.page import blocks  # Gradio takes seconds to import, and must be told first

    return blocks(assistant)


def serve(
    assistant: Answerer,
    host: str = "127.0.0.1",
    port: int = 7860,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve the web app until it is interrupted.

    Args:
        assistant: Who answers.
        host: The address to listen on; the default can be reached from this machine only.
        port: The port to listen on; 0 takes a free one.
        announce: Called with the app's address once it can be opened; without it the address is logged.

    Raises:
        VouchedError: The port is taken, or the address is not this machine's.
    """
    server = WebServer(assistant, host, port)
    if announce is None:
        log.info("The web app is at %s", server.url)
    else:
        announce(server.url)
    with suppress(KeyboardInterrupt):  # the way to end it, so no error
        server.run()


class WebServer:
    """The web app bound to a port. Connections wait from the moment that this exists, and are served by ``run``."""

    def __init__(self, assistant: Answerer, host: str = "127.0.0.1", port: int = 7860) -> None:
        """Take the port first, for that fails at once, and build the page then."""
        self._socket = listen(host, port)
        port = self._socket.getsockname()[1]
        name = "localhost" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 - compared, not bound
        self.url = f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
        try:
            self._server = _uvicorn(guarded(build(assistant), host, port))
        except BaseException:
            self._socket.close()
            raise

    def run(self) -> None:
        """Serve until ``close`` is called or the process is interrupted."""
        self._server.run(sockets=[self._socket])

    def close(self) -> None:
        """Ask ``run``, which goes on in another thread, to end."""
        self._server.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """Take a port, or say in words why that cannot be."""
    if not 0 <= port <= LAST_PORT:
        raise VouchedError(f"The web app cannot listen on port {port}: ports go from 0, which takes a free one, to 65535.")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address, family=family)
    except OSError as error:
        remedy = {
            errno.EADDRINUSE: "Another program has it, perhaps another `vouched serve`: stop that, or take another port"
            f" with `--port {port % LAST_PORT + 1}` (`--port 0` takes a free one).",
            errno.EACCES: "Ports below 1024 need special rights: take another with `--port 7860`.",
        }.get(error.errno or 0, "Give an address of this machine with `--host`, such as 127.0.0.1.")
        raise VouchedError(f"The web app cannot listen on port {port} of {host}: {error.strerror}. {remedy}") from error


def guarded(blocks: gr.Blocks, host: str, port: int) -> ASGIApp:
    """Mount the page with its looks in an app of ours, behind the guard that keeps it to its own server.

    Gradio's ``launch`` is not used: it calls its own address, through a proxy where one is set, and offers share links.
    """
    import gradio as gr
    from fastapi import FastAPI
    from fastapi.responses import Response

    from assistant.ui import theme
    from assistant.ui.origin import OwnOrigin, is_loopback

    app = FastAPI(title="Vouched", openapi_url=None, docs_url=None, redoc_url=None)
    icon = (files("assistant.ui") / "static" / "favicon.svg").read_bytes()

    @app.get("/favicon.ico", include_in_schema=False)
    def favicon() -> Response:
        return Response(icon, media_type="image/svg+xml")

    @app.get("/manifest.json", include_in_schema=False)
    def manifest() -> Response:  # Gradio's page asks for it, and its own answer is an error
        return Response('{"name": "Vouched"}', media_type="application/manifest+json")

    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=host,
        server_port=port,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        show_error=False,
        theme=theme.theme(),
        head=theme.head(),
    )
    return OwnOrigin(app, hosts=(host,) if is_loopback(host) else None)


def _uvicorn(app: ASGIApp) -> uvicorn.Server:
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    # Every open page keeps a connection for events, which ending the server cuts. That is no error worth a traceback.
    logging.getLogger("uvicorn.error").addFilter(_worth_saying)
    return uvicorn.Server(config)


def _worth_saying(record: logging.LogRecord) -> bool:
    cut_off = "timeout graceful shutdown exceeded"
    told = str(record.exc_info[1]) if record.exc_info else ""
    return cut_off not in record.getMessage() and cut_off not in told
