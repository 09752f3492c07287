"""The tools of the MCP server, which is Gradio's own: an agent or an editor can ask, search and check.

Gradio reads the functions' names, types and docstrings: they are what an agent is told.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from assistant.api.services import Services
from ingestion.errors import VouchedError

if TYPE_CHECKING:
    import gradio as gr

MOUNTED = "/mcp"
PATH = f"{MOUNTED}/gradio_api/mcp/"
EXTRA = "pip install 'vouched[mcp]'"


def needed() -> None:
    """Raise VouchedError when what an MCP server needs is not installed."""
    try:
        import mcp  # noqa: F401
    except ImportError as error:
        raise VouchedError(f"The MCP server needs a package that is not installed ({error}). Run: {EXTRA}") from error


def tools(services: Services) -> gr.Blocks:
    """Build a Gradio app without a page: its functions are the tools, and those of the web app's page are none.

    Without a place in Gradio's queue a tool is called in this process; with one Gradio would call its own address.
    """
    import gradio as gr
    from gradio.events import api

    async def ask(question: str) -> str:
        """Answer a question from a library of research abstracts, each sentence with an exact quote and a checked verdict.

        Args:
            question: One question in plain words. What the library does not say is not answered: status is "abstained".

        Returns:
            A JSON object with status, answer, statements (each with its verdict) and citations (each with its quote).
        """
        return json.dumps(await services.done(lambda: services.ask(question)), ensure_ascii=False)

    async def search(query: str, k: int = 10) -> str:
        """Find papers in the library of research abstracts, best first, with the passages that match.

        Args:
            query: Words, or a question.
            k: How many papers, 1 to 100.

        Returns:
            A JSON object with results: paper_id, title, score and passages of each paper.
        """
        return json.dumps(await services.done(lambda: services.search(query, max(1, min(100, int(k))))), ensure_ascii=False)

    async def check(text: str) -> str:
        """Check a text that someone wrote against the library, sentence by sentence: supported, contradicted, not found.

        Args:
            text: Plain text, Markdown or LaTeX.

        Returns:
            A JSON object with statements (each with its verdict and what was found) and citations (each with its quote).
        """
        return json.dumps(await services.done(lambda: services.check(text)), ensure_ascii=False)

    app = gr.Blocks(title="Vouched", analytics_enabled=False)
    with app:
        for tool in (ask, search, check):
            api(tool, api_name=tool.__name__, queue=False)
    return app
