"""A suite is asked, scored and read back in one go: what ``vouched eval run`` and the pytest plugin share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path

from assistant.opening import open_library
from assistant.settings import Settings
from evals.errors import SuiteError
from evals.suite import Suite, corpus_file, problems
from ingestion.library import Library
from ingestion.paper import Paper

Progress = Callable[[str, int, int], None]  # what is going on, how many are done, and of how many


def check_suite(suite: Suite, papers: Iterable[Paper], where: str) -> None:
    """Refuse a suite that does not fit its papers. Raises SuiteError, which names the first problems."""
    found = problems(suite, papers)
    if found:
        raise SuiteError(f"The suite {suite.name} does not fit {where}: " + "; ".join(found[:5]) + ".")


def library_for(suite: Suite, settings: Settings, folder: Path, *, given: bool) -> Library:
    """Open the library to ask: the one given, else the suite's own sample corpus, ingested beside the run."""
    if given or suite.corpus is None:
        return open_library(settings)
    library = open_library(settings.model_copy(update={"library": folder / "library"}), create=True)
    with resources.as_file(corpus_file(suite.corpus)) as page:
        library.ingest([page])
    return library
