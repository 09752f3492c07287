"""``vouched eval metrics``."""

from __future__ import annotations

import typer

from assistant.cli.options import JsonOption
from assistant.cli.output import waking_up, write_json


def metrics(as_json: JsonOption = False) -> None:
    """Say what each metric is, as Markdown: formula, unit, source, and what to watch with it.

    Examples: vouched eval metrics > docs/metrics.md  ·  vouched eval metrics --json
    """
    with waking_up():
        from evals.definitions import markdown
        from evals.metrics import METRICS

    if as_json:
        fields = ("name", "means", "formula", "unit", "better", "group", "judged", "source", "counters")
        write_json({"metrics": [{field: getattr(metric, field) for field in fields} for metric in METRICS.values()]})
    else:
        typer.echo(markdown(), nl=False)
