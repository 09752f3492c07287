"""The HTTP API: ``/api/v1``, one route a service, the contract's objects as JSON (docs/api.md)."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.responses import JSONResponse

from assistant.api import requests
from assistant.api.failing import tell_errors
from assistant.api.services import Services

PREFIX = "/api/v1"


def api(services: Services) -> FastAPI:
    """Build the API, to be mounted at ``PREFIX``."""
    # Swagger's page would be fetched from elsewhere, so there is only the schema that it shows.
    app = FastAPI(title="Vouched", version="1", docs_url=None, redoc_url=None)

    @app.post("/ask")
    async def ask(body: requests.Question) -> Any:  # noqa: ANN401 (the contract's object, as of each)
        """Answer a question."""
        return JSONResponse(await services.done(lambda: services.ask(**body.model_dump())))

    @app.post("/search")
    async def search(body: requests.Query) -> Any:  # noqa: ANN401
        """Find papers, best first."""
        return JSONResponse(await services.done(lambda: services.search(**body.model_dump())))

    @app.post("/summarize")
    async def summarize(body: requests.Topic) -> Any:  # noqa: ANN401
        """Summarize a topic, papers, or what papers say of a topic."""
        return JSONResponse(await services.done(lambda: services.summarize(**body.model_dump())))

    @app.post("/check")
    async def check(body: requests.Draft) -> Any:  # noqa: ANN401
        """Check a text against the library, sentence by sentence."""
        return JSONResponse(await services.done(lambda: services.check(**body.model_dump())))

    @app.post("/check/pair")
    async def check_pair(body: requests.Pair) -> Any:  # noqa: ANN401
        """Check a claim against a source text alone."""
        return JSONResponse(await services.done(lambda: services.check_pair(**body.model_dump())))

    @app.get("/papers/{paper_id:path}")
    async def paper(paper_id: str) -> Any:  # noqa: ANN401
        """Give a paper by its id, DOI, arXiv or PubMed id."""
        return JSONResponse(await services.done(lambda: services.paper(paper_id)))

    tell_errors(app, services.assistant.library.path)
    return app
