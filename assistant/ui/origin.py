"""Keeps the page to its own server: nothing is fetched from elsewhere, and no other site may read it.

Gradio's components can load fonts, scripts and images from third parties, and what they load changes between versions.
So the rule is not a list of what to strip but a Content-Security-Policy, which the browser enforces. Scripts need
``unsafe-inline`` and ``unsafe-eval``, for Gradio's page is built that way; they may still talk to this server only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# Gradio's template advertises itself to social networks, with a picture from GitHub.
SOCIAL = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def hostname(header: str) -> str:
    """Give the name in a ``Host`` header without its port."""
    return header.partition("]")[0].lstrip("[") if header.startswith("[") else header.partition(":")[0]


class OwnOrigin:
    """ASGI middleware that sets the headers above, and turns away requests that name a host that is not ours.

    With ``hosts`` given, a request for any other name is refused: else a site that points its own name at 127.0.0.1
    could read the library through a visitor's browser.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None = None) -> None:
        """Wrap an app; without ``hosts`` every name is served."""
        self.app = app
        self.hosts = None if hosts is None else frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = hostname(Headers(scope=scope).get("host", ""))
        if self.hosts is not None and host not in self.hosts and not is_loopback(host):
            await PlainTextResponse("This server does not answer to that name.", 421)(scope, receive, send)
            return
        await self.app(scope, receive, self._guarded(send))

    def _guarded(self, send: Send) -> Send:
        """Give a ``send`` that adds the headers, and takes the social tags out of the one page there is."""
        held: list[Message] = []
        body = bytearray()

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if headers.get("content-type", "").startswith("text/html"):
                    held.append(message)
                    return
            elif message["type"] == "http.response.body" and held:
                body.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                page = SOCIAL.sub(b"", bytes(body))
                start = held.pop()
                MutableHeaders(scope=start)["content-length"] = str(len(page))
                await send(start)
                message = {"type": "http.response.body", "body": page}
            await send(message)

        return guarded
