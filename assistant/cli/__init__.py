"""The command ``vouched``. Other rooms add commands through the entry point group ``vouched.commands``."""

from __future__ import annotations

import logging
import os
import sys
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from assistant.cli import asking, chatting, checking, doctor, ingesting, papers, serving, summarizing, upkeep
from assistant.cli.output import fail
from assistant.errors import QuestionError
from ingestion.errors import VouchedError

INTERRUPTED = 130  # Typer, too, gives this code for Ctrl-C

app = typer.Typer(
    name="vouched",
    help="Ask a library of research abstracts; every sentence of an answer carries an exact quote and a checked verdict.",
    epilog="Begin with: vouched ingest --sample, then: vouched ask 'How much does CodePlan improve?', or: vouched serve",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.command("ingest")(ingesting.ingest)
app.command("search")(asking.search)
app.command("ask")(asking.ask)
app.command("chat")(chatting.chat)
app.command("summarize")(summarizing.summarize)
app.command("check")(checking.check)
app.add_typer(papers.app, name="papers")
app.add_typer(upkeep.app, name="library")
app.command("serve")(serving.serve)
app.command("doctor")(doctor.doctor)


@app.callback()
def vouched(
    context: typer.Context,
    library: Annotated[Path | None, typer.Option(help="The folder of the library; also after the command.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say on standard error what is going on.")] = False,
) -> None:
    """Take the options that all commands share."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    context.obj = library


@cache
def _extend() -> None:
    """Take in the other rooms' commands, once: each call after the first would double them."""
    for command in entry_points(group="vouched.commands"):
        app.add_typer(command.load(), name=command.name)


def main() -> None:
    """Run the command line: errors become a message, or JSON with ``--json``, and the contract's exit codes."""
    for stream in (sys.stdout, sys.stderr):  # papers are not ASCII, whatever the locale says
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # text streams both
    _extend()
    try:
        code = _run("--json" in sys.argv)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as ended:
        # The reader of a pipe has gone, as `head` does. Typer and Rich leave with 1 where they notice first.
        if not isinstance(ended, BrokenPipeError) and not isinstance(ended.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    if code == INTERRUPTED:
        sys.stderr.write("\nStopped. What was acknowledged is kept; run it again to go on.\n")
    sys.exit(code)


def _run(as_json: bool) -> int:
    """Run a command; returns the exit code."""
    try:
        return app(prog_name="vouched", standalone_mode=False) or 0
    except QuestionError as error:
        return fail(error, as_json, code=2)
    except VouchedError as error:
        return fail(error, as_json, code=1)
    except TyperException as error:  # the call was wrong: an unknown option, a missing argument
        return fail(error, as_json, code=2) if as_json else _usage(error)
    except UnicodeEncodeError as error:  # Linux lets an argument be any bytes; a library holds text
        wrong = QuestionError(f"{error.object!r} is not valid UTF-8. Mend the argument, or rename the file.")
        return fail(wrong, as_json, code=2)
    except KeyboardInterrupt:
        return INTERRUPTED


def _usage(error: TyperException) -> int:
    show = getattr(error, "show", None)
    if show is not None:
        show()
    return 2
