"""The parts of which reports are made: words, plots, the marks on gold words."""

from __future__ import annotations

import re

import pytest

from evals.metrics import METRICS
from evals.report import plots
from evals.report.marking import gold_spans
from evals.report.wording import cell, number, turn
from evals.statistics import Difference


def test_a_cell_holds_any_text() -> None:
    assert cell("a\nb\t|c\\ *d* [e](f) `g` <h> & @someone nDCG@10") == (
        "a b \\|c\\\\ \\*d\\* \\[e\\](f) \\`g\\` &lt;h&gt; &amp; @\u200bsomeone nDCG@10"
    )
    assert cell("x" * 500, 10) == "x" * 9 + "…"
    assert cell("null\x00 bell\x07 \u202eturned 👩\u200d🔬") == "null bell turned 👩\u200d🔬"


@pytest.mark.parametrize(
    ("metric", "difference", "low", "high", "said"),
    [
        ("MRR", 0.2, 0.1, 0.3, "better"),
        ("MRR", -0.2, -0.3, -0.1, "worse"),
        ("MRR", 0.2, 0.0, 0.4, "no clear change"),
        ("MRR", 1.0, None, None, "no clear change"),  # one question alone
        ("words", 5.0, 1.0, 9.0, "worse"),
        ("latency ms", -50.0, -60.0, -40.0, "changed"),
        ("errors", 1.0, 0.0, 3.0, "worse"),
        ("errors", -1.0, -3.0, 0.0, "better"),
        ("errors", 0.0, 0.0, 0.0, "no clear change"),
    ],
)
def test_a_turn_is_told_by_the_interval(
    metric: str, difference: float, low: float | None, high: float | None, said: str
) -> None:
    found = Difference(0.5, 0.5 + difference, difference, low, high, None, None, 9, 0)
    assert turn(METRICS[metric], found) == said


def test_gold_words_are_found_by_words_in_a_row() -> None:
    def marked(quote: str, *evidence: str) -> list[str]:
        return [quote[start:end] for start, end in gold_spans(quote, evidence)]

    assert marked("We find that 🧭 ants march at 1.5 m/s, often.", "Ants march at 1.5 m/s.") == ["ants march at 1.5 m/s"]
    assert marked("In this paper we study bees.", "In this paper ants are fast.") == []  # three words are everywhere
    assert marked("So: yes, it is.", "Yes, it is.") == ["yes, it is"]  # all that there is of it
    assert marked("a b c d, then e f g h", "a b c d", "e f g h") == ["a b c d", "e f g h"]
    assert marked("", "a b c d") == marked("a b c d") == []


def test_a_plot_stays_on_its_axis() -> None:
    drawn = plots.interval(0.2, -0.4, 0.4, floor=-0.2, ceiling=0.2, label='"<&')
    places = [float(place) for place in re.findall(r'(?:x1|x2|cx)="([\d.-]+)%"', drawn)]
    assert (min(places), max(places)) == (0, 100)
    assert 'cx="100.00%"' in drawn
    assert 'aria-label="&#34;&lt;&amp;"' in drawn
    assert [plots.span(ends) for ends in ([], [0.01, None], [-0.3, 0.1], [2.0])] == [0.05, 0.05, 0.5, 1.0]


def test_numbers_have_one_minus_and_nothing_has_no_sign() -> None:
    said = [number("MRR", value, "+") for value in (0.1234, -0.1, -0.0001, 0.0, None)]
    assert said == ["+0.123", "−0.100", "0.000", "0.000", "–"]
