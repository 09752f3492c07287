"""Arguments and looks-up that several commands of ``vouched eval`` share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.errors import SuiteError

if TYPE_CHECKING:
    from evals.suite import Suite
    from ingestion.paper import Paper

SuiteArgument = Annotated[str, typer.Argument(metavar="SUITE", help="A packaged suite, such as page, or a YAML file.")]
RunArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run.")]


def check_suite(suite: Suite, papers: Iterable[Paper], where: str) -> None:
    """Refuse a suite that does not fit its papers. Raises SuiteError, which names the first problems."""
    from evals.suite import problems

    found = problems(suite, papers)
    if found:
        raise SuiteError(f"The suite {suite.name} does not fit {where}: " + "; ".join(found[:5]) + ".")
