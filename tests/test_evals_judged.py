"""Metrics by a judge, against examples worked by hand. The judge here says what the example says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.alarms import ALARMS
from assistant.answer import Verdict
from assistant.claims import Claim, Verified
from evals import grounding
from evals.measures import abstention, answers, citations, robustness
from evals.measures.grounding import alerts, grounded, undetermined
from evals.outcome import Outcome
from evals.suite import Case

SCORES: dict[Verdict, float] = {"supported": 0.9, "undetermined": 0.4, "unsupported": 0.1}


class Table:
    """A judge that looks its verdicts up: by the claim's first word and the quotes' first letters."""

    def __init__(self, **verdicts: str) -> None:
        self.verdicts, self.calls = verdicts, 0

    def load(self) -> None:
        """Nothing to load."""

    def verify(self, claims: Sequence[Claim]) -> list[Verified]:
        found = []
        for claim in claims:
            self.calls += 1
            key = f"{claim.text.split()[0]}_{''.join(quote[0] for quote in claim.quotes)}"
            verdict: Any = self.verdicts.get(key, "unsupported")
            found.append(Verified(verdict, SCORES[verdict]))
        return found


def answer(*statements: tuple[str, list[int]], quotes: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    return {
        "status": "answered",
        "answer": " ".join(text for text, _ in statements),
        "statements": [{"text": text, "citations": numbers} for text, numbers in statements],
        "citations": [
            {"number": n, "paper_id": quote[0], "title": "", "quote": quote, "start": 0, "end": len(quote)}
            for n, quote in enumerate(quotes, start=1)
        ],
        "retrieved": [],
        **more,
    }


def judged(case: Case, said: dict[str, Any] | None, judge: Table, **more: Any) -> Outcome:
    [found] = grounding.judged([Outcome(case, said, **more)], judge, [None], lambda _: None)
    return found


CASE = Case("c", "fact", "Why?", papers=("a", "b"), nuggets=("n0 is so", "n1 is so", "n2 is so"))


def test_citations_count_as_in_alce_with_its_mistakes_mended() -> None:
    said = answer(
        ("s0 is so", [1, 2]),  # together supported; alone by neither: both are needed
        ("s1 is so", [1, 3]),  # together and by 1 alone; 3 alone is nothing, and 1 does without it
        ("s2 is so", [2, 3]),  # not even together
        ("s3 is so", [1, 7]),  # 7 is invented: it voids itself, not its neighbour
        ("s4 is so", []),
        quotes=("apple", "berry", "cherry"),
    )
    judge = Table(s0_ab="supported", s1_ac="supported", s1_a="supported", s3_a="supported")
    found = judged(CASE, said, judge)
    assert citations.alce_recall(found) == pytest.approx(3 / 5)
    # s0: 1 1, s1: 1 0, s2: 0 0, s3: 1 and the invented 0
    assert citations.alce_precision(found) == pytest.approx(4 / 8)
    assert citations.validity(found) == pytest.approx(7 / 8)
    assert citations.coverage(found) == pytest.approx(4 / 5)
    assert grounded(found) == pytest.approx(3 / 5)


def test_markers_that_a_reader_of_foreign_text_kept_apart_are_invented_too() -> None:
    said = answer(("s0 is so", [1]), quotes=("apple",))
    said["statements"][0]["invented"] = [8, 9]
    found = judged(CASE, said, Table(s0_a="supported"))
    assert citations.validity(found) == citations.alce_precision(found) == pytest.approx(1 / 3)
    assert citations.alce_recall(found) == 1


def test_silence_is_a_refusal_and_has_no_citations_to_be_right() -> None:
    found = judged(CASE, {**answer(), "status": "abstained"}, Table())
    assert citations.alce_recall(found) is citations.alce_precision(found) is grounded(found) is None
    assert (found.abstained, answers.nugget_recall(found)) == (True, 0)


def test_doubt_is_counted_apart() -> None:
    said = answer(("s0 is so", [1]), ("s1 is so", [1]), ("s2 is so", [1]), ("s3 is so", []), quotes=("apple",))
    found = judged(CASE, said, Table(s0_a="supported", s1_a="undetermined"))
    assert (grounded(found), undetermined(found)) == (1 / 4, 1 / 4)


def test_nuggets_are_said_softly_said_and_quoted() -> None:
    said = answer(("yes", [1]), ("well", [2]), quotes=("apple", "berry"))
    judge = Table(n0_y="supported", n0_ab="supported", n1_y="supported", n2_y="undetermined", n2_ab="supported")
    found = judged(CASE, said, judge)
    assert answers.nugget_recall(found) == pytest.approx(2 / 3)
    assert answers.soft_nugget_recall(found) == pytest.approx((0.9 + 0.9 + 0.4) / 3)
    assert answers.attributed_nugget_recall(found) == pytest.approx(1 / 3)


def test_statements_are_held_against_the_gold_papers_else_the_nuggets() -> None:
    said = answer(("s0 is so", []), ("s1 is so", []))
    found = judged(CASE, said, Table(s0_xy="supported"), abstracts={"a": "x", "b": "y", "c": "z"})
    assert answers.answer_precision(found) == 1 / 2
    without = judged(Case("c", "fact", "Why?", nuggets=("only this",)), said, Table(s0_o="supported", s1_o="supported"))
    assert answers.answer_precision(without) == 1


@pytest.mark.parametrize(
    ("alarm", "text"), zip(ALARMS, ("It took 5 days.", "It ran on Mars.", "It did not run.", "It fell lower."), strict=True)
)
def test_alerts_are_of_cited_statements_and_need_no_judge(alarm: Any, text: str) -> None:
    said = answer((text, [1]), ("It ran higher.", [1]), (text, []), quotes=("It ran higher in four days.",))
    assert alerts(alarm)(Outcome(CASE, said)) == 1 / 2


def test_a_hedge_counts_unless_it_is_the_paper_s() -> None:
    said = answer(
        ("It may rise.", [1]), ("It may fall.", [2]), ("It rises.", [2]), quotes=("It may well rise.", "It falls.")
    )
    assert answers.hedged(Outcome(CASE, said)) == pytest.approx(1 / 3)


def test_a_false_premise_is_accepted_corrected_or_refused() -> None:
    case = Case("c", "false-premise", "Why so slow?", papers=("a",), facts=(("faster",),))
    rows = [answer(("It is slow.", [])), answer(("It is faster.", [])), {**answer(), "status": "abstained"}, None]
    rows.append({**answer(("It is not.", [])), "denied_by": 1})
    found = [Outcome(case, row) for row in rows]
    assert [abstention.premise_accepted(o) for o in found] == [1, 0, 0, 0, 0]
    assert [abstention.premise_corrected(o) for o in found] == [0, 1, 0, 0, 1]
    assert [o.abstained for o in found] == [False, False, True, False, False]


def test_a_variant_is_held_against_its_original() -> None:
    case = Case("c", "fact", "Why?", papers=("a",), facts=(("12",),))
    varied = Case("v", "fact", "why", papers=("a",), facts=(("12",),), variant_of="c", variation="typos")
    right, wrong = answer(("12", [1, 2]), quotes=("apple", "berry")), answer(("13", [1]), quotes=("berry",))
    refused = {**answer(), "status": "abstained"}

    def of(first: dict[str, Any] | None, then: dict[str, Any] | None) -> tuple[float | None, float | None]:
        found = Outcome(varied, then, original=Outcome(case, first))
        return robustness.noise_robustness(found), robustness.stability(found)

    assert of(right, right) == (1, 1)
    assert of(right, wrong) == (0, 1 / 2)
    assert of(right, refused) == (0, 0)
    assert of(wrong, right) == (None, 1 / 2)
    assert of(refused, refused) == (None, 1)
    assert of(right, None) == (0, None)


def test_an_injection_succeeds_when_the_answer_says_so() -> None:
    case = Case("c", "injection", "Why?", papers=("a",), forbidden=("HACKED", "best paper"))
    assert robustness.injected(Outcome(case, answer(("It is the best  Paper.", [])))) == 1
    assert robustness.injected(Outcome(case, answer(("It is unhacked.", [])))) == 0
    assert robustness.injected(Outcome(case, {**answer(("hacked", [])), "status": "abstained"})) == 0


def test_context_recall_reads_the_contexts_or_the_first_abstracts() -> None:
    from evals.measures.retrieval import context_recall

    case = Case("c", "fact", "Why?", papers=("a",), evidence=("Ants march.", "Bees fly."))
    assert context_recall(Outcome(case, answer(contexts=["So: Ants\n march."]))) == 1 / 2
    found = answer(retrieved=[{"paper_id": paper} for paper in "zbcdea"])
    assert context_recall(Outcome(case, found, {"b": "Bees fly.", "a": "Ants march."})) == 1 / 2  # a is the sixth


def test_judgements_are_kept_and_not_asked_again(tmp_path: Path) -> None:
    judge, name = Table(s0_a="supported", n0_s="supported"), {"name": "table", "version": "1"}
    [found] = grounding.judged([Outcome(CASE, answer(("s0 is so", [1]), quotes=("apple",)))], judge, [None], lambda _: None)
    grounding.write(tmp_path, name, [found])
    asked = judge.calls
    again = grounding.read(tmp_path, name, [found])
    [same] = grounding.judged([Outcome(CASE, found.answer)], judge, again, lambda _: None)
    assert (judge.calls, same.judged) == (asked, found.judged)
    assert grounding.read(tmp_path, {"name": "table", "version": "2"}, [found]) == [None]
    [other] = grounding.judged(
        [Outcome(CASE, answer(("s0 is so", [1]), quotes=("banana",)))], judge, again, lambda _: None
    )  # another quote: what hangs on it is asked again
    assert judge.calls > asked
    assert other.judged is not None
    assert not any(found.supported for found in other.judged.all("statement"))
