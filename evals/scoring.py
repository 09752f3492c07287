"""The scores of a run on disk: values of every question in ``scores.jsonl``, figures with intervals in ``metrics.json``.

Scoring asks nobody anything: it reads ``run.json`` and ``answers.jsonl``, and may be done again when metrics change.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals.errors import SuiteError
from evals.metrics import Score, estimates, estimates_by_kind, evaluate
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

    ``about`` is what ``run.json`` says of it; ``questions`` are their texts by id, as far as an answer holds them.
    """

    folder: Path
    about: dict[str, Any]
    questions: dict[str, str]
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


def score_run(folder: Path, suite: Suite, library: Library) -> Tables:
    """Score a finished run and store its values and figures in its folder, each file at once.

    Args:
        folder: the folder of the run.
        suite: the suite that was asked.
        library: the library that was asked.

    Raises:
        SuiteError: there is no run, it is not finished, or it is of another suite or corpus.
    """
    said = about(folder)
    if said["suite_sha256"] != suite.sha256:
        raise SuiteError(f"The suite {suite.name} is not as it was when {folder} was run. Run it again with another --out.")
    if said["corpus_fingerprint"] != library.fingerprint():
        raise SuiteError(
            f"The library {library.path} is not as it was when {folder} was run. Give the one asked with --library, or"
            " run the suite again with another --out."
        )
    records = _finished(folder, said)
    missing = [case.id for case in suite.cases if case.id not in records]
    if missing:
        raise SuiteError(f"{folder} has no answer to {', '.join(missing[:5])}. Go on with: vouched eval run")
    scores = evaluate(suite, [records[case.id] for case in suite.cases], library)
    tables = {"all": estimates(scores), **estimates_by_kind(scores)}
    lines = (json.dumps(asdict(score), ensure_ascii=False) + "\n" for score in scores)
    write_whole(folder / SCORES, "".join(lines))
    write_whole(folder / FIGURES, json.dumps(plain_tables(tables), indent=1) + "\n")
    return tables


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
    asked = {id_: (record.get("answer") or {}).get("question") for id_, record in records.items()}
    questions = {id_: str(question) for id_, question in asked.items() if question}
    return ScoredRun(folder, said, questions, scores)


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
