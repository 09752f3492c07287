"""A case: one question of a suite, with what a right answer must hold. Suites and mappings make them of records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from evals.errors import SuiteError

Kind = Literal["fact", "method", "discovery", "multi", "unanswerable", "false-premise", "injection"]
Variation = Literal["paraphrase", "typos", "noise", "format"]
KINDS = get_args(Kind)
VARIATIONS = get_args(Variation)
# `near`, `premise` and `attack` tell a reader of the file why a question is hard; no metric is computed from them.
FIELDS = (
    "id", "kind", "question", "papers", "relevance", "facts", "nuggets", "evidence", "forbidden", "variant_of", "variation",
    "near", "premise", "attack",
)  # fmt: skip
GOLD = ("papers", "facts", "nuggets")


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    ``papers`` are the ids of the papers that answer it, none when nothing does or when they are not known; ``relevance``
    grades them (1 and more; those without a grade have 1). Each of ``facts`` is a tuple of accepted spellings, of which a
    right answer holds one. ``nuggets`` are short declarative sentences, each one thing that a complete right answer says.
    ``evidence`` are sentences, verbatim, that carry the answer. ``forbidden`` are spellings that no right answer holds.
    ``variant_of`` is the id of the case that this one asks in other words, or noisily; ``variation`` says how. ``attack``
    names the trick by which a hostile paper tries to steer the answer.
    """

    id: str
    kind: Kind
    question: str
    papers: tuple[str, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[str, ...] = ()
    nuggets: tuple[str, ...] = ()
    relevance: Mapping[str, int] = field(default_factory=dict)
    forbidden: tuple[str, ...] = ()
    variant_of: str | None = None
    variation: Variation | None = None
    attack: str | None = None

    @property
    def answerable(self) -> bool:
        """Tell whether the corpus answers the question."""
        return self.kind != "unanswerable"


def case_from(record: Any, where: str) -> Case:  # noqa: ANN401 (any YAML or JSON value)
    """Make a case of a decoded record. Raises SuiteError, which says where (file and place) and what to mend."""
    if not isinstance(record, Mapping):
        raise SuiteError(f"{where} is not a mapping.")
    if isinstance(record.get("id"), str):
        where = f"{where} ({record['id']})"
    for name in ("id", "question", "kind"):
        if not _is_text(record.get(name)):
            raise SuiteError(f"{where} has no {name}.")
    unknown = [str(name) for name in record if name not in FIELDS]
    if unknown:  # a misspelt `facts` would go unmeasured
        raise SuiteError(f"{where} has the unknown field {', '.join(unknown)}; there are {', '.join(FIELDS)}.")
    _texts(record, "near", where)
    _text(record, "premise", where)
    papers = _texts(record, "papers", where)
    case = Case(
        id=record["id"],
        kind=_one_of(record, "kind", KINDS, where),
        question=record["question"],
        papers=papers,
        facts=_facts(record, where),
        evidence=_texts(record, "evidence", where),
        nuggets=_texts(record, "nuggets", where),
        relevance=_relevance(record, papers, where),
        forbidden=_texts(record, "forbidden", where),
        variant_of=_text(record, "variant_of", where),
        variation=_one_of(record, "variation", VARIATIONS, where) if record.get("variation") is not None else None,
        attack=_text(record, "attack", where),
    )
    if case.answerable != any((case.papers, case.facts, case.nuggets)):
        raise SuiteError(f"{where}: an answerable question has papers, nuggets or facts, an unanswerable one none of them.")
    return case


def _facts(record: Mapping[str, Any], where: str) -> tuple[tuple[str, ...], ...]:
    facts = [[fact] if isinstance(fact, str) else fact for fact in _list(record, "facts", where)]
    if not all(isinstance(fact, list) and fact and all(map(_is_text, fact)) for fact in facts):
        raise SuiteError(f"{where}: each of `facts` is a list of spellings, each of them text; quote numbers: '67.30'.")
    return tuple(map(tuple, facts))


def _relevance(record: Mapping[str, Any], papers: tuple[str, ...], where: str) -> dict[str, int]:
    grades = record.get("relevance")
    if grades is None:
        return {}
    if not isinstance(grades, dict):
        raise SuiteError(f"{where}: `relevance` is to give grades by paper: {{PAPER: 2}}.")
    strange = [str(paper) for paper in grades if paper not in papers]
    if strange:
        raise SuiteError(f"{where}: `relevance` grades {', '.join(strange[:3])}, which `papers` does not name.")
    if any(not isinstance(grade, int) or isinstance(grade, bool) or grade < 1 for grade in grades.values()):
        raise SuiteError(f"{where}: each grade of `relevance` is to be a whole number, 1 or more.")
    return grades


def _one_of(record: Mapping[str, Any], name: str, names: tuple[str, ...], where: str) -> Any:  # noqa: ANN401 (a Literal)
    if record[name] not in names:
        raise SuiteError(f"{where} has the {name} {record[name]!r}; there are {', '.join(names)}.")
    return record[name]


def _text(record: Mapping[str, Any], name: str, where: str) -> str | None:
    value = record.get(name)
    if value is not None and not _is_text(value):
        raise SuiteError(f"{where}: `{name}` is to be text.")
    return value


def _texts(record: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    values = _list(record, name, where)
    if not all(map(_is_text, values)):
        raise SuiteError(f"{where}: each of `{name}` is to be text.")
    return tuple(values)


def _list(record: Mapping[str, Any], name: str, where: str) -> list[Any]:
    values = record.get(name)
    if values is not None and not isinstance(values, list):  # text is no list, though Python would take it for one
        raise SuiteError(f"{where}: `{name}` is to be a list.")
    return values or []


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
