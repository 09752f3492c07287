"""A run: every question of a suite is asked and every answer stored as it comes, so that a killed run goes on."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evals.errors import SuiteError
from evals.files import mend
from evals.suite import Suite
from evals.systems import System
from ingestion.errors import VouchedError
from ingestion.library import Library

RUN, ANSWERS = "run.json", "answers.jsonl"

Record = dict[str, Any]  # {"id", "answer": the contract's object} or {"id", "error": {...}}, and "peak_mib"


def run(
    suite: Suite, system: System, library: Library, out: Path, progress: Callable[[int], None], source: str | None = None
) -> list[Record]:
    """Ask what was not asked yet; returns a record for each question, in the suite's order.

    Args:
        suite: the questions.
        system: who answers them.
        library: what it answers from.
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
    _claim(out, suite, system, library, source or suite.name)
    file = out / ANSWERS
    mend(file)
    done = {record["id"]: record for record in stored(file)}
    with file.open("a", encoding="utf-8") as stream:
        for case in suite.cases:
            if case.id not in done:
                record: Record = {"id": case.id}
                try:
                    record["answer"] = system.ask(case.question)
                except VouchedError as error:  # counted as an error, never left out
                    record["error"] = {"type": type(error).__name__, "message": str(error)}
                record["peak_mib"] = _peak_mib()
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
                stream.flush()
                done[case.id] = record
            progress(len(done))
    return [done[case.id] for case in suite.cases]


def _peak_mib() -> float | None:
    """Give the most memory that this process has had, in MiB; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)  # macOS counts bytes, Linux KiB


def _claim(out: Path, suite: Suite, system: System, library: Library, source: str) -> None:
    """Write what this run is of; refuse a folder that holds another, whose answers could not be told apart."""
    identity = {
        "suite": suite.name,
        "version": suite.version,
        "suite_sha256": suite.sha256,
        "corpus_fingerprint": library.fingerprint(),
        "system": system.name,
        "settings": system.settings,
    }
    file, folder = out / RUN, library.path.resolve()
    inside = folder.is_relative_to(out.resolve())  # such a library moves with the run
    found_again = {
        "questions": len(suite.cases),
        "suite_source": source,
        "limit": suite.limit,
        "library": str(folder.relative_to(out.resolve()) if inside else folder),
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
