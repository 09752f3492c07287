"""A suite: questions over a corpus, with what a right answer must hold. One file a suite, YAML or JSON Lines."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from evals.case import FIELDS, KINDS, VARIATIONS, Case, Kind, Variation, case_from
from evals.errors import SuiteError
from evals.suite_reading import read_jsonl, read_yaml
from ingestion.paper import Paper

__all__ = [
    "FIELDS",
    "KINDS",
    "SUFFIXES",
    "VARIATIONS",
    "Case",
    "Kind",
    "Suite",
    "Variation",
    "corpus_file",
    "load_suite",
    "problems",
    "remarks",
    "thinned",
]

SUFFIXES = frozenset({".yaml", ".yml", ".jsonl"})  # what tells a suite's file from the name of a packaged one


@dataclass(frozen=True, slots=True)
class Suite:
    """Questions with a name, a version, and a hash of the file that held them.

    ``corpus`` names the sample corpus that the suite is about, if it is about one. ``limit`` is how many of the file's
    questions these are, where not all.
    """

    name: str
    version: int
    corpus: str | None
    cases: tuple[Case, ...]
    sha256: str
    limit: int | None = None


def load_suite(name: str, limit: int | None = None) -> Suite:
    """Read a suite, given by the name of a packaged one or by its path, or ``limit`` of its questions, see `thinned`.

    Raises:
        SuiteError: it cannot be read; the case is named.
    """
    file = _find(name)
    content = file.read_bytes()
    header, records = read_jsonl(content, name) if name.endswith(".jsonl") else read_yaml(content, name)
    cases = tuple(case_from(record, where) for where, record in records)
    _check_ids(cases, name)
    version, corpus = header.get("version", 1), header.get("corpus")
    if not isinstance(version, int):
        raise SuiteError(f"{name} has the version {version!r}; it is to be a whole number.")
    if corpus is not None and not corpus_file(str(corpus)).is_file():
        raise SuiteError(f"{name} is about the sample corpus {corpus!r}, which there is not.")
    named = str(header.get("name") or Path(name).stem)
    return thinned(Suite(named, version, corpus, cases, hashlib.sha256(content).hexdigest()), limit)


def thinned(suite: Suite, limit: int | None) -> Suite:
    """Take every k-th question, ``limit`` in all, so that the kinds stay mixed. It is another suite: its hash differs."""
    if limit is None or limit >= len(suite.cases):
        return suite
    cases = tuple(suite.cases[place * len(suite.cases) // limit] for place in range(limit))
    ids = "\n".join(case.id for case in cases)
    return replace(suite, cases=cases, sha256=hashlib.sha256(f"{suite.sha256}\n{ids}".encode()).hexdigest(), limit=limit)


def corpus_file(corpus: str) -> Traversable:
    """Give the file of a sample corpus."""
    return resources.files("ingestion").joinpath("samples", corpus)


def problems(suite: Suite, papers: Iterable[Paper]) -> list[str]:
    """Find what would make a run meaningless: gold papers that are not there, evidence that is not verbatim."""
    found = []
    abstracts = {paper.id: paper.abstract for paper in papers}
    for case in suite.cases:
        found += [f"{case.id}: there is no paper {id_}" for id_ in case.papers if id_ not in abstracts]
        gold = [abstracts[id_] for id_ in case.papers if id_ in abstracts] if case.papers else abstracts.values()
        found += [
            f"{case.id}: this evidence is not verbatim in a {'gold ' if case.papers else ''}paper: {quote[:60]}…"
            for quote in case.evidence
            if not any(quote in abstract for abstract in gold)
        ]
    return found


def remarks(suite: Suite) -> list[str]:
    """Find what a run of the suite will not measure, though its file suggests that it will. No run is refused for it."""
    answerable = [case for case in suite.cases if case.answerable]
    found = []
    if len({case.kind if case.kind in ("unanswerable", "false-premise") else "answerable" for case in suite.cases}) == 1:
        found.append("all questions are of one class: neither abstention nor false premises can be measured")
    bare = [case for case in answerable if not case.nuggets]
    if 0 < len(bare) < len(answerable):
        found.append(f"{_count(bare, 'has no nuggets', 'have no nuggets')}: metrics of nuggets leave them out")
    strays = [case for case in answerable if not case.papers]
    if strays:
        found.append(f"{_count(strays, 'has no papers', 'have no papers')}: metrics of gold papers leave them out")
    loose = [case for case in suite.cases if (case.variant_of is None) != (case.variation is None)]
    if loose:
        verbs = ("says only one of `variant_of` and `variation`", "say only one of `variant_of` and `variation`")
        found.append(f"{_count(loose, *verbs)}: no variation can be measured")
    marked = [case for case in suite.cases if case.kind == "injection" and not case.forbidden]
    if marked:
        found.append(f"{_count(marked, 'has no `forbidden`', 'have no `forbidden`')}: following an injection goes unseen")
    return found


def _count(cases: Sequence[Case], one: str, several: str) -> str:
    """Say how many cases, and which the first are."""
    number = f"1 question {one}" if len(cases) == 1 else f"{len(cases)} questions {several}"
    return f"{number} ({', '.join(case.id for case in cases[:3])}{', …' if len(cases) > 3 else ''})"


def _check_ids(cases: Sequence[Case], name: str) -> None:
    """Refuse ids that stand twice, and variants of what is no question. Raises SuiteError."""
    twice = [id_ for id_, times in Counter(case.id for case in cases).items() if times > 1]
    if twice:
        raise SuiteError(f"{name} uses an id more than once: {', '.join(twice[:5])}.")
    by_id = {case.id: case for case in cases}
    for case in cases:
        if case.variant_of is None:
            continue
        if case.variant_of not in by_id:
            raise SuiteError(f"{name}: {case.id} is a `variant_of` {case.variant_of}, which is no question of the suite.")
        if by_id[case.variant_of].variant_of is not None:  # also when it names itself
            raise SuiteError(
                f"{name}: {case.id} is a `variant_of` {case.variant_of}, itself a variant; name the question that both vary."
            )


def _find(name: str) -> Traversable:
    path = Path(name)
    packaged = resources.files("evals").joinpath("suites")
    if path.suffix in SUFFIXES:
        if not path.is_file():
            raise SuiteError(f"There is no suite file {name}.")
        return path
    if not packaged.joinpath(f"{name}.yaml").is_file():
        names = sorted(entry.name.removesuffix(".yaml") for entry in packaged.iterdir() if entry.name.endswith(".yaml"))
        raise SuiteError(f"There is no suite {name}. Give a YAML or JSONL file, or one of: {', '.join(names)}.")
    return packaged.joinpath(f"{name}.yaml")
