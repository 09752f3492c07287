"""Limits: how many requests a client may make in a minute, and how large each may be."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.guard.buckets import Buckets, address
from assistant.guard.refusing import Refused, too_large

UPLOAD = "/gradio_api/upload"
# Looking at the page takes dozens of requests, all of them cheap: what is counted is what makes the server work.
FREE = frozenset({"GET", "HEAD", "OPTIONS"})
COUNTED = "/api/"


class Limits:
    """ASGI middleware. A client is a user where there are users, else an address."""

    def __init__(self, app: ASGIApp, per_minute: int, kilobytes: int, upload_kilobytes: int) -> None:
        """Limit an app; ``per_minute`` of 0 is no limit."""
        self.app = app
        self.buckets = Buckets(per_minute) if per_minute else None
        self.kilobytes, self.upload_kilobytes = kilobytes, upload_kilobytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.buckets is not None and (scope["method"] not in FREE or scope["path"].startswith(COUNTED)):
            user = scope.get("state", {}).get("user")
            if wait := self.buckets.take(f"user {user}" if user else address(scope)):
                message = f"Too many requests: {self.buckets.size} a minute are taken from each client. Wait a moment."
                await Refused(429, "TooManyRequests", message, wait=wait)(scope, receive, send)
                return
        uploads = scope["path"] == UPLOAD
        await self._bounded(self.upload_kilobytes if uploads else self.kilobytes, scope, receive, send)

    async def _bounded(self, kilobytes: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a body that says it is too large, and one that turns out to be."""
        limit = 1024 * kilobytes
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > limit:
            await too_large(kilobytes, scope, receive, send)
            return
        came, answered = 0, False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            return message if came <= limit else {"type": "http.disconnect"}

        async def unless_refused(message: Message) -> None:
            nonlocal answered
            if came <= limit or answered:
                answered = True
                await send(message)

        try:
            await self.app(scope, counted, unless_refused)
        except Exception:
            if came <= limit or answered:
                raise
        if came > limit and not answered:
            await too_large(kilobytes, scope, receive, send)
