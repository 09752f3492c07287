"""Each metric against an example worked by hand."""

from __future__ import annotations

from math import log2
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evals.case import Case, Kind
from evals.definitions import markdown
from evals.measures.abstention import abstention_macro_f1, premise_denied
from evals.measures.answers import fact_coverage, holds, plain
from evals.measures.citations import evidence_recall, gold_precision, gold_recall, is_exact, quote_exactness
from evals.measures.costs import taken
from evals.metrics import METRICS, estimates_by_kind, outcomes, score, values
from evals.outcome import Outcome, Score
from evals.statistics import Estimate
from evals.suite import Suite
from ingestion.library import Library

ABSTRACT = "Ants march. 🐜 They carry 25.1\\% more. Bees fly."


def case(kind: Kind = "fact", id_: str = "c", **fields: Any) -> Case:
    papers = () if kind == "unanswerable" else ("a", "b")
    return Case(id_, kind, "Why?", **{"papers": papers, **fields})


def quote(paper: str = "a", text: str = "Ants march.", start: int = 0, end: int = 11) -> dict[str, Any]:
    return {"number": 1, "paper_id": paper, "quote": text, "start": start, "end": end}


def answer(*said: str, cites: tuple[dict[str, Any], ...] = (), found: str = "", status: str = "answered") -> dict[str, Any]:
    statements = [{"text": text} for text in said]
    retrieved = [{"paper_id": paper} for paper in found]
    return {"status": status, "answer": " ".join(said), "statements": statements, "citations": cites, "retrieved": retrieved}


@pytest.mark.parametrize(
    ("text", "spelling", "found"),
    [
        ("3 of 4", "3", True),
        ("13 of 40", "3", False),
        ("3.5 of 4", "3", False),
        ("1,300 of 4", "300", False),
        ("see [3], then", "3", True),
        ("it ends with 3.", "3", True),
        ("a 25.1\\% gain", "25.1%", True),
        ("a 25.1% gain", "25.1\\%", True),
        ("a 125.1% gain", "25.1%", False),
        ("5x faster", "5x", True),
        ("15x faster", "5x", False),
        ("is 4× quicker", "4×", True),
        ("gains +0.5%, or so", "+0.5%", True),
        ("gains 10.5%, or so", "0.5%", False),
        ("in C++, as ever", "C++", True),
        ("a fresh start", "art", False),
        ("state of the Art", "art", True),
        ("GPT-3.5 says", "GPT-3", False),
        ("says GPT-3.", "gpt-3", True),
        ("Tutorship\n  Amplification", "tutorship amplification", True),
        ("non-autoregressive", "autoregressive", True),
    ],
)
def test_a_spelling_is_found_as_a_word_of_its_own(text: str, spelling: str, found: bool) -> None:
    assert holds(plain(text), spelling) is found


def test_a_fact_counts_in_any_of_its_spellings() -> None:
    asked = case(facts=(("4x", "four times"), ("92",), ("bees", "ants")))
    assert fact_coverage(Outcome(asked, answer("It is Four Times as fast,", "says the ants' king."))) == pytest.approx(2 / 3)
    assert (
        fact_coverage(Outcome(asked, answer("The words are in the answer, not in a statement: 4x.") | {"statements": []}))
        == 0
    )
    assert fact_coverage(Outcome(asked, answer("4x, 92, bees", status="abstained"))) == 0
    assert fact_coverage(Outcome(asked, None)) == 0


def test_citations_are_held_against_the_gold_papers() -> None:
    asked = case(evidence=("Ants march.", "Bees fly."))
    outcome = Outcome(asked, answer("x", cites=(quote("a"), quote("a", "Well: Ants march. So."), quote("z", "z"))))
    assert gold_precision(outcome) == pytest.approx(2 / 3)
    assert gold_recall(outcome) == 1 / 2
    assert evidence_recall(outcome) == 1 / 2
    abstained = Outcome(asked, answer("no", cites=(quote("a"), quote("b")), status="abstained"))
    assert (gold_recall(abstained), evidence_recall(abstained)) == (0, 0)


@pytest.mark.parametrize(
    ("citation", "exact"),
    [
        (quote(), 1),
        (quote(text="They carry 25.1\\% more.", start=14, end=37), 1),  # the ant is one code point
        (quote(text="They carry 25.1\\% more.", start=15, end=38), 0),
        (quote(text="They carry 25.1% more.", start=14, end=37), 0),
        (quote(text="ants march."), 0),
        (quote(text="", start=3, end=3), 0),
        (quote(paper="unknown"), 0),
    ],
)
def test_a_quote_is_exact_at_its_place_only(citation: dict[str, Any], exact: int) -> None:
    assert is_exact(citation, {"a": ABSTRACT}) == exact


