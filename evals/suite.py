"""A suite: questions over a corpus, with what a right answer must hold. YAML, one file a suite."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from evals.errors import SuiteError
from ingestion.library import Library

Kind = Literal["fact", "method", "discovery", "multi", "unanswerable", "false-premise"]
KINDS = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    ``papers`` are the ids of the papers that answer it, none when nothing does. Each of ``facts`` is a tuple of accepted
    spellings, of which a right answer holds one. ``evidence`` are sentences, verbatim, that carry the answer.
    """

    id: str
    kind: Kind
    question: str
    papers: tuple[str, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Tell whether the corpus answers the question."""
        return self.kind != "unanswerable"


@dataclass(frozen=True, slots=True)
class Suite:
    """Questions with a name, a version, and a hash of the file that held them.

    ``corpus`` names the sample corpus that the suite is about, if it is about one.
    """

    name: str
    version: int
    corpus: str | None
    cases: tuple[Case, ...]
    sha256: str


def load_suite(name: str) -> Suite:
    """Read a suite, given by the name of a packaged one or by its path. Raises SuiteError, which names the case."""
    file = _find(name)
    content = file.read_bytes()
    try:
        data = yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise SuiteError(f"{name} is not valid YAML: {error}.") from error
    if not isinstance(data, dict) or not isinstance(data.get("questions"), list) or not data["questions"]:
        raise SuiteError(f"{name} holds no list `questions`.")
    cases = tuple(_case(record, f"{name}, question {place}") for place, record in enumerate(data["questions"], start=1))
    twice = [id_ for id_, times in Counter(case.id for case in cases).items() if times > 1]
    if twice:
        raise SuiteError(f"{name} uses an id more than once: {', '.join(twice[:5])}.")
    digest = hashlib.sha256(content).hexdigest()
    return Suite(str(data.get("name", name)), int(data.get("version", 1)), data.get("corpus"), cases, digest)


def problems(suite: Suite, library: Library) -> list[str]:
    """Find what would make a run meaningless: gold papers that are not there, evidence that is not verbatim, one class."""
    found = []
    abstracts = {paper.id: paper.abstract for paper in library.papers({id_ for c in suite.cases for id_ in c.papers})}
    for case in suite.cases:
        found += [f"{case.id}: there is no paper {id_}" for id_ in case.papers if id_ not in abstracts]
        gold = [abstracts[id_] for id_ in case.papers if id_ in abstracts]
        found += [
            f"{case.id}: this evidence is not verbatim in a gold paper: {quote[:60]}…"
            for quote in case.evidence
            if not any(quote in abstract for abstract in gold)
        ]
    if len({case.answerable for case in suite.cases}) == 1:
        found.append("all questions are answerable, or none is: abstention cannot be measured")
    return found


def _find(name: str) -> Traversable:
    path = Path(name)
    packaged = resources.files("evals").joinpath("suites")
    if path.suffix in {".yaml", ".yml"}:
        if not path.is_file():
            raise SuiteError(f"There is no suite file {name}.")
        return path
    if not packaged.joinpath(f"{name}.yaml").is_file():
        names = sorted(entry.name.removesuffix(".yaml") for entry in packaged.iterdir() if entry.name.endswith(".yaml"))
        raise SuiteError(f"There is no suite {name}. Give a YAML file, or one of: {', '.join(names)}.")
    return packaged.joinpath(f"{name}.yaml")


def _case(record: Any, where: str) -> Case:  # noqa: ANN401 (any YAML value)
    if not isinstance(record, Mapping):
        raise SuiteError(f"{where} is not a mapping.")
    for name in ("id", "question", "kind"):
        if not isinstance(record.get(name), str) or not record[name].strip():
            raise SuiteError(f"{where} has no {name}.")
    if record["kind"] not in KINDS:
        raise SuiteError(f"{where} has the kind {record['kind']!r}; there are {', '.join(KINDS)}.")
    facts = tuple((fact,) if isinstance(fact, str) else tuple(map(str, fact)) for fact in record.get("facts") or ())
    case = Case(
        id=record["id"],
        kind=record["kind"],
        question=record["question"],
        papers=tuple(record.get("papers") or ()),
        facts=facts,
        evidence=tuple(record.get("evidence") or ()),
    )
    if case.answerable != bool(case.papers):
        raise SuiteError(f"{where} ({case.id}): an answerable question has gold papers, an unanswerable one has none.")
    return case
