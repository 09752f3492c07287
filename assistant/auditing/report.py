"""An audit as Markdown, to be pasted in a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.auditing.audit import Audit, Outcome
from ingestion.sentences import FORMULA

MARKS: dict[Outcome, str] = {"supported": "✓", "contradicted": "✗", "not found": "✗", "undetermined": "~", "no claim": "·"}
MARKUP = re.compile(r"([\\`*_\[\]<>|~])")


def markdown(audit: Audit, name: str) -> str:
    """Write the sentences of a draft in order, each with its mark and below it the quote; ``name`` is the draft's."""
    return "\n".join([f"**{escaped(name)}: {audit.summary}**", "", *_lines(audit), ""])


def _lines(audit: Audit) -> Iterator[str]:
    by_number = {citation.number: citation for citation in audit.citations}
    for statement in audit.statements:
        outcome = "" if statement.found == "supported" else f" **{statement.found}**:"
        alarms = f"; not there: {', '.join(statement.alarms)}" if statement.alarms and outcome else ""
        yield f"- {MARKS[statement.found]}{outcome} {escaped(statement.text)} (line {statement.line}{alarms})"
        for number in () if statement.found == "no claim" else statement.citations:
            citation = by_number[number]
            nearest = "" if statement.found in {"supported", "contradicted"} else "nearest: "
            yield f"  > {nearest}“{escaped(citation.quote)}” — {escaped(citation.title)} ({escaped(citation.paper_id)})"


def escaped(text: str) -> str:
    """Give text in which Markdown reads no markup; formulas stand as they are, for GitHub sets them."""
    flat, out, end = " ".join(text.split()), "", 0
    for formula in FORMULA.finditer(flat):
        out += MARKUP.sub(r"\\\1", flat[end : formula.start()]) + formula[0]
        end = formula.end()
    return out + MARKUP.sub(r"\\\1", flat[end:])
