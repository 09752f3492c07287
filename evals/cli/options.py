"""Arguments and looks-up that several commands of ``vouched eval`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SuiteArgument = Annotated[
    str, typer.Argument(metavar="SUITE", help="A packaged suite, such as page, or a YAML or JSONL file.")
]
JudgeOption = Annotated[
    str | None,
    typer.Option(
        help="Who judges: packaged, lexical, llm, a Hugging Face model, or none; else the settings' verifier.",
        show_default=False,
    ),
]
RunArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run.")]
