"""Words alone are sure of what stands in a quote, and never kinder than that."""

from __future__ import annotations

import random

import pytest

from assistant.answer import Verdict
from assistant.claims import Claim, Verified
from assistant.lexical import LexicalVerifier

QUOTE = r"Our method improves the F1 score by 25.1\% on 1,000 tasks of DROP, and it needs no labelled data at all."


def found_by_words(statement: str, *quotes: str) -> Verified:
    [found] = LexicalVerifier().verify([Claim(statement, quotes)])
    return found


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        (QUOTE, "supported"),
        (QUOTE.upper(), "supported"),
        (QUOTE.replace("\\", ""), "supported"),
        (f"“{QUOTE[:-1]}”", "supported"),
        (QUOTE.replace("1,000", "1000"), "supported"),
        ("Our method improves the F1 score", "supported"),
        ("On 1,000 tasks of DROP.", "supported"),
        ("The F1 score on DROP is improved 25.1% by our method.", "undetermined"),
        ("Our method worsens the F1 score by 25.1% on DROP.", "undetermined"),
        ("Our method improves the F1 score by 52.1% on DROP.", "unsupported"),
        ("Our method improves the F1 score by 25% on DROP.", "unsupported"),
        ("Our method improves the F1 score on 100 tasks.", "unsupported"),
        ("Cats sleep on warm roofs.", "unsupported"),
        ("score by 25.1% on 1", "unsupported"),
        ("!?", "unsupported"),
        ("", "unsupported"),
    ],
)
def test_words_decide_what_words_can(statement: str, verdict: Verdict) -> None:
    found = found_by_words(statement, "Something else.", QUOTE)
    assert found.verdict == verdict
    assert found.score == 1.0 if verdict == "supported" else found.score < 0.5


@pytest.mark.parametrize("fragment", ["up", "It", "F1 score", "our method", "DROP.", "proves the F1", "the F1 sco"])
def test_a_fragment_is_not_supported_by_standing_in_a_quote(fragment: str) -> None:
    assert found_by_words(fragment, f"Up to now it holds: {QUOTE}").verdict != "supported"


@pytest.mark.parametrize(
    "quote",
    [
        "We find no evidence that larger models are better.",
        "It is a myth that larger models are better.",
        "That larger models are better is not true.",
        "We ask whether larger models are better.",
        "Prior work assumes that larger models are better.",
        "It isn’t clear that larger models are better.",
    ],
)
def test_a_clause_that_its_quote_denies_or_doubts_is_not_supported(quote: str) -> None:
    assert found_by_words("Larger models are better.", quote).verdict == "undetermined"
    assert found_by_words(quote, quote).verdict == "supported"


def test_without_quotes_nothing_is_supported() -> None:
    found = found_by_words(QUOTE)
    assert (found.verdict, found.score) == ("unsupported", 0.0)


def test_a_score_of_one_half_means_supported_whatever_is_compared() -> None:
    chance = random.Random(7)  # noqa: S311 (no secret)
    words = ["no", "up", "3", "3.5", "1,000", "model", "models", "gains", "%", "\\%", "the", ".", "“", "", "é", "not", "[1]"]

    def text() -> str:
        return " ".join(chance.choices(words, k=chance.randrange(9)))

    verdicts = set()
    for _ in range(5_000):
        found = found_by_words(text(), *(text() for _ in range(chance.randrange(3))))
        assert 0 <= found.score <= 1
        assert (found.score >= 0.5) == (found.verdict == "supported")
        verdicts.add(found.verdict)
    assert verdicts == {"supported", "undetermined", "unsupported"}
