"""``vouched eval validate``."""

from __future__ import annotations

from importlib import resources

import typer

from assistant.cli.options import LibraryOption, settings_from
from assistant.cli.output import console
from assistant.opening import open_library
from evals.cli.options import SuiteArgument, check_suite
from ingestion.paper import Paper
from ingestion.readers import read


def validate(context: typer.Context, suite: SuiteArgument, library: LibraryOption = None) -> None:
    """Check a suite against its papers: the gold ones are there, evidence is verbatim, both classes are present.

    Examples: vouched eval validate page  ·  vouched eval validate mine.yaml --library ./library
    """
    from evals.suite import corpus_file, load_suite

    loaded = load_suite(suite)
    if loaded.corpus is None or library is not None or context.obj is not None:
        opened = open_library(settings_from(context, library))
        check_suite(loaded, opened.papers(), f"the library {opened.path}")
    else:
        with resources.as_file(corpus_file(loaded.corpus)) as page:
            check_suite(loaded, (record for record in read(page) if isinstance(record, Paper)), loaded.corpus)
    console().print(f"{loaded.name}: {len(loaded.cases)} questions, no problem found.")