def test_a_false_premise_is_named_only_by_an_answer_that_says_so() -> None:
    named = Outcome(case("false-premise"), {**answer("Ants march."), "denied_by": 1})
    accepted = Outcome(case("false-premise"), {**answer("Ants march."), "denied_by": None})
    refused = Outcome(case("false-premise"), {**answer(status="abstained"), "denied_by": None})
    outcomes = [named, accepted, refused, Outcome(case("false-premise"), None)]
    assert [premise_denied(outcome) for outcome in outcomes] == [1.0, 0.0, 0.0, 0.0]


def test_quotes_of_an_answer_and_of_an_abstention_are_to_be_exact() -> None:
    shown = (quote(), quote(text="ants march."), quote(paper="unknown"))
    for status in ("answered", "abstained"):
        outcome = Outcome(case(), answer("x", cites=shown, status=status), {"a": ABSTRACT})
        assert quote_exactness(outcome) == pytest.approx(1 / 3)
    assert quote_exactness(Outcome(case(), answer("x"))) is None
    assert quote_exactness(Outcome(case(), None)) is None


def test_what_is_not_there_has_no_value() -> None:
    assert gold_precision(Outcome(case(), answer("x"))) is None
    assert taken("total")(Outcome(case(), None)) is None
    assert taken("total")(Outcome(case(), answer("x"))) is None
    assert taken("total")(Outcome(case(), answer("x") | {"timings": {"total_ms": 7}})) == 7.0


def test_abstention_macro_f1_counts_an_error_for_neither_side() -> None:
    no = float("nan")
    rows = np.array(
        [(1, no, 0), (0, no, 0), (0, no, 1), (no, 1, 0), (no, 0, 0)]
    )  # right, abstained, failed; right, answered
    answering = 2 * 1 / (2 * 1 + 1 + 2)  # one hit, one answer too many, two too few
    abstaining = 2 * 1 / (2 * 1 + 1 + 1)
    assert abstention_macro_f1(rows) == pytest.approx((answering + abstaining) / 2)
    assert np.isnan(abstention_macro_f1(rows[:3]))
    assert np.isnan(abstention_macro_f1(rows[3:]))
    failed = np.array([(0, no, 1), (no, 0, 1)])
    assert abstention_macro_f1(np.stack([rows[[0, 3]], failed])).tolist() == [1, 0]  # of several tables at once


def test_percentiles_lie_between_two_values_in_proportion() -> None:
    scores = [Score(str(ms), "fact", {"latency ms": ms}) for ms in (10.0, 20.0, 30.0, 40.0, None)]
    found = {name: METRICS[f"latency ms{name}"].estimate(scores) for name in ("", ", p50", ", p95")}
    assert {name: (one.value, one.n, one.undefined) for name, one in found.items()} == {
        "": (25, 4, 1),
        ", p50": (25, 4, 1),
        ", p95": (pytest.approx(30 + 0.85 * 10), 4, 1),
    }


def test_each_metric_is_declared_once_and_says_what_it_is() -> None:
    for name, metric in METRICS.items():
        assert (metric.name, metric.means[-1]) == (name, ".")
        assert "\n" not in metric.means
        assert (metric.value is None) == bool(metric.of)
        assert all(METRICS[column].value is not None for column in metric.of)
        assert not set("=:;") & set(name)  # these separate names on the command line


def test_the_page_of_definitions_is_what_the_command_prints() -> None:
    page = Path(__file__).parents[1] / "docs" / "metrics.md"
    assert page.read_text(encoding="utf-8") == markdown(), "make it anew: vouched eval metrics > docs/metrics.md"


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Estimate]]:
    """Score four questions: answered, failed, rightly abstained, wrongly answered; the gold papers are a and b."""
    library = Library.open(tmp_path_factory.mktemp("metrics"), create=True)
    cases = (
        case(id_="good", facts=(("25.1%",),), evidence=("Ants march.",)),
        case(id_="failed", facts=(("25.1%",),), evidence=("Ants march.",)),
        case("unanswerable", "abstains"),
        case("unanswerable", "answers"),
    )
    records: list[dict[str, Any]] = [
        {"id": "good", "answer": answer("It is 25.1\\% [1].", cites=(quote(),), found="xayb")},
        {"id": "failed", "error": {"type": "LLMError", "message": "asleep"}},
        {"id": "abstains", "answer": answer("No.", found="a", status="abstained")},
        {"id": "answers", "answer": answer("Yes, it surely is so.", found="b")},
    ]
    suite = Suite("small", 1, None, cases, "")
    return {"all": score(suite, records, library), **estimates_by_kind(values(outcomes(suite, records, library)))}


