"""``vouched check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from assistant.cli.batch import each
from assistant.cli.options import JsonOption
from assistant.cli.output import VERDICT_MARKS, console

if TYPE_CHECKING:
    from assistant.grounding import Verified


def check(
    pairs: Annotated[Path, typer.Option(metavar="FILE.jsonl", help="Lines of {id, claim, source}; - for standard input.")],
    as_json: JsonOption = False,
) -> None:
    """Check claims: is each supported by its source text alone?

    Example: vouched check --pairs claims.jsonl --json > verdicts.jsonl
    """
    from assistant.grounding import LexicalVerifier

    verifier = LexicalVerifier()

    def told(found: Verified) -> dict[str, object]:
        return {"verdict": found.verdict, "score": found.score}

    def show(found: Verified) -> None:
        console().print(Text(f"{VERDICT_MARKS[found.verdict]} {found.verdict} ({found.score:.2f})"))

    each(pairs, ("claim", "source"), lambda line: verifier.verify(line["claim"], [line["source"]]), told, show, as_json)
