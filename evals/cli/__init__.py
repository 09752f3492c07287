"""``vouched eval``: a module a group of commands."""

from __future__ import annotations

import typer

from evals.cli import (
    answers,
    comparing,
    definitions,
    demonstrations,
    feedback,
    importing,
    judging,
    reporting,
    running,
    suites,
)

app = typer.Typer(
    help="Measure answers on suites of questions, with intervals; compare runs; gate CI.", no_args_is_help=True
)
app.command("run")(running.run)
app.command("answers")(answers.score_answers)
app.command("score")(running.score)
app.command("report")(reporting.report)
app.command("compare")(comparing.compare)
app.command("gate")(comparing.gate)
app.command("validate")(suites.validate)
app.command("import")(importing.import_data)
app.command("judge")(judging.judge)
app.command("demonstrations")(demonstrations.demonstrations)
app.command("from-feedback")(feedback.from_feedback)
app.command("metrics")(definitions.metrics)
