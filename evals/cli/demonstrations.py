"""``vouched eval demonstrations``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, waking_up, write_json
from assistant.opening import load_verifier, open_library
from evals.cli.options import SuiteArgument


def demonstrations(
    context: typer.Context,
    suite: SuiteArgument,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the examples go, one JSON object a line.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make worked examples for the strategy ``demonstrations`` out of a suite's questions, evidence and nuggets.

    Use them with VOUCHED_DEMONSTRATIONS=FILE. Do not measure them on the suite that they are made from.

    Examples: vouched eval demonstrations mine.yaml --library ./library --out examples.jsonl
    """
    with waking_up():
        from evals.demonstrations import of_suite, spread, write
        from evals.suite import load_suite

    loaded = load_suite(suite)
    settings = settings_from(context, library)
    examples = spread(of_suite(loaded, open_library(settings), load_verifier(settings)))
    write(examples, out)
    if as_json:
        write_json({"suite": loaded.name, "examples": len(examples), "out": str(out)})
    else:
        console().print(f"{len(examples)} examples of {loaded.name} in {out}.", soft_wrap=True)
