"""``--export FILE``: what is found is written to files as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.output import console, fail

if TYPE_CHECKING:
    from assistant.exporting import Document

ExportOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--export",
        metavar="FILE",
        help="Also write it to FILE.md, .html, .json or .bib (BibTeX of what it cites); may be repeated.",
        show_default=False,
    ),
]


def writable(files: Sequence[Path] | None) -> tuple[Path, ...]:
    """Give the files of the option, once each can be written, so that nothing is asked, and paid for, in vain."""
    if not files:
        return ()
    from assistant.exporting import ExportError, check

    for file in files:
        try:
            check(file)
        except ExportError as error:
            raise typer.BadParameter(str(error), param_hint="--export") from error
    return tuple(files)


def write_to(files: Sequence[Path], document: Callable[[], Document]) -> None:
    """Write a document, if there are files to write it to, and say where it is.

    Raises:
        typer.Exit: with code 1, when a file could not be written. That is said, but what was found has been shown before.
    """
    if not files:
        return
    from assistant.exporting import ExportError, export

    made, failed = document(), False
    for file in files:
        try:
            export(made, file)
        except ExportError as error:
            failed = True
            fail(error, as_json=False, code=1)
        else:
            console(err=True).print(f"Written: {file}", soft_wrap=True)
    if failed:
        raise typer.Exit(1)
