"""Worked examples: the packaged bank is sound and leaks no suite; one's own is made from a suite, or refused."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
from command import vouched

from assistant.claims import Claim
from assistant.demonstrations import bank
from assistant.errors import BankError
from assistant.verifying import PackagedVerifier
from evals.suite import load_suite
from ingestion.library import Library

SUITES = [
    entry.name.removesuffix(".yaml")
    for entry in resources.files("evals").joinpath("suites").iterdir()
    if entry.name.endswith(".yaml")
]


def test_each_packaged_answer_is_supported_by_what_it_cites() -> None:
    examples = bank().examples
    assert len(examples) == 60
    claims = [
        Claim(text, tuple(example.evidence[number - 1] for number in numbers))
        for example in examples
        for text, numbers in example.statements
    ]
    assert {found.verdict for found in PackagedVerifier().verify(claims)} == {"supported"}


@pytest.mark.parametrize("suite", SUITES)
def test_no_packaged_suite_is_given_away(suite: str, sample_library: Library) -> None:
    cases = load_suite(suite).cases
    asked = {case.question.casefold() for case in cases}
    shown = {text for example in bank().examples for text in example.evidence}
    assert not asked & {example.question.casefold() for example in bank().examples}
    assert not shown & {text for case in cases for text in case.evidence}
    assert not any(text in paper.abstract for paper in sample_library.papers() for text in shown)


def test_the_nearest_come_from_different_clusters_the_nearest_last() -> None:
    chosen = bank().examples[17]
    near = bank().nearest(chosen.question, 3)
    assert near[-1] == chosen
    assert len({example.cluster for example in near}) == 3
    assert len(bank().nearest("ants", 1_000)) == 60


def test_a_suite_becomes_a_bank(sample_library: Library, tmp_path: Path) -> None:
    out = tmp_path / "examples.jsonl"
    made = vouched("eval", "demonstrations", "page", "--library", sample_library.path, "--out", out, "--json")
    assert (made.code, made.json["examples"]) == (0, len(bank(out).examples))
    questions = {case.question for case in load_suite("page").cases}
    assert {example.question for example in bank(out).examples} <= questions
    refused = vouched("eval", "demonstrations", "page", "--library", sample_library.path, "--out", tmp_path / "no" / "x")
    assert refused.code == 1
    assert "--out" in refused.err


GOOD = {"question": "Why?", "evidence": ["Because."], "statements": [{"text": "So.", "evidence": [1]}]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("oops", "line 2 is no worked example"),
        ("[]", "line 2 is no worked example"),
        ("[" * 100_000, "line 2 is no worked example"),
        (json.dumps({**GOOD, "question": " "}), r"line 2 is no worked example \(question: "),
        (json.dumps({**GOOD, "evidence": "Because."}), r"line 2 is no worked example \(evidence: "),
        (json.dumps({**GOOD, "evidence": ["\ud800"]}), "line 2 is no worked example"),
        (json.dumps({**GOOD, "statements": []}), r"line 2 is no worked example \(statements: "),
        (json.dumps({**GOOD, "statements": [{"text": "So.", "evidence": [2]}]}), "line 2 .* not in its evidence"),
        (json.dumps({**GOOD, "statements": [{"text": "So.", "evidence": []}]}), "line 2 .* cites nothing"),
        (json.dumps({**GOOD, "statements": [{"text": "So.", "evidence": ["1"]}]}), r"\(statements\.0\.evidence\.0: "),
    ],
)
def test_a_bank_with_a_bad_line_is_refused(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "bank.jsonl"
    file.write_text(f"{json.dumps(GOOD)}\n{line}\n", encoding="utf-8")
    with pytest.raises(BankError, match=said):
        bank(file)


def test_a_bank_that_is_not_there_or_empty_is_told(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="VOUCHED_DEMONSTRATIONS"):
        bank(tmp_path / "nowhere")
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    with pytest.raises(BankError, match="vouched eval demonstrations"):
        bank(tmp_path / "empty")
