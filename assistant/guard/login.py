"""Who is it? A browser logs in on a page and holds a cookie; a program shows a token with each request."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Callable
from importlib.resources import files
from time import monotonic
from urllib.parse import parse_qs

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.guard.buckets import Buckets, address
from assistant.guard.refusing import Refused
from assistant.guard.users import PROGRAM, Users

COOKIE = "vouched_session"
HOURS = 12  # that a login lasts
TRIES = 10  # a minute, from one address
FORM = 8_192  # bytes
OPEN = frozenset({"/favicon.ico", "/manifest.json"})  # which browsers fetch without the cookie
SESSIONS = 10_000  # the oldest end first beyond that
WRONG = "That is not right."
BYE = "You are logged out."
LATER = "Too many tries. Wait a minute."


class Login:
    """ASGI middleware that lets users through, and tells the app who it is as ``request.state.user``.

    Sessions are kept in memory: when the server ends, so do they. Only a hash of what the cookie holds is kept.
    """

    def __init__(self, app: ASGIApp, users: Users, clock: Callable[[], float] = monotonic) -> None:
        """Guard an app."""
        self.app, self.users, self.clock = app, users, clock
        page = (files("assistant.guard") / "login.html").read_text(encoding="utf-8")
        colours = (files("assistant.ui") / "static" / "colours.css").read_text(encoding="utf-8")
        by_name = ("Password", "") if users.hashes else ("Token", "hidden")
        for name, words in zip(("colours", "label", "hides"), (colours, *by_name), strict=True):
            page = page.replace(f"{{{name}}}", words)
        self._page = page
        self._sessions: dict[str, tuple[str, float]] = {}  # the user, and until when
        self._tries = Buckets(TRIES, clock)
        self._one_at_a_time = CapacityLimiter(1)  # a hash takes a core and 16 MiB for a moment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        kind, _, shown = request.headers.get("authorization", "").partition(" ")
        bearer = shown.strip() if kind.lower() == "bearer" else None
        path = scope["path"]
        if path == "/login" and scope["method"] == "POST":
            response = await self._log_in(request)
        elif path == "/logout":
            self._sessions.pop(_key(request), None)
            response = self._form(200, BYE)
            response.delete_cookie(COOKIE)
        elif (user := self._user(request) if bearer is None else self._program(bearer)) is not None:
            scope.setdefault("state", {})["user"] = user
            await self.app(scope, receive, send)
            return
        elif bearer is not None and self._tries.take(address(scope)):
            response = Refused(429, "TooManyRequests", LATER, wait=60)
        elif "text/html" in request.headers.get("accept", "") and scope["method"] in {"GET", "HEAD"}:
            response = self._form(401, "")
        else:
            told = (
                "That token is not right."
                if bearer is not None
                else "Log in, or send the header Authorization: Bearer TOKEN."
            )
            response = Refused(401, "NotLoggedIn", told, www_authenticate="Bearer")
        await response(scope, receive, send)

    def _program(self, bearer: str) -> str | None:
        return PROGRAM if self.users.has_token(bearer) else None

    def _user(self, request: Request) -> str | None:
        user, until = self._sessions.get(_key(request), (None, 0.0))
        return user if self.clock() < until else None

    async def _log_in(self, request: Request) -> Response:
        if wait := self._tries.take(address(request.scope)):
            return self._form(429, LATER, wait)
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > FORM:
                return Refused(413, "RequestTooLarge", "That is no login.", connection="close")
        said = parse_qs(body.decode("utf-8", "replace"))
        name, password = (said.get(field, [""])[0] for field in ("name", "password"))
        user = await to_thread.run_sync(self.users.admits, name.strip(), password, limiter=self._one_at_a_time)
        if user is None:
            return self._form(401, WRONG)
        response = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        session = self._begun(user)
        response.set_cookie(COOKIE, session, max_age=3600 * HOURS, httponly=True, samesite="lax", secure=secure)
        return response

    def _begun(self, user: str) -> str:
        now = self.clock()
        self._sessions = {key: held for key, held in self._sessions.items() if now < held[1]}
        while len(self._sessions) >= SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        session = secrets.token_urlsafe(32)
        self._sessions[_hash(session)] = (user, now + 3600 * HOURS)
        return session

    def _form(self, status: int, told: str, wait: float | None = None) -> Response:
        headers = {"cache-control": "no-store"} | ({} if wait is None else {"retry-after": str(math.ceil(wait))})
        return HTMLResponse(self._page.replace("{told}", told), status, headers)


def _key(request: Request) -> str:
    return _hash(request.cookies.get(COOKIE, ""))


def _hash(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()
