"""``vouched serve``: the web app, the API and the MCP server on one port of this machine, behind one gate."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.guard.gate import Gate
from assistant.ui.listening import address_of, listen
from assistant.ui.ports import Answerer

if TYPE_CHECKING:
    import gradio as gr
    import uvicorn
    from starlette.types import ASGIApp

    from assistant.api import Services

log = logging.getLogger(__name__)
Moving = Callable[[str | Path | None], Awaitable[str | None]]
# Gradio reports its use and asks for newer versions unless told not to, and reads these when it is imported.
OFFLINE = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_RUN_HISTORY": "False", "HF_HUB_OFFLINE": "1"}
UPLOADS = "GRADIO_TEMP_DIR"
UPLOADS_LAST_S = 3600


def build(assistant: Answerer) -> gr.Blocks:
    """Build the page as a Gradio app. ``serve`` gives it its looks and its guard; use that to show it to people."""
    for name, value in OFFLINE.items():
        os.environ.setdefault(name, value)
    if UPLOADS not in os.environ:  # a folder that only this user may enter, and that goes when the process does
        os.environ[UPLOADS] = tempfile.mkdtemp(prefix="vouched-uploads-")
        atexit.register(shutil.rmtree, os.environ[UPLOADS], ignore_errors=True)
    from assistant.ui.page import blocks  # Gradio takes seconds to import, and must be told first

    page = blocks(assistant)
    page.delete_cache = (UPLOADS_LAST_S, UPLOADS_LAST_S)
    page.has_launched = True  # else Gradio takes any path in an event for an uploaded file, and reads it
    for block in page.blocks.values():
        move = block.async_move_resource_to_block_cache
        block.async_move_resource_to_block_cache = _only_files(move)  # type: ignore[method-assign, assignment]
    for event in page.fns.values():  # what the page does is no business of other programs, which have the API
        event.api_visibility = "private"
    return page


def _only_files(move: Moving) -> Moving:
    """Have a component take no address for a file: Gradio would fetch what is there."""

    async def moved(file: str | Path | None) -> str | None:
        if file is not None and "://" in str(file):
            raise ValueError("An address is no uploaded file.")
        return await move(file)

    return moved


def serve(
    assistant: Answerer,
    host: str = "127.0.0.1",
    port: int = 7860,
    announce: Callable[[str], None] | None = None,
    *,
    gate: Gate | None = None,
    services: Services | None = None,
    mcp: bool = False,
) -> None:
    """Serve the web app until it is interrupted.

    Args:
        assistant: Who answers.
        host: The address to listen on; the default can be reached from this machine only.
        port: The port to listen on; 0 takes a free one.
        announce: Called with the app's address once it can be opened; without it the address is logged.
        gate: Who may come in, and how often; without it everyone who can reach the address.
        services: What the API offers; without it there is none.
        mcp: Offer the services as the tools of an MCP server too.

    Raises:
        VouchedError: The port is taken, or the address is not this machine's.
    """
    server = WebServer(assistant, host, port, gate=gate, services=services, mcp=mcp)
    if announce is None:
        log.info("The web app is at %s", server.url)
    else:
        announce(server.url)
    with suppress(KeyboardInterrupt):  # the way to end it, so no error
        server.run()


class WebServer:
    """The web app bound to a port. Connections wait from the moment that this exists, and are served by ``run``."""

    def __init__(
        self,
        assistant: Answerer,
        host: str = "127.0.0.1",
        port: int = 7860,
        *,
        gate: Gate | None = None,
        services: Services | None = None,
        mcp: bool = False,
    ) -> None:
        """Take the port first, for that fails at once, and build the page then."""
        self._socket = listen(host, port)
        port = self._socket.getsockname()[1]
        self.url = address_of(host, port)
        try:
            page = build(assistant)
            app = guarded(page, host, port, gate=gate, services=services, mcp=mcp)
            self._server = _uvicorn(app)
        except BaseException:
            self._socket.close()
            raise

    def run(self) -> None:
        """Serve until ``close`` is called or the process is interrupted."""
        self._server.run(sockets=[self._socket])

    def close(self) -> None:
        """Ask ``run``, which goes on in another thread, to end."""
        self._server.should_exit = True


def guarded(
    blocks: gr.Blocks,
    host: str,
    port: int,
    *,
    gate: Gate | None = None,
    services: Services | None = None,
    mcp: bool = False,
) -> ASGIApp:
    """Mount the page with its looks and the API in an app of ours, behind the gate.

    Gradio's ``launch`` is not used: it calls its own address, through a proxy where one is set, and offers share links.
    """
    import gradio as gr
    from fastapi import FastAPI
    from fastapi.responses import Response

    from assistant.ui import theme

    gate = gate or Gate()
    app = FastAPI(title="Vouched", openapi_url=None, docs_url=None, redoc_url=None)
    icon = (files("assistant.ui") / "static" / "favicon.svg").read_bytes()

    @app.get("/favicon.ico", include_in_schema=False)
    def favicon() -> Response:
        return Response(icon, media_type="image/svg+xml")

    @app.get("/manifest.json", include_in_schema=False)
    def manifest() -> Response:  # Gradio's page asks for it, and its own answer is an error
        return Response('{"name": "Vouched"}', media_type="application/manifest+json")

    mount = partial(
        gr.mount_gradio_app,
        app,
        server_name=host,
        server_port=port,
        auth_dependency=None if gate.users is None else lambda request: request.state.user,
        footer_links=[],
        max_file_size=gate.upload_mb * 2**20,
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        show_error=False,
        theme=theme.theme(),
    )
    if services is not None:
        from assistant.api.routes import PREFIX, api

        app.mount(PREFIX, api(services))
        if mcp:
            from assistant.api.tools import MOUNTED, tools

            mount(tools(services), path=MOUNTED, mcp_server=True)
    mount(blocks, path="/", mcp_server=False, head=theme.head())
    return gate.around(app)


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
