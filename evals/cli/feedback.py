"""``vouched eval from-feedback``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import JsonOption
from assistant.cli.output import console, write_json
from evals.errors import SuiteError
from evals.running import write_whole
from evals.suite import load_suite


def from_feedback(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="feedback.jsonl of the library's folder.")],
    out: Annotated[Path, typer.Option(metavar="SUITE.jsonl", help="The suite to write.")],
    as_json: JsonOption = False,
) -> None:
    """Make a suite of the answers that readers of the web app liked, so that they stay as good.

    What they found wrong is counted and left out: a case needs a right answer, which only a person can give.

    Example: vouched eval from-feedback library/feedback.jsonl --out liked.jsonl
    """
    from evals.feedback import cases, disliked

    made = list(cases(file))
    if not made:
        raise SuiteError(f"No answer in {file} was liked, so there is nothing to make a suite of.")
    write_whole(out, "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in made))
    load_suite(str(out))
    left_out = disliked(file)
    if as_json:
        write_json({"suite": str(out), "cases": len(made), "disliked": left_out})
        return
    console().print(f"{len(made)} questions in {out}; {left_out} times something was wrong: look at these yourself.")
    console().print(f"See that it fits: vouched eval validate {out}", soft_wrap=True)
