"""The scores of a run on disk: values of every question in ``scores.jsonl``, figures with intervals in ``metrics.json``.

Scoring does not ask the assistant: it reads ``run.json`` and ``answers.jsonl``, has the statements judged, and keeps every
judgement in ``judgements.jsonl``; it may be done again when metrics change, then without the judge.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals import grounding
from evals.errors import SuiteError
from evals.judges.judge import Judge
from evals.metrics import estimates, estimates_by_kind, outcomes, values
from evals.outcome import Score
from evals.running import ANSWERS, RUN, Record, decoded, stored, write_whole
from evals.statistics import Estimate
from evals.suite import Suite
from ingestion.library import Library

SCORES, FIGURES = "scores.jsonl", "metrics.json"
SAID = ("suite", "suite_sha256", "suite_source", "questions", "corpus_fingerprint", "library", "settings")

Tables = dict[str, dict[str, Estimate]]  # by kind of question, the first one "all"; then by metric


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """A run in which every question was asked and scored.

    ``about`` is what ``run.json`` says of it; ``answers`` are the contract's objects by question, None after an error.
    """

    folder: Path
    about: dict[str, Any]
    answers: dict[str, dict[str, Any] | None]
    scores: list[Score]


def about(folder: Path) -> dict[str, Any]:
    """Read what a run is of. Raises SuiteError when the folder holds no run, or one too old to say where its suite is."""
    file = folder / RUN
    if not file.is_file():
        raise SuiteError(f"There is no run in {folder}. Make one: vouched eval run SUITE --out {folder}")
    said = decoded(file.read_bytes(), file)
    missing = [name for name in SAID if name not in said]
    if missing:
        raise SuiteError(f"{file} does not say its {', '.join(missing)}. Call vouched eval run again: answers are kept.")
    return said


def score_run(
    folder: Path,
    suite: Suite,
    library: Library | None,
    judge: Judge | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Tables:
    """Score a finished run and store its values, judgements and figures in its folder, each file at once.

    Args:
        folder: the folder of the run.
        suite: the suite that was asked.
        library: the library that was asked; None for answers of another system that came without one.
        judge: who tells whether quotes support statements; without one, the metrics that need it are left out.
        progress: called with the number of claims judged, and of all.

    Raises:
        SuiteError: there is no run, it is not finished, or it is of another suite or corpus.
        VouchedError: the judge cannot be loaded or reached; what it has said is kept where it has a cache.
    """
    said = about(folder)
    if said["suite_sha256"] != suite.sha256:
        raise SuiteError(f"The suite {suite.name} is not as it was when {folder} was run. Run it again with another --out.")
    if library is not None and said["corpus_fingerprint"] != library.fingerprint():
        raise SuiteError(
            f"The library {library.path} is not as it was when {folder} was run. Give the one asked with --library, or"
            " run the suite again with another --out."
        )
    records = _finished(folder, said)
    missing = [case.id for case in suite.cases if case.id not in records]
    if missing:
        raise SuiteError(f"{folder} has no answer to {', '.join(missing[:5])}. Go on with: vouched eval run")
    found = outcomes(suite, [records[case.id] for case in suite.cases], library)
    if judge is not None:
        name = {"name": judge.name, "version": judge.version}
        claims = grounding.count(found)
        known = grounding.read(folder, name, found)
        found = grounding.judged(found, judge.verifier, known, lambda done: progress(done, claims))
        grounding.write(folder, name, found)
    scores = values(found)
    tables = {"all": estimates(scores), **estimates_by_kind(scores)}
    lines = (json.dumps(asdict(score), ensure_ascii=False) + "\n" for score in scores)
    write_whole(folder / SCORES, "".join(lines))
    write_whole(folder / FIGURES, json.dumps(plain_tables(tables), indent=1) + "\n")
    return tables


def judge_is_guard(run: ScoredRun, judge: str) -> bool:
    """Tell whether the judge of a run's answers is what had checked them as they were written: it then judges itself.

    Answers that only quote are checked by nobody, as quotes are verified by their words.
    """
    wrote = any(answer and answer.get("usage", {}).get("llm_calls") for answer in run.answers.values())
    guard = run.about["settings"].get("verifier") or "packaged"
    return wrote and run.about.get("system", "vouched") == "vouched" and guard == judge


def plain_tables(tables: Tables) -> dict[str, dict[str, dict[str, Any]]]:
    """Give figures as an object for JSON: ``{kind: {metric: {"value", "n", "undefined", "low", "high"}}}``."""
    return {kind: {name: asdict(found) for name, found in table.items()} for kind, table in tables.items()}


def read_run(folder: Path) -> ScoredRun:
    """Read a run with its scores. Raises SuiteError when there is none, or it is not finished, or not scored."""
    said = about(folder)
    records = _finished(folder, said)
    file = folder / SCORES
    if not file.is_file():
        raise SuiteError(f"The run in {folder} is not scored. Score it: vouched eval score {folder}")
    try:
        scores = [Score(str(row["id"]), str(row["kind"]), dict(row["values"])) for row in stored(file)]
    except (KeyError, TypeError, ValueError) as error:
        raise SuiteError(f"{file} is damaged: {error!r}. Score it again: vouched eval score {folder}") from error
    if {score.id for score in scores} != set(records):
        raise SuiteError(f"{file} is not of the answers beside it. Score them: vouched eval score {folder}")
    return ScoredRun(folder, said, {id_: record.get("answer") for id_, record in records.items()}, scores)


def check_comparable(a: ScoredRun, b: ScoredRun) -> None:
    """Refuse runs whose figures do not belong together. Raises SuiteError, which says what differs."""
    for name, words in (("suite_sha256", "suites"), ("corpus_fingerprint", "corpora")):
        if a.about[name] != b.about[name]:
            both = " and ".join(f"{run.about['suite']} {str(run.about[name])[:12]}" for run in (a, b))
            raise SuiteError(
                f"{a.folder} and {b.folder} are runs over different {words} ({name}: {both}): their figures cannot be"
                " compared. Run the same suite over the same papers."
            )


def _finished(folder: Path, said: dict[str, Any]) -> dict[str, Record]:
    """Read the answers of a run by the question's id. Raises SuiteError when some are still to come."""
    records = {str(record.get("id")): record for record in stored(folder / ANSWERS)}
    if len(records) < int(said["questions"]):
        raise SuiteError(
            f"The run in {folder} is not finished: {len(records)} of {said['questions']} questions have an answer or an"
            f" error. Go on with: vouched eval run {said['suite_source']} --out {folder}"
        )
    return records
