"""``vouched check``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from assistant.cli.batch import each
from assistant.cli.options import JsonOption, settings_from
from assistant.cli.output import VERDICT_MARKS, console, waking_up
from assistant.opening import load_verifier

if TYPE_CHECKING:
    from assistant.claims import Verified


def check(
    context: typer.Context,
    pairs: Annotated[Path, typer.Option(metavar="FILE.jsonl", help="Lines of {id, claim, source}; - for standard input.")],
    as_json: JsonOption = False,
) -> None:
    """Check claims: is each supported by its source text alone, and how probably is it? VOUCHED_VERIFIER says who checks.

    Example: vouched check --pairs claims.jsonl --json > verdicts.jsonl
    """
    with waking_up():
        from assistant.claims import Claim

        verifier = load_verifier(settings_from(context, None))
        verifier.load()

    def verified(line: dict[str, Any]) -> Verified:
        [found] = verifier.verify([Claim(line["claim"], (line["source"],))])
        return found

    def show(found: Verified) -> None:
        alarms = f"; look at: {', '.join(found.alarms)}" if found.alarms else ""
        console().print(Text(f"{VERDICT_MARKS[found.verdict]} {found.verdict} ({found.score:.2f}){alarms}"))

    each(pairs, ("claim", "source"), verified, asdict, show, as_json)
