"""``vouched serve``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import LibraryOption, settings_from
from assistant.cli.output import console, waking_up
from assistant.opening import open_library
from assistant.settings import LLMKind
from ingestion.errors import VouchedError


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen at; the default is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 7860,
    auth: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Let in only the users of this file, lines of NAME:HASH.", show_default=False),
    ] = None,
    hash_password: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Only ask for a password, and print NAME's line for the file.", show_default=False
        ),
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Let anyone in who can reach the address.")] = False,
    name: Annotated[
        list[str] | None, typer.Option(metavar="HOST", help="A host name that it is reached by; may be repeated.")
    ] = None,
    mcp: Annotated[bool, typer.Option("--mcp", help="Be an MCP server too: pip install 'vouched[mcp]'.")] = False,
    library: LibraryOption = None,
    llm: Annotated[LLMKind | None, typer.Option(help="Who writes the answers.", show_default=False)] = None,
    model: Annotated[str | None, typer.Option(help="The model's name at the server.", show_default=False)] = None,
) -> None:
    """Open the web app: a conversation with the library, each quote shown in its abstract; for programs an HTTP API.

    Only this machine can reach it unless --host says otherwise, and then users must log in, or show VOUCHED_TOKEN.

    Examples: vouched serve  ·  vouched serve --port 8000 --library ./library
    ·  vouched serve --hash-password ada >> users.txt
    ·  vouched serve --host 0.0.0.0 --auth users.txt --name papers.example.org  ·  vouched serve --mcp
    """
    if hash_password is not None:
        _print_line(hash_password)
        return
    settings = settings_from(context, library, llm=llm, model=model, users=auth)
    from assistant.guard import Gate

    gate = Gate.of(settings, tuple(name or ()))
    if gate.users is None and not insecure:
        _refuse_public(host)
    opened = open_library(settings)
    if mcp:
        from assistant.api.tools import needed

        needed()
    out = console(err=True)
    with waking_up("Starting the web app …"):
        from assistant.api import Services
        from assistant.engine import Assistant
        from assistant.ui.app import serve as serve_app

        assistant = Assistant(opened, settings)
        assistant.wake()

    def announce(url: str) -> None:
        out.print(f"Vouched is at {url}  (Ctrl-C stops it)")
        if mcp:
            from assistant.api.tools import PATH

            out.print(f"Its MCP server is at {url}{PATH}")

    serve_app(assistant, host, port, announce, gate=gate, services=Services(assistant), mcp=mcp)


def _refuse_public(host: str) -> None:
    from assistant.guard.origin import is_loopback

    if not is_loopback(host):
        raise VouchedError(
            f"At {host} others could reach the web app, and nobody would have to log in. Make a file of users:"
            " vouched serve --hash-password NAME >> users.txt, and give it with --auth users.txt; or set VOUCHED_TOKEN."
            " With --insecure anyone is let in."
        )


def _print_line(name: str) -> None:
    from assistant.guard.users import hashed

    if not name.strip() or ":" in name or name.startswith("#"):
        raise typer.BadParameter("A name is not empty, has no colon, and does not begin with #.")
    if sys.stdin.isatty():
        password = typer.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    typer.echo(f"{name.strip()}:{hashed(password)}")
