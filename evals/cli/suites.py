"""``vouched eval validate``."""

from __future__ import annotations

from collections import Counter
from importlib import resources

import typer

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, write_json
from assistant.opening import open_library
from evals.cli.options import SuiteArgument
from ingestion.paper import Paper
from ingestion.readers import read


def validate(
    context: typer.Context, suite: SuiteArgument, library: LibraryOption = None, as_json: JsonOption = False
) -> None:
    """Check a suite against its papers: the gold ones are there, evidence is verbatim. Notes say what it cannot measure.

    Examples: vouched eval validate page  ·  vouched eval validate mine.yaml --library ./library
    """
    from evals.session import check_suite
    from evals.suite import corpus_file, load_suite, remarks

    loaded = load_suite(suite)
    if loaded.corpus is None or library is not None or context.obj is not None:
        opened = open_library(settings_from(context, library))
        check_suite(loaded, opened.papers(), f"the library {opened.path}")
    else:
        with resources.as_file(corpus_file(loaded.corpus)) as page:
            check_suite(loaded, (record for record in read(page) if isinstance(record, Paper)), loaded.corpus)
    notes = remarks(loaded)
    if as_json:
        kinds = dict(Counter(case.kind for case in loaded.cases))
        write_json({"suite": loaded.name, "questions": len(loaded.cases), "kinds": kinds, "notes": notes})
        return
    console().print(f"{loaded.name}: {len(loaded.cases)} questions, no problem found.")
    for note in notes:
        console().print(f"Note: {note}.", soft_wrap=True)
