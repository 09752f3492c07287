"""What readers said of answers becomes a suite: what they liked is how it should stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.errors import SuiteError

LIKED = "Like"


def cases(file: Path) -> Iterator[dict[str, Any]]:
    """Yield a case for each question whose answer was liked, the last word on it counting.

    An answer gives the papers and quotes that it cited; an abstention a question that nothing answers.

    Raises:
        SuiteError: the file cannot be read, or a line of it.
    """
    latest: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(_lines(file), start=1):
        try:
            said = json.loads(line)
            question = said["answer"]["understood"] or said["answer"]["question"]
            latest[str(question)] = said
        except (ValueError, KeyError, TypeError) as error:
            raise SuiteError(f"{file}, line {number} is no feedback of the web app ({error}). Mend or remove it.") from error
    for number, (question, said) in enumerate(latest.items(), start=1):
        answer = said["answer"]
        if said["said"] != LIKED:
            continue
        if answer["status"] != "answered":
            yield {"id": f"feedback-{number}", "kind": "unanswerable", "question": question}
            continue
        papers = list(dict.fromkeys(citation["paper_id"] for citation in answer["citations"]))
        quotes = list(dict.fromkeys(citation["quote"] for citation in answer["citations"]))
        kind = "fact" if len(papers) == 1 else "multi"
        yield {"id": f"feedback-{number}", "kind": kind, "question": question, "papers": papers, "evidence": quotes}


def disliked(file: Path) -> int:
    """Count the lines that say that something was wrong."""
    return sum(json.loads(line)["said"] != LIKED for line in _lines(file))


def _lines(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{file} cannot be read: {error}. The web app writes it into the library's folder.") from error
