"""The web app with the API and the MCP server, served on a loopback port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from assistant.api import Services
from assistant.engine import Assistant
from assistant.ui.app import WebServer


@contextmanager
def serving(assistant: Assistant, **more: Any) -> Iterator[str]:
    """Serve on a free port until the block ends, and give the address."""
    server = WebServer(assistant, port=0, services=Services(assistant), **more)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.close()
        thread.join(timeout=20)
        assert not thread.is_alive()
