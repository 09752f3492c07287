"""``vouched serve``."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.options import LibraryOption, settings_from
from assistant.cli.output import console, waking_up
from assistant.opening import open_library
from assistant.settings import LLMKind


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen at; the default is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 7860,
    library: LibraryOption = None,
    llm: Annotated[LLMKind | None, typer.Option(help="Who writes the answers.", show_default=False)] = None,
    model: Annotated[str | None, typer.Option(help="The model's name at the server.", show_default=False)] = None,
) -> None:
    """Open the web app: a conversation with the library, each quote shown in its abstract.

    Examples: vouched serve  ·  vouched serve --port 8000 --library ./library
    """
    settings = settings_from(context, library, llm=llm, model=model)
    opened = open_library(settings)
    out = console(err=True)
    with waking_up("Starting the web app …"):
        from assistant.engine import Assistant
        from assistant.ui.app import serve as serve_app

        assistant = Assistant(opened, settings)
        assistant.wake()
    serve_app(assistant, host=host, port=port, announce=lambda url: out.print(f"Vouched is at {url}  (Ctrl-C stops it)"))
