"""What a client is told that is not let through: the contract's error object, with a status that says the kind."""

from __future__ import annotations

import math

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send


class Refused(JSONResponse):
    """``{"error": {"type", "message"}}``, whatever was asked for."""

    def __init__(self, status: int, kind: str, message: str, *, wait: float | None = None, **headers: str) -> None:
        """Say what is wrong, and, where trying again helps, after how many seconds."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if wait is not None:
            named["retry-after"] = str(max(1, math.ceil(wait)))
        super().__init__({"error": {"type": kind, "message": message}}, status, named)


async def too_large(kilobytes: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a request for its size. The rest of it is not read, so the connection cannot go on."""
    message = f"The request is too large: at most {kilobytes:,} kB are taken here. Send less, or in parts."
    await Refused(413, "RequestTooLarge", message, connection="close")(scope, receive, send)
