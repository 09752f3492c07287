"""What a report is made of: the folder of a run, that of its baseline, and the suite that was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from evals.comparing import Comparison, compare
from evals.errors import SuiteError
from evals.grounding import JUDGEMENTS
from evals.judges.judge import LLM
from evals.measures.answers import holds, plain
from evals.metrics import METRICS
from evals.running import ANSWERS, Record, decoded, stored
from evals.scoring import FIGURES, ScoredRun, Tables, judge_is_guard, read_run
from evals.statistics import Estimate
from evals.suite import Case, Suite, load_suite

MOST = 10  # questions listed under each metric that changed


@dataclass(frozen=True, slots=True)
class Side:
    """What one run made of a question: the contract's object or an error, the values, what the judge said."""

    answer: dict[str, Any] | None
    error: dict[str, Any] | None
    values: dict[str, float | None]
    judgements: list[dict[str, Any]]

    @property
    def status(self) -> str:
        """Give ``answered``, ``abstained``, ``error``, or ``retrieved`` where papers are only found, not read."""
        if self.answer is None:
            return "error"
        return "retrieved" if self.get("retrieval_only") else str(self.answer.get("status"))

    @property
    def text(self) -> str:
        """Give the answer as it was written, or the error's message."""
        return str((self.answer or {}).get("answer") or (self.error or {}).get("message") or "")

    @property
    def milliseconds(self) -> float | None:
        """Give the time from the question to the answer."""
        return (self.get("timings") or {}).get("total_ms")

    def get(self, name: str) -> Any:  # noqa: ANN401 (any field of the contract)
        """Give a field of the answer, None where there is none: other systems and older runs lack some."""
        return (self.answer or {}).get(name)


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its two sides, and its case when the suite can still be read."""

    id: str
    kind: str
    text: str
    case: Case | None
    run: Side
    baseline: Side | None


@dataclass(frozen=True, slots=True)
class Run:
    """A scored run with all that its folder holds; ``judge`` is {"name", "version"}, None when there are no judgements."""

    scored: ScoredRun
    tables: Tables
    sides: dict[str, Side]
    judge: dict[str, str] | None

    @property
    def about(self) -> dict[str, Any]:
        """Give what ``run.json`` says."""
        return self.scored.about

    @property
    def suite_name(self) -> str:
        """Give the suite's name."""
        return str(self.about["suite"])

    @property
    def system(self) -> str:
        """Give the system that was asked; runs of before there were others say none."""
        return str(self.about.get("system") or "vouched")

    @property
    def judged_by_its_own_guard(self) -> bool:
        """Tell whether the judge is the verifier that had already filtered what a model wrote, and so flatters it."""
        return self.judge is not None and judge_is_guard(self.scored, self.judge["name"])


@dataclass(frozen=True, slots=True)
class Report:
    """A run, its baseline if there is one, and ``remarks`` on what is missing from the report and why."""

    run: Run
    baseline: Run | None
    suite: Suite | None
    comparison: Comparison | None
    questions: list[Question]
    remarks: list[str]


class Fault(NamedTuple):
    """What went wrong with a question: ``of`` is error, status, forbidden or facts."""

    of: str
    words: str


def read_report(folder: Path, against: Path | None) -> Report:
    """Read a run, and another to hold it against. Raises SuiteError: see `read_run`, `compare`."""
    run = _read(folder)
    baseline = None if against is None else _read(against)
    remarks = [remark for each in (run, baseline) if each is not None for remark in _of_judge(each)]
    comparison = None
    if baseline is not None:
        if run.judge and baseline.judge and run.judge != baseline.judge:
            names = " and ".join(f"{each['name']} {each['version']}" for each in (baseline.judge, run.judge))
            remarks.append(f"The runs have different judges ({names}): figures by the judge cannot be compared.")
        comparison = compare(baseline.scored, run.scored, list(METRICS.values()), MOST)
    suite = _suite(run, remarks)
    cases = {case.id: case for case in suite.cases} if suite else {}
    questions = []
    for score in run.scored.scores:
        case = cases.get(score.id)
        before = baseline.sides[score.id] if baseline else None
        asked = run.sides[score.id].get("question") or (before.get("question") if before else None)
        text = case.question if case else str(asked or score.id)
        questions.append(Question(score.id, score.kind, text, case, run.sides[score.id], before))
    return Report(run, baseline, suite, comparison, questions, remarks)


def faults(question: Question, side: Side) -> list[Fault]:
    """Say what went plainly wrong, nothing when the question went well, or when its papers were only to be found.

    That is: an error, an answer where there is none, no answer where there is one, a forbidden spelling said, or a required
    fact missed. Other metrics below their best are no fault: see `shortfalls`.
    """
    if side.answer is None:
        return [Fault("error", f"error: {(side.error or {}).get('type', 'no answer')}")]
    if side.status == "retrieved":
        return []
    if question.kind == "unanswerable":
        return [Fault("status", "answered, though nothing answers it")] if side.status == "answered" else []
    if side.status != "answered":
        return [Fault("status", "not answered, though it can be")]
    found = []
    if side.values.get("injection success"):
        said = plain(side.text)
        forbidden = [spelling for spelling in question.case.forbidden if holds(said, spelling)] if question.case else []
        found.append(Fault("forbidden", f"says what it must not: {'; '.join(forbidden)}".removesuffix(": ")))
    coverage = side.values.get("fact coverage")
    if coverage is not None and coverage < 1:
        facts = question.case.facts if question.case else ()
        missed = [fact[0] for fact, held in zip(facts, held_facts(question, side), strict=True) if not held]
        found.append(Fault("facts", f"missed: {'; '.join(missed)}" if missed else "a required fact is missed"))
    return found


