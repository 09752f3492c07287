"""Keeps the app to its own server: nothing is fetched from elsewhere, and no other site may read it or write to it.

Gradio's components can load fonts, scripts and images from third parties, and what they load changes between versions.
So the rule is not a list of what to strip but a Content-Security-Policy, which the browser enforces. Scripts need
``unsafe-inline`` and ``unsafe-eval``, for Gradio's page is built that way; they may still talk to this server only.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.guard.refusing import Refused

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
    "referrer-policy": "same-origin",  # with none at all a form of ours would seem to come from nowhere
    "x-content-type-options": "nosniff",
}
# Gradio's template advertises itself to social networks, with a picture from GitHub.
SOCIAL = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')
# What Gradio would fetch from elsewhere for whoever asks, or do with a recording: nothing here needs it.
CLOSED = re.compile(r".*/gradio_api/(?:proxy=|file[=/]\s*[a-z][a-z0-9+.-]*:/|process_recording|vibe-)", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_address(host: str) -> bool:
    """Tell whether a host is an address, and not a name, which another site could point here."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def hostname(header: str) -> str:
    """Give the name in a ``Host`` header without its port."""
    return header.partition("]")[0].lstrip("[") if header.startswith("[") else header.partition(":")[0]


class OwnOrigin:
    """ASGI middleware that sets the headers above, and turns away what does not come from a page of ours or a program.

    A request for a name that is not ours is refused: else a site that points its own name at 127.0.0.1 could read the
    library through a visitor's browser. One that another site's page makes is refused too: browsers say so in ``Origin``
    and ``Sec-Fetch-Site``. Programs send neither. A link from another site to the page is let through.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        """Wrap an app that is also reached by these names, for instance through a proxy."""
        self.app = app
        self.given = frozenset(name.lower() for name in names)
        self.names = self.given | {"localhost", socket.gethostname().lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            await (self._refusal(scope) or self.app)(scope, receive, self._guarded(send))

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        name = hostname(host)
        if name not in self.names and not is_address(name):
            remedy = "Whoever runs it can allow the name: vouched serve --name NAME"
            return Refused(421, "UnknownName", f"This server does not answer to that name. {remedy}")
        if not (self._own(headers.get("origin"), host) and _asked_here(headers, scope["method"])):
            return Refused(403, "OtherSite", "Another site's page may not use this server.")
        if CLOSED.match(scope["path"]):
            return Refused(404, "NotFound", "There is nothing here.")
        return None

    def _own(self, origin: str | None, host: str) -> bool:
        if origin is None:
            return True
        parts = urlsplit(origin.lower())
        return parts.netloc == host or parts.hostname in self.given

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


def _asked_here(headers: Headers, method: str) -> bool:
    """Tell whether a browser that says who made it ask names this server or the reader; a link may be anyone's."""
    if headers.get("sec-fetch-site", "none") in {"same-origin", "none"}:
        return True
    return method in {"GET", "HEAD"} and headers.get("sec-fetch-mode") == "navigate"
