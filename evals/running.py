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

RUN, ANSWERS = "run.json", "answers.jsonl"

Record = dict[str, Any]  # {"id", "answer": the contract's object} or {"id", "error": {...}}


def run(
    suite: Suite, assistant: Assistant, out: Path, progress: Callable[[int], None], source: str | None = None
) -> list[Record]:
    """Ask what was not asked yet; returns a record for each question, in the suite's order.

    Args:
        suite: the questions.
        assistant: who answers them.
        out: the folder of the run: ``run.json`` says of what it is, ``answers.jsonl`` holds the records.
        progress: called with the number of questions done.
        source: what `load_suite` finds the suite by, its name by default.

    Raises:
        SuiteError: the folder cannot be made, or it holds a run of something else.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SuiteError(
            f"The folder {out} of the run cannot be made: {error.strerror}. Give another with --out."
        ) from error
    _claim(out, suite, assistant, source or suite.name)
    file = out / ANSWERS
    _mend(file)
    done = {record["id"]: record for record in stored(file)}
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


def _claim(out: Path, suite: Suite, assistant: Assistant, source: str) -> None:
    """Write what this run is of; refuse a folder that holds another, whose answers could not be told apart."""
    settings = assistant.settings.model_dump(mode="json", exclude={"library", "openai_api_key"})
    identity = {
        "suite": suite.name,
        "version": suite.version,
        "suite_sha256": suite.sha256,
        "corpus_fingerprint": assistant.library.fingerprint(),
        "settings": settings,
    }
    file, library = out / RUN, assistant.library.path.resolve()
    inside = library.is_relative_to(out.resolve())  # such a library moves with the run
    found_again = {
        "questions": len(suite.cases),
        "suite_source": source,
        "library": str(library.relative_to(out.resolve()) if inside else library),
    }
    if file.exists():
        before = decoded(file.read_bytes(), file)
        changed = [name for name, value in identity.items() if before.get(name) != value]
        if changed:
            raise SuiteError(f"{out} holds a run with another {', '.join(changed)}. Give another folder with --out.")
    write_whole(file, json.dumps(identity | found_again, indent=1) + "\n")


def stored(file: Path) -> list[Record]:
    """Read the whole lines of a JSONL file, none where there is no file. Raises SuiteError for a damaged one."""
    if not file.exists():
        return []
    return [decoded(line, file) for line in file.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def decoded(content: bytes, file: Path) -> Record:
    """Read a JSON object out of a file of a run. Raises SuiteError."""
    try:
        return dict(json.loads(content))
    except (ValueError, TypeError) as error:
        raise SuiteError(f"{file} is damaged: {error}. Give another folder with --out, or remove it.") from error


def write_whole(file: Path, text: str) -> None:
    """Write a file at once: a killed run leaves the old one, or none, but no half of it."""
    begun = file.with_name(f"{file.name}.begun")
    begun.write_text(text, encoding="utf-8")
    begun.replace(file)


def _mend(file: Path) -> None:
    """Cut off the last line if it was cut short when a run was killed."""
    content = file.read_bytes() if file.exists() else b""
    if content and not content.endswith(b"\n"):
        with file.open("r+b") as stream:
            stream.truncate(content.rfind(b"\n") + 1)
