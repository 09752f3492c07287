"""``vouched eval answers``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, waking_up
from evals.cli.options import JudgeOption
from evals.cli.running import score_and_show


def score_answers(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Another system's answers, one a line.")],
    out: Annotated[Path, typer.Option(help="The folder of the run that is made of them.")],
    suite: Annotated[
        str | None, typer.Option(help="The suite that was asked; else the file's own references.", show_default=False)
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the system is called; the file's name by default.", show_default=False)
    ] = None,
    judge: JudgeOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure another system's answers as those of a run, so that they can be compared and gated.

    A line is {"id"?, "question", "answer", "contexts": [text or {"text", "paper_id"?, "title"?}], "latency_ms"?, "usage"?,
    "reference"?}; ragas' names are understood. Markers in the answer, as [1] or [2, 3], count the contexts from 1. Lines are
    matched to the suite by id or question. With a library, contexts without a paper_id are looked for in its abstracts.

    Examples: vouched eval answers theirs.jsonl --suite page --out runs/theirs  ·
    vouched eval answers ragas.jsonl --out runs/ragas --name 'our chatbot'
    """
    with waking_up():
        from evals.foreign import file as answers_file
        from evals.foreign.answers import Papers
        from evals.session import check_suite, library_for
        from evals.suite import SUFFIXES, load_suite

    unknown: list[answers_file.Given] = []
    given, system = answers_file.read_answers(file), name or file.stem
    answers_file.refuse_another(out, answers_file.system_of(file, system))
    is_given = library is not None or context.obj is not None
    settings = settings_from(context, library)
    if suite is None:
        text, answers = answers_file.own_suite(given, system, file)
        source = answers_file.store_suite(out, text)
        loaded = load_suite(source)
        opened = library_for(loaded, settings, out, given=True) if is_given else None
    else:
        loaded = load_suite(suite)
        source = str(Path(suite).resolve()) if Path(suite).suffix in SUFFIXES else suite  # found from any folder
        answers, unknown = answers_file.matched(loaded, given, file)
        opened = library_for(loaded, settings, out, given=is_given) if is_given or loaded.corpus is not None else None
        if opened is not None:
            check_suite(loaded, opened.papers(), f"the library {opened.path}")
    made = answers_file.records(loaded, answers, None if opened is None else Papers(opened.papers()))
    answers_file.store(out, loaded, source, made, opened, system, file)
    if unknown:
        lines = ", ".join(str(item.line) for item in unknown[:10]) + (", …" if len(unknown) > 10 else "")
        said = f"{len(unknown)} of {len(given)} answers are to no question of the suite {loaded.name}, line {lines}."
        console(err=True).print(said, soft_wrap=True)
    score_and_show(loaded, out, opened, judge, settings, as_json)
