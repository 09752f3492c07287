"""A suite: questions over a corpus, with what a right answer must hold. YAML, one file a suite."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from evals.errors import SuiteError
from ingestion.paper import Paper

Kind = Literal["fact", "method", "discovery", "multi", "unanswerable", "false-premise"]
KINDS = get_args(Kind)
# `near` and `premise` tell a reader of the file why a question is hard; nothing is computed from them.
FIELDS = ("id", "kind", "question", "papers", "facts", "evidence", "near", "premise")


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
    version, corpus = data.get("version", 1), data.get("corpus")
    if not isinstance(version, int):
        raise SuiteError(f"{name} has the version {version!r}; it is to be a whole number.")
    if corpus is not None and not corpus_file(str(corpus)).is_file():
        raise SuiteError(f"{name} is about the sample corpus {corpus!r}, which there is not.")
    return Suite(str(data.get("name", name)), version, corpus, cases, hashlib.sha256(content).hexdigest())


def corpus_file(corpus: str) -> Traversable:
    """Give the file of a sample corpus."""
    return resources.files("ingestion").joinpath("samples", corpus)


def problems(suite: Suite, papers: Iterable[Paper]) -> list[str]:
    """Find what would make a run meaningless: gold papers that are not there, evidence that is not verbatim, one class."""
    found = []
    abstracts = {paper.id: paper.abstract for paper in papers}
    for case in suite.cases:
        found += [f"{case.id}: there is no paper {id_}" for id_ in case.papers if id_ not in abstracts]
        gold = [abstracts[id_] for id_ in case.papers if id_ in abstracts]
        found += [
            f"{case.id}: this evidence is not verbatim in a gold paper: {quote[:60]}…"
            for quote in case.evidence
            if not any(quote in abstract for abstract in gold)
        ]
    if len({case.kind if case.kind in ("unanswerable", "false-premise") else "answerable" for case in suite.cases}) == 1:
        found.append("all questions are of one class: neither abstention nor false premises can be measured")
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
    if isinstance(record.get("id"), str):
        where = f"{where} ({record['id']})"
    for name in ("id", "question", "kind"):
        if not _is_text(record.get(name)):
            raise SuiteError(f"{where} has no {name}.")
    if record["kind"] not in KINDS:
        raise SuiteError(f"{where} has the kind {record['kind']!r}; there are {', '.join(KINDS)}.")
    unknown = [str(name) for name in record if name not in FIELDS]
    if unknown:  # a misspelt `facts` would go unmeasured
        raise SuiteError(f"{where} has the unknown field {', '.join(unknown)}; there are {', '.join(FIELDS)}.")
    facts = [[fact] if isinstance(fact, str) else fact for fact in _list(record, "facts", where)]
    if not all(isinstance(fact, list) and fact and all(map(_is_text, fact)) for fact in facts):
        raise SuiteError(f"{where}: each of `facts` is a list of spellings, each of them text; quote numbers: '67.30'.")
    case = Case(
        id=record["id"],
        kind=record["kind"],
        question=record["question"],
        papers=tuple(_texts(record, "papers", where)),
        facts=tuple(map(tuple, facts)),
        evidence=tuple(_texts(record, "evidence", where)),
    )
    if case.answerable != bool(case.papers):
        raise SuiteError(f"{where}: an answerable question has gold papers, an unanswerable one has none.")
    return case


def _texts(record: Mapping[str, Any], name: str, where: str) -> list[str]:
    values = _list(record, name, where)
    if not all(map(_is_text, values)):
        raise SuiteError(f"{where}: each of `{name}` is to be text.")
    return values


def _list(record: Mapping[str, Any], name: str, where: str) -> list[Any]:
    values = record.get(name)
    if values is not None and not isinstance(values, list):  # text is no list, though Python would take it for one
        raise SuiteError(f"{where}: `{name}` is to be a list.")
    return values or []


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
