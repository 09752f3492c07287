"""``vouched eval judge``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from assistant.cli.options import JsonOption, settings_from
from assistant.cli.output import console, progress_bar, waking_up, write_json
from assistant.opening import load_verifier


def judge(
    context: typer.Context,
    pairs: Annotated[list[Path], typer.Argument(metavar="PAIRS.jsonl...", help="Labelled pairs; may be compressed (gzip).")],
    judge: Annotated[
        str | None,
        typer.Option(help="Who judges: packaged, lexical, or a Hugging Face model; else the settings' verifier."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the judge of grounding on labelled pairs, by source: {premise, hypothesis, label, source} a line.

    A label is entailment, neutral, contradiction or not_entailment.

    Examples: vouched eval judge pairs.jsonl.gz  ·  vouched eval judge pairs.jsonl --judge lexical
    """
    settings = settings_from(context, None, verifier="" if judge == "packaged" else judge)
    with waking_up():
        from evals.judging import judge as judge_all
        from evals.judging import plain, read_pairs

        verifier = load_verifier(settings)

    read_in = read_pairs(pairs)
    with progress_bar() as bar:
        task = bar.add_task("Judging", total=len(read_in))
        judged = judge_all(verifier, read_in, lambda done: bar.update(task, completed=done))
    if as_json:
        write_json({"judge": settings.verifier or "packaged", "sources": plain(judged)})
        return
    table = Table("source", "pairs", "supported", "balanced accuracy", "95 %", "AUC", "calibration error", "undetermined")
    for name, found in judged.items():
        interval = f"{found.low:.3f} to {found.high:.3f}" if found.low is not None and found.high is not None else "–"
        values = (found.balanced_accuracy, found.auc, found.calibration_error, found.undetermined)
        accuracy, auc, error, undetermined = ("–" if value is None else f"{value:.3f}" for value in values)
        table.add_row(name, str(found.pairs), str(found.supported), accuracy, interval, auc, error, undetermined)
    console().print(table)