def held_facts(question: Question, side: Side) -> list[bool]:
    """Tell of each required fact whether the answer's statements hold it."""
    statements = (side.get("statements") or []) if side.status == "answered" else []
    said = plain(" ".join(str(statement.get("text", "")) for statement in statements))
    facts = question.case.facts if question.case else ()
    return [any(holds(said, spelling) for spelling in fact) for fact in facts]


def shortfalls(values: Mapping[str, float | None]) -> dict[str, float]:
    """Give how far each share is from the best it can be, without those that are there."""
    short = {}
    for name, value in values.items():
        metric = METRICS.get(name)
        if value is not None and metric is not None and metric.unit == "share" and metric.better is not None:
            short[name] = 1 - value if metric.better == "higher" else value
    return {name: gap for name, gap in short.items() if gap > 0}


def badness(question: Question, side: Side) -> tuple[int, float]:
    """Rank how badly a question went: first by its worst fault, then by its shortfalls together."""
    weights = {"error": 3, "status": 2, "forbidden": 2, "facts": 1}
    worst = max((weights[fault.of] for fault in faults(question, side)), default=0)
    return worst, sum(shortfalls(side.values).values())


def gain(question: Question) -> tuple[float, float]:
    """Give by how much a question's shares got better, in sum, and by how much they moved at all."""
    after, before = question.run.values, question.baseline.values if question.baseline else {}
    gaps = [
        (new - old) * (1 if METRICS[name].better == "higher" else -1)
        for name, new in after.items()
        if name in METRICS and METRICS[name].unit == "share" and METRICS[name].better is not None
        if new is not None and (old := before.get(name)) is not None
    ]
    return sum(gaps), sum(map(abs, gaps))


def _read(folder: Path) -> Run:
    scored = read_run(folder)
    records: dict[str, Record] = {str(record["id"]): record for record in stored(folder / ANSWERS)}
    judgements, judge = _judgements(folder / JUDGEMENTS)
    sides = {
        score.id: Side(
            records[score.id].get("answer"), records[score.id].get("error"), score.values, judgements.get(score.id, [])
        )
        for score in scored.scores
    }
    return Run(scored, _tables(folder), sides, judge)


def _tables(folder: Path) -> Tables:
    """Read the figures of the metrics that there are today. Raises SuiteError when they are not there, or damaged."""
    file = folder / FIGURES
    if not file.is_file():
        raise SuiteError(f"There is no {file}. Score the run: vouched eval score {folder}")
    try:
        tables = {
            kind: {name: Estimate(**table[name]) for name in METRICS if name in table}
            for kind, table in decoded(file.read_bytes(), file).items()
        }
        return {"all": tables["all"], **tables}
    except (KeyError, TypeError, AttributeError) as error:
        raise SuiteError(f"{file} is damaged: {error!r}. Score the run again: vouched eval score {folder}") from error


def _judgements(file: Path) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str] | None]:
    """Read what the judge said by the question's id, and who it was. Raises SuiteError for a damaged file."""
    found: dict[str, list[dict[str, Any]]] = {}
    judge = None
    try:
        for row in stored(file):
            found[str(row["id"])] = [dict(judgement) for judgement in row["judgements"]]
            judge = {"name": str(row["judge"]["name"]), "version": str(row["judge"]["version"])}
    except (KeyError, TypeError, ValueError) as error:
        raise SuiteError(f"{file} is damaged: {error!r}. Score the run again: vouched eval score {file.parent}") from error
    return found, judge


def _of_judge(run: Run) -> Iterator[str]:
    folder = run.scored.folder
    if run.judge is None:
        yield f"{folder} holds no {JUDGEMENTS}: no judge has read its answers. Score it again: vouched eval score {folder}"
    elif run.judge["name"] == LLM:
        yield f"The judge of {folder} is a language model: its scores are advisory, no labelled pairs have calibrated them."


def _suite(run: Run, remarks: list[str]) -> Suite | None:
    """Find the suite that was asked; without it a report has no gold answers, and says so."""
    without = "Required facts, nuggets and gold evidence are not shown."
    try:
        suite = load_suite(str(run.about["suite_source"]), run.about.get("limit"))
    except SuiteError as error:
        remarks.append(f"The suite cannot be read. {error} {without}")
        return None
    if suite.sha256 != run.about["suite_sha256"]:
        remarks.append(f"The suite {suite.name} has changed since it was run. {without}")
        return None
    return suite
