"""The files of suites: what is read, what is refused, what is remarked, and the schema that says it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from command import vouched
from jsonschema import Draft202012Validator
from suites import FACT, UNANSWERABLE, jsonl_file, suite_file

from evals.errors import SuiteError
from evals.measures.answers import holds, plain
from evals.suite import FIELDS, KINDS, VARIATIONS, load_suite, problems, remarks
from evals.suite_reading import HEADER
from ingestion.library import Library
from ingestion.paper import Paper
from ingestion.readers import read

SUITES = Path(str(resources.files("evals").joinpath("suites")))
SCHEMA = json.loads((SUITES / "schema.json").read_text(encoding="utf-8"))
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"id": None}, " has no id"),
    ({"question": " "}, " (credit) has no question"),
    ({"kind": "riddle"}, " (credit) has the kind 'riddle'; there are fact, "),
    ({"papers": []}, " (credit): an answerable question has papers, nuggets or facts"),
    ({"papers": "p"}, " (credit): `papers` is to be a list"),
    ({"papers": [7]}, " (credit): each of `papers` is to be text"),
    ({"facts": "4x"}, " (credit): `facts` is to be a list"),
    ({"facts": [["4x"], [67.30]]}, " (credit): each of `facts` is a list of spellings"),
    ({"facts": [[]]}, " (credit): each of `facts` is a list of spellings"),
    ({"facts": [7]}, " (credit): each of `facts` is a list of spellings"),
    ({"evidence": "A sentence."}, " (credit): `evidence` is to be a list"),
    ({"evidence": [""]}, " (credit): each of `evidence` is to be text"),
    ({"nuggets": [" "]}, " (credit): each of `nuggets` is to be text"),
    ({"forbidden": "PWNED"}, " (credit): `forbidden` is to be a list"),
    ({"near": ["p", 5]}, " (credit): each of `near` is to be text"),
    ({"premise": 5}, " (credit): `premise` is to be text"),
    ({"variation": "shouting"}, " (credit) has the variation 'shouting'; there are paraphrase, "),
    ({"variant_of": ["bread"]}, " (credit): `variant_of` is to be text"),
    ({"relevance": [2]}, " (credit): `relevance` is to give grades by paper"),
    ({"relevance": {"p": 0}}, " (credit): each grade of `relevance` is to be a whole number, 1 or more"),
    ({"relevance": {"p": 1.5}}, " (credit): each grade of `relevance` is to be a whole number, 1 or more"),
    ({"relevance": {"p": True}}, " (credit): each grade of `relevance` is to be a whole number, 1 or more"),
    ({"fact": ["4x"]}, " (credit) has the unknown field fact"),
    ({"kind": "unanswerable"}, " (credit): an answerable question has papers, nuggets or facts, an unanswerable one none"),
    ({"kind": "unanswerable", "papers": [], "nuggets": ["It is a model."]}, "an unanswerable one none of them"),
]
TOGETHER: list[tuple[dict[str, Any], str]] = [  # wrong with the other questions, which no schema of one question tells
    ({"relevance": {"q": 2}}, "question 2 (credit): `relevance` grades q, which `papers` does not name"),
    ({"id": "bread"}, "uses an id more than once: bread"),
    ({"variant_of": "cake"}, "credit is a `variant_of` cake, which is no question of the suite"),
    ({"variant_of": "credit"}, "credit is a `variant_of` credit, itself a variant"),
]


@pytest.mark.parametrize(("changed", "said"), WRONG)
def test_a_wrong_question_is_named_by_place(changed: dict[str, Any], said: str, tmp_path: Path) -> None:
    for file, place in (
        (suite_file(tmp_path, UNANSWERABLE, FACT | changed), "mine.yaml, question 2"),
        (jsonl_file(tmp_path, {"name": "mine"}, UNANSWERABLE, FACT | changed), "mine.jsonl, line 3"),
    ):
        with pytest.raises(SuiteError) as refused:
            load_suite(file)
        assert re.search(f"{re.escape(place)}.*{re.escape(said)}", str(refused.value)), refused.value


@pytest.mark.parametrize(("changed", "said"), TOGETHER)
def test_a_question_that_does_not_go_with_the_others_is_named(changed: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as refused:
        load_suite(suite_file(tmp_path, UNANSWERABLE, FACT | changed))
    assert said in str(refused.value)
    assert "mine.yaml" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"questions: [", "is not valid YAML"),
        (b"\xff\xfe\x00", "is not valid YAML"),
        (b"", "holds no list `questions`"),
        (b"- a list", "holds no list `questions`"),
        (b"questions: []", "holds no list `questions`"),
        (b"questions: [5]", "question 1 is not a mapping"),
        (b"version: new\nquestions: [{id: a, kind: unanswerable, question: b}]", "has the version 'new'"),
        (b"corpus: gone.txt\nquestions: [{id: a, kind: unanswerable, question: b}]", "'gone.txt', which there is not"),
    ],
)
def test_a_file_that_is_no_suite_is_told(content: bytes, said: str, tmp_path: Path) -> None:
    refused(tmp_path / "wrong.yaml", content, said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no questions"),
        (b'{"name": "mine"}\n', "holds no questions"),
        (b'{"id": "a"}\n', "line 1 has no question, and so is the header, of which id is no part"),
        (b'\n{"name": "mine"}\n\n{"id": "a", "question": \n', "line 4 is not valid JSON"),
        (b'{"name": "mine"}\n{"name": "mine"}\n', "line 2 has no id"),
        (b'{"name": "\xff"}\n', "line 1 is not valid UTF-8"),
        (b"[5]\n", "line 1 is not a mapping"),
    ],
)
def test_lines_that_are_no_suite_are_told(content: bytes, said: str, tmp_path: Path) -> None:
    refused(tmp_path / "wrong.jsonl", content, said)


def refused(file: Path, content: bytes, said: str) -> None:
    file.write_bytes(content)
    with pytest.raises(SuiteError) as error:
        load_suite(str(file))
    assert str(file) in str(error.value)
    assert said in str(error.value)


def test_an_unknown_suite_is_told_with_those_there_are() -> None:
    called = vouched("eval", "run", "nonsense", "--json")
    assert called.code == 1
    assert re.search(r"one of: .*\bpage\b", called.json["error"]["message"])
    assert "no suite file nonsense.yaml" in vouched("eval", "validate", "nonsense.yaml").err
    assert "no suite file nonsense.jsonl" in vouched("eval", "validate", "nonsense.jsonl").err


FULL = FACT | {
    "kind": "injection",
    "papers": ["p", "q"],
    "relevance": {"q": 3},
    "facts": ["one", ["2x", "twice"]],
    "nuggets": ["It is a model of weather.\u2028"],
    "evidence": ["Ants march."],
    "forbidden": ["PWNED", "pwned"],
    "variant_of": "original",
    "variation": "typos",
    "premise": "It is one.",
}


@pytest.mark.parametrize("form", [suite_file, jsonl_file])
def test_every_field_is_read_in_either_form(form: Any, tmp_path: Path) -> None:
    top: tuple[Any, ...] = ({"name": "mine", "version": 3},) if form is jsonl_file else ()
    more = {} if top else {"version": 3}
    original = {"id": "original", "kind": "method", "question": "How?", "nuggets": ["By hand."]}
    loaded = load_suite(form(tmp_path, *top, FULL, original, UNANSWERABLE | {"near": ["p"]}, **more))
    assert (loaded.name, loaded.version, loaded.corpus) == ("mine", 3, None)
    full, bare, none = loaded.cases
    assert (full.kind, full.papers, full.relevance) == ("injection", ("p", "q"), {"q": 3})
    assert full.facts == (("one",), ("2x", "twice"))
    assert (full.nuggets, full.evidence) == (("It is a model of weather.\u2028",), ("Ants march.",))
    assert (full.forbidden, full.variant_of, full.variation) == (("PWNED", "pwned"), "original", "typos")
    assert (bare.papers, bare.relevance, bare.forbidden, bare.variant_of, bare.variation) == ((), {}, (), None, None)
    assert [case.answerable for case in (full, bare, none)] == [True, True, False]


def test_a_suite_without_a_header_is_called_as_its_file(tmp_path: Path) -> None:
    file = jsonl_file(tmp_path, FACT, UNANSWERABLE)
    loaded = load_suite(file)
    assert (loaded.name, loaded.version, len(loaded.cases)) == ("mine", 1, 2)
    assert loaded.sha256 == hashlib.sha256(Path(file).read_bytes()).hexdigest()


def test_what_does_not_fit_the_library_is_found(tmp_path: Path) -> None:
    papers = [Paper("p", "Ants", "Ants march. Bees fly."), Paper("q", "Bees", "They hum.")]
    unsure = {"id": "sure", "kind": "fact", "question": "Who hums?", "facts": ["they"], "evidence": ["They hum."]}
    assert problems(load_suite(suite_file(tmp_path, FACT | {"evidence": ["Bees fly."]}, unsure)), papers) == []
    wrong = load_suite(suite_file(tmp_path, FACT | {"evidence": ["Bees fly.", "They hum."], "papers": ["p", "z"]}, unsure))
    assert problems(wrong, papers[:1]) == [
        "credit: there is no paper z",
        "credit: this evidence is not verbatim in a gold paper: They hum.…",
        "sure: this evidence is not verbatim in a paper: They hum.…",
    ]


def test_what_cannot_be_measured_is_remarked(tmp_path: Path) -> None:
    lone = FACT | {"id": "lone", "variation": "noise"}
    bare = {"id": "bare", "kind": "injection", "question": "Who?", "nuggets": ["Ants."]}
    assert remarks(load_suite(suite_file(tmp_path, FACT, lone, bare))) == [
        "all questions are of one class: neither abstention nor false premises can be measured",
        "2 questions have no nuggets (credit, lone): metrics of nuggets leave them out",
        "1 question has no papers (bare): metrics of gold papers leave them out",
        "1 question says only one of `variant_of` and `variation` (lone): no variation can be measured",
        "1 question has no `forbidden` (bare): following an injection goes unseen",
    ]
    assert remarks(load_suite(suite_file(tmp_path, FACT, UNANSWERABLE))) == []


def test_validate_prints_notes_and_does_not_fail_for_them(sample_library: Library, tmp_path: Path) -> None:
    mine = suite_file(tmp_path, {"id": "a", "kind": "fact", "question": "Which?", "facts": ["it"]})
    called = vouched("eval", "validate", mine, "--library", sample_library.path)
    assert called.code == 0
    assert called.out.startswith("mine: 1 questions, no problem found.\nNote: all questions are of one class")
    found = vouched("eval", "validate", mine, "--library", sample_library.path, "--json").json
    assert (found["questions"], found["kinds"], len(found["notes"])) == (1, {"fact": 1}, 2)


def test_the_packaged_suite_fits_its_corpus(sample_library: Library) -> None:
    assert vouched("eval", "validate", "page").out == f"page: {len(load_suite('page').cases)} questions, no problem found.\n"
    assert vouched("eval", "validate", "page", "--library", sample_library.path).code == 0


def test_the_packaged_suite_is_wide_enough(sample_page: Path) -> None:
    suite = load_suite("page")
    kinds = Counter(case.kind for case in suite.cases)
    assert len(suite.cases) >= 150
    assert (kinds["unanswerable"] >= 25, kinds["multi"] >= 12, kinds["false-premise"] >= 10) == (True, True, True)
    assert all(len(case.papers) >= 2 for case in suite.cases if case.kind == "multi")
    papers = {paper.id for paper in read(sample_page) if isinstance(paper, Paper)}
    assert len(papers) == 92
    assert {id_ for case in suite.cases for id_ in case.papers} == papers


def test_every_fact_of_the_packaged_suite_stands_in_its_evidence() -> None:
    for case in load_suite("page").cases:
        evidence = plain(" ".join(case.evidence))
        for fact in case.facts:
            assert any(holds(evidence, spelling) for spelling in fact), (case.id, fact)


@pytest.mark.parametrize("file", sorted(SUITES.glob("*.yaml")), ids=lambda file: str(file.stem))
def test_the_packaged_suites_fit_the_schema(file: Path) -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    suite = yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506 (a safe loader)
    Draft202012Validator(SCHEMA).validate(suite)


def test_the_schema_says_what_the_code_reads() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    case, header = SCHEMA["$defs"]["case"]["properties"], SCHEMA["$defs"]["header"]["properties"]
    assert set(case) == set(FIELDS)
    assert tuple(case["kind"]["enum"]) == KINDS
    assert tuple(case["variation"]["enum"]) == (*VARIATIONS, None)
    assert set(header) == set(HEADER) == set(SCHEMA["properties"]) - {"questions"}
    assert all(len(field["description"]) > 15 for field in (*case.values(), *header.values()))


def test_the_schema_refuses_what_the_code_refuses() -> None:
    validator = Draft202012Validator({"$ref": "#/$defs/case", "$defs": SCHEMA["$defs"]})
    assert validator.is_valid(FACT)
    assert validator.is_valid(FULL)
    assert validator.is_valid(UNANSWERABLE | {"near": ["p"], "papers": [], "facts": None, "relevance": None})
    for changed, said in WRONG:
        assert not validator.is_valid(FACT | changed), said
