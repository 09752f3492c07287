"""Options that several commands share, and the settings they make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from assistant.settings import Settings
from ingestion.errors import VouchedError

LibraryOption = Annotated[
    Path | None, typer.Option("--library", metavar="DIR", help="The folder of the library.", show_default=False)
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        help="Its name at the server; with local a GGUF file, or a Hugging Face name or folder.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def settings_from(context: typer.Context, library: Path | None, **given: Any) -> Settings:  # noqa: ANN401 (field values)
    """Read the settings; what the command line gives goes before the environment. Raises VouchedError for a bad value."""
    chosen = {name: value for name, value in given.items() if value is not None}
    folder = library or context.obj
    if folder is not None:
        chosen["library"] = folder
    try:
        return Settings(**chosen)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise VouchedError(f"A setting is wrong: {wrong}. Mend it in the environment (VOUCHED_…) or in .env.") from error
    except UnicodeDecodeError as error:
        raise VouchedError(f"The file .env is not UTF-8 text: {error}. Mend or remove it.") from error
