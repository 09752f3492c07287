"""What the API says when something is wrong: the contract's error object, and a status that says whose turn it is."""

from __future__ import annotations

import logging
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from assistant.errors import BusyError, LLMError, QuestionError, error_object
from ingestion.errors import LibraryError, VouchedError

log = logging.getLogger(__name__)
RETRY_S = "5"
SCHEMA = "What there is: /api/v1/openapi.json"


def tell_errors(app: FastAPI, library: Path) -> None:
    """Have an app tell errors as the contract does, without the place of the library, which is of no use from afar."""

    @app.exception_handler(VouchedError)
    async def refused(_: Request, error: VouchedError) -> Response:
        found = error_object(error)
        found["error"]["message"] = found["error"]["message"].replace(str(library), library.name)
        status = _status(error)
        if status >= 500:
            log.warning("%s", error)
        return JSONResponse(found, status, {"retry-after": RETRY_S} if status == 503 else None)

    @app.exception_handler(RequestValidationError)
    async def misread(_: Request, error: RequestValidationError) -> Response:
        places = (".".join(map(str, found["loc"][1:])) or "the body" for found in error.errors())
        wrong = "; ".join(f"{place}: {found['msg']}" for place, found in zip(places, error.errors(), strict=True))
        return _error(422, "RequestError", f"The request cannot be used: {wrong}. {SCHEMA}")

    @app.exception_handler(HTTPException)
    async def not_served(_: Request, error: HTTPException) -> Response:
        return _error(error.status_code, "RequestError", f"{error.detail}. {SCHEMA}")

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> Response:  # the server has logged where
        told = f"Something unexpected went wrong ({type(error).__name__}). The server's log says more."
        return _error(500, "InternalError", told)


def _status(error: VouchedError) -> int:
    match error:
        case QuestionError():
            return 400
        case LibraryError(absent=True):
            return 404
        case LLMError():
            return 502
        case BusyError():
            return 503
    return 500


def _error(status: int, kind: str, message: str) -> Response:
    return JSONResponse({"error": {"type": kind, "message": message}}, status)