@pytest.mark.parametrize(
    ("name", "value", "n"),
    [
        ("success@1", 0, 2),
        ("success@5", 1 / 2, 2),
        ("MRR", 1 / 2 / 2, 2),  # the first gold paper is second, and the failed question found nothing
        ("nDCG@10", (1 / log2(3) + 1 / log2(5)) / (1 + 1 / log2(3)) / 2, 2),
        ("fact coverage", 1 / 2, 2),
        ("citation precision", 1, 1),
        ("citation recall", 1 / 2 / 2, 2),
        ("evidence recall", 1 / 2, 2),
        ("quote exactness", 0, 1),  # the library has no such paper
        ("abstained when it should", 1 / 2, 2),
        ("answered when it should", 1 / 2, 2),
        ("abstention macro-F1", (2 / 4 + 2 / 3) / 2, 4),
        ("words", (4 + 5) / 2, 2),
        ("words, median", 4.5, 2),
        ("errors", 1, 4),
    ],
)
def test_a_run_is_scored_as_by_hand(name: str, value: float, n: int, scored: dict[str, dict[str, Estimate]]) -> None:
    assert scored["all"][name].value == pytest.approx(value)
    assert scored["all"][name].n == n


@pytest.mark.parametrize(
    ("name", "undefined"),
    [
        ("success@1", 0),
        ("fact coverage", 0),
        ("citation precision", 1),  # the failed one cites nothing, and it is of those that should
        ("quote exactness", 3),  # only the first has quotes
        ("abstention macro-F1", 0),
        ("words", 2),
        ("words, median", 2),
        ("latency ms", 4),  # these answers do not say
        ("errors", 0),
    ],
)
def test_questions_without_a_value_are_counted(name: str, undefined: int, scored: dict[str, dict[str, Estimate]]) -> None:
    assert scored["all"][name].undefined == undefined


def test_intervals_are_there_where_there_is_something_to_estimate(scored: dict[str, dict[str, Estimate]]) -> None:
    half = scored["all"]["answered when it should"]
    assert (half.low, half.high) == (pytest.approx(0.0945, abs=1e-4), pytest.approx(0.9055, abs=1e-4))  # Wilson, 1 of 2
    assert (scored["all"]["words"].low, scored["all"]["words"].high) == (4, 5)
    assert (scored["all"]["errors"].low, scored["all"]["errors"].high) == (None, None)


def test_a_question_has_no_key_for_what_a_metric_is_not_about(tmp_path: Path) -> None:
    suite = Suite("small", 1, None, (case("unanswerable", "no"), case(id_="failed", facts=(("1",),))), "")
    records: list[dict[str, Any]] = [
        {"id": "no", "answer": answer("No.", status="abstained")},
        {"id": "failed", "error": {}},
    ]
    refused, failed = values(outcomes(suite, records, Library.open(tmp_path, create=True)))
    assert {name: value for name, value in refused.values.items() if value is not None} == {
        "abstained when it should": 1.0, "false confidence": 0.0, "errors": 0.0,
    }  # fmt: skip
    assert {"words", "quote exactness", "latency ms", "number alerts"} <= set(refused.values)
    assert not {"success@1", "fact coverage", "over-refusal", "grounded", "stability"} & set(refused.values)
    right = {name for name, value in failed.values.items() if value not in (None, 0.0)}
    assert right == {"errors"}
    wrong = {"success@1", "fact coverage", "citation recall", "citation F1", "answered when it should", "over-refusal"}
    assert wrong <= {name for name, value in failed.values.items() if value == 0.0}


def test_each_kind_is_scored_by_itself(scored: dict[str, dict[str, Estimate]]) -> None:
    assert list(scored) == ["all", "fact", "unanswerable"]
    assert scored["fact"]["success@5"] == scored["all"]["success@5"]
    assert "success@5" not in scored["unanswerable"]
    assert scored["unanswerable"]["words"] == Estimate(5.0, 1, 1, None, None)
    assert scored["unanswerable"]["abstention macro-F1"] == Estimate(None, 2, 0, None, None)  # it takes both classes


def test_a_run_in_which_every_question_failed_is_worth_nothing(tmp_path: Path) -> None:
    suite = Suite("small", 1, None, (case(id_="failed", facts=(("1",),)),), "")
    table = score(suite, [{"id": "failed", "error": {}}], Library.open(tmp_path, create=True))
    for name in ("success@1", "success@5", "nDCG@10", "MRR", "fact coverage", "citation recall", "answered when it should"):
        assert (table[name].value, table[name].n) == (0.0, 1)
    assert table["quote exactness"] == Estimate(None, 0, 1, None, None)
