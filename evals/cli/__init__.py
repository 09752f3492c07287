"""``vouched eval``: a module a group of commands."""

from __future__ import annotations

import typer

from evals.cli import comparing, judging, running, suites

app = typer.Typer(help="Measure retrieval, facts, citations and abstention on suites of questions.", no_args_is_help=True)
app.command("run")(running.run)
app.command("score")(running.score)
app.command("compare")(comparing.compare)
app.command("gate")(comparing.gate)
app.command("validate")(suites.validate)
app.command("judge")(judging.judge)
