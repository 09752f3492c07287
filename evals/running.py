"""A run: every question of a suite is asked and every answer stored as it comes, so that a killed run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant.engine import Assistant
from evals.errors import SuiteError
from evals.suite import Suite
from ingestion.errors import VouchedError

Record = dict[str, Any]  # {"id", "answer": the contract's object} or {"id", "error": {...}}


def run(suite: Suite, assistant: Assistant, out: Path, progress: Callable[[int], None]) -> list[Record]:
    """Ask what was not asked yet; returns a record for each question, in the suite's order.

    Args:
        suite: the questions.
        assistant: who answers them.
        out: the folder of the run: ``run.json`` says of what it is, ``answers.jsonl`` holds the records.
        progress: called with the number of questions done.

    Raises:
        SuiteError: the folder cannot be made, or it holds a run of something else.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SuiteError(
            f"The folder {out} of the run cannot be made: {error.strerror}. Give another with --out."
        ) from error
    _claim(out / "run.json", suite, assistant)
    file = out / "answers.jsonl"
    done = {record["id"]: record for record in _stored(file)}
    with file.open("a", encoding="utf-8") as stream:
        for case in suite.cases:
            if case.id not in done:
                record: Record = {"id": case.id}
                try:
                    record["answer"] = assistant.ask(case.question).to_dict()
                except VouchedError as error:  # counted as an error, never left out
                    record["error"] = {"type": type(error).__name__, "message": str(error)}
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
                stream.flush()
                done[case.id] = record
            progress(len(done))
    return [done[case.id] for case in suite.cases]


def _claim(file: Path, suite: Suite, assistant: Assistant) -> None:
    """Write what this run is of; refuse a folder that holds another, whose answers could not be told apart."""
    settings = assistant.settings.model_dump(mode="json", exclude={"library", "openai_api_key"})
    identity = {
        "suite": suite.name,
        "version": suite.version,
        "suite_sha256": suite.sha256,
        "corpus_fingerprint": assistant.library.fingerprint(),
        "settings": settings,
    }
    if not file.exists():
        begun = file.with_suffix(".begun")  # renamed when whole: a killed run leaves no half of it
        begun.write_text(json.dumps(identity, indent=1) + "\n", encoding="utf-8")
        begun.replace(file)
        return
    before = _decoded(file.read_bytes(), file)
    changed = [name for name, value in identity.items() if before.get(name) != value]
    if changed:
        raise SuiteError(f"{file.parent} holds a run with another {', '.join(changed)}. Give another folder with --out.")


def _stored(file: Path) -> list[Record]:
    """Read the records of a run; the last line of a killed one may be cut short, and is cut off."""
    if not file.exists():
        return []
    lines = file.read_bytes().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        with file.open("r+b") as stream:
            stream.truncate(sum(len(line) for line in lines[:-1]))
        lines.pop()
    return [_decoded(line, file) for line in lines]


def _decoded(content: bytes, file: Path) -> Record:
    try:
        return dict(json.loads(content))
    except (ValueError, TypeError) as error:
        raise SuiteError(f"{file} is damaged: {error}. Give another folder with --out, or remove it.") from error
