"""Markers are read out of whatever a model writes, and a verdict is never kinder than the quotes allow."""

from __future__ import annotations

import random

import pytest

from assistant.answer import Evidence, Statement, Verdict
from assistant.grounding import Drafted, LexicalVerifier, better, check, citations, parse_draft, renumber, with_markers

EVIDENCE = [Evidence(n, f"paper-{n}", f"Title {n}", f"Quote number {n} says so.", 0, 25, 0.5) for n in range(1, 6)]
QUOTE = r"Our method improves the F1 score by 25.1\% on 1,000 tasks of DROP, and it needs no labelled data at all."


def drafted(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(sentence.text, sentence.numbers) for sentence in parse_draft(text, EVIDENCE)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It gains 3.1% [1].", (1,)),
        ("It gains 3.1% [1][2].", (1, 2)),
        ("It gains 3.1% [1] [2].", (1, 2)),
        ("It gains 3.1% [2, 1].", (2, 1)),
        ("It gains 3.1% [1;3].", (1, 3)),
        ("It gains 3.1% [1-3].", (1, 2, 3)),
        ("It gains 3.1% [1–3].", (1, 2, 3)),
        ("It gains 3.1% [3-1].", (1, 2, 3)),
        ("It gains 3.1% [1, 3-5].", (1, 3, 4, 5)),
        ("It gains 3.1%【1】.", (1,)),
        ("It gains 3.1%. [1]", (1,)),
        ("It gains 3.1%.[1][2]", (1, 2)),
        ("[2] It gains 3.1%.", (2,)),
        ("It gains [1] 3.1% [1].", (1,)),
        ("- It gains 3.1% [1].", (1,)),
        ("* It gains 3.1% [1].", (1,)),
        ("  • It gains 3.1% [1].", (1,)),
        ("2. It gains 3.1% [1].", (1,)),
        ("3) It gains 3.1% [1].", (1,)),
        ("> It gains 3.1% [1].", (1,)),
        ("**It gains** 3.1% [1].", (1,)),
        ("**1.** It gains `3.1%` [1].", (1,)),
        ("It \t gains  3.1%\u00a0[1] .", (1,)),
    ],
)
def test_markers_are_read_in_every_form(text: str, numbers: tuple[int, ...]) -> None:
    assert drafted(text) == [("It gains 3.1%.", numbers)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It is fast [1]. It is small [2].", [("It is fast.", (1,)), ("It is small.", (2,))]),
        ("It is fast. [1] It is small. [2]", [("It is fast.", (1,)), ("It is small.", (2,))]),
        ("It is fast.[1] It is small.[2]", [("It is fast.", (1,)), ("It is small.", (2,))]),
        ("It is fast [1]! Is it small? [2]", [("It is fast!", (1,)), ("Is it small?", (2,))]),
        ("- It is fast [1]\n- It is small [2]", [("It is fast", (1,)), ("It is small", (2,))]),
        ("# Answer\n\nIt is fast [1].", [("It is fast.", (1,))]),
        ("```json\nIt is fast [1].\n```", [("It is fast.", (1,))]),
        ("It is by Smith et al. [1] and fast [2].", [("It is by Smith et al. and fast.", (1, 2))]),
        ("It lies in [0, 1] always [2].", [("It lies in [0, 1] always.", (2,))]),
        ("It is from [20a] or [x] [2].", [("It is from [20a] or [x].", (2,))]),
        ('{"answer": "It is fast [1]"}', [('{"answer": "It is fast"}', (1,))]),
        ("It is fast.", [("It is fast.", ())]),
        ("[1]\n---\n***\n...\n|--|\n", []),
        ("", []),
        (" \n\t\n", []),
    ],
)
def test_a_draft_is_split_into_its_sentences(text: str, sentences: list[tuple[str, tuple[int, ...]]]) -> None:
    assert drafted(text) == sentences


def test_markers_that_point_nowhere_are_kept_apart_and_condemn_the_sentence() -> None:
    draft = parse_draft("Quote number 1 says so [1][99]. It is 7 [9].", EVIDENCE)
    assert draft == [Drafted("Quote number 1 says so.", (1,), (99,)), Drafted("It is 7.", (), (9,))]
    assert [statement.verdict for statement in check(draft, EVIDENCE, LexicalVerifier())] == ["unsupported"] * 2


@pytest.mark.parametrize("unit", [*'[【*_`("1a\\ \t\n', "1,", "[1,", "[1]", "[1-", "a ", "a.[1]", "![", "-1"])
def test_a_megabyte_of_junk_is_read_to_its_end(unit: str) -> None:
    junk = f"[1 {unit * (1_000_000 // len(unit))} end"
    statements = check(parse_draft(junk, EVIDENCE)[:3], EVIDENCE, LexicalVerifier())
    assert all(with_markers(statement) for statement in statements)
    assert "supported" not in {statement.verdict for statement in statements}


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
    found = LexicalVerifier().verify(statement, ["Something else.", QUOTE])
    assert found.verdict == verdict
    assert found.score == 1.0 if verdict == "supported" else found.score < 0.5


@pytest.mark.parametrize("fragment", ["up", "It", "F1 score", "our method", "DROP.", "proves the F1", "the F1 sco"])
def test_a_fragment_is_not_supported_by_standing_in_a_quote(fragment: str) -> None:
    assert LexicalVerifier().verify(fragment, [f"Up to now it holds: {QUOTE}"]).verdict != "supported"


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
    assert LexicalVerifier().verify("Larger models are better.", [quote]).verdict == "undetermined"
    assert LexicalVerifier().verify(quote, [quote]).verdict == "supported"


def test_without_quotes_nothing_is_supported() -> None:
    found = LexicalVerifier().verify(QUOTE, [])
    assert (found.verdict, found.score) == ("unsupported", 0.0)


def test_a_score_of_one_half_means_supported_whatever_is_compared() -> None:
    chance = random.Random(7)  # noqa: S311 (no secret)
    words = ["no", "up", "3", "3.5", "1,000", "model", "models", "gains", "%", "\\%", "the", ".", "“", "", "é", "not", "[1]"]

    def text() -> str:
        return " ".join(chance.choices(words, k=chance.randrange(9)))

    verdicts = set()
    for _ in range(5_000):
        found = LexicalVerifier().verify(text(), [text() for _ in range(chance.randrange(3))])
        assert 0 <= found.score <= 1
        assert (found.score >= 0.5) == (found.verdict == "supported")
        verdicts.add(found.verdict)
    assert verdicts == {"supported", "undetermined", "unsupported"}


def test_citations_are_numbered_from_one_in_order_of_first_use() -> None:
    said = [
        Statement("A.", (5, 2), "supported", 1.0),
        Statement("B.", (), "unsupported", 0.0),
        Statement("C.", (2, 3), "undetermined", 0.4),
    ]
    statements, cited = renumber(said, EVIDENCE)
    assert [statement.citations for statement in statements] == [(1, 2), (), (2, 3)]
    assert [(citation.number, citation.paper_id) for citation in cited] == [(1, "paper-5"), (2, "paper-2"), (3, "paper-3")]
    assert [(s.text, s.verdict, s.score) for s in statements] == [(s.text, s.verdict, s.score) for s in said]
    assert renumber([], EVIDENCE) == ((), ())


def test_citations_say_what_their_evidence_says() -> None:
    for item, citation in zip(EVIDENCE, citations(EVIDENCE), strict=True):
        assert (citation.quote, citation.start, citation.end) == (item.quote, item.start, item.end)


@pytest.mark.parametrize(
    ("text", "numbers", "written"),
    [
        ("It gains 3.1%.", (1, 3), "It gains 3.1% [1][3]."),
        ("It gains", (1,), "It gains [1]"),
        ("Does it gain?!", (2,), "Does it gain [2]?!"),
        ("It “gains.”", (2,), "It “gains [2].”"),
        ("It gains.", (), "It gains."),
    ],
)
def test_markers_stand_before_the_closing_stop(text: str, numbers: tuple[int, ...], written: str) -> None:
    assert with_markers(Statement(text, numbers, "supported", 1.0)) == written
    assert drafted(written) == [(text, numbers)]


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ("su", "s", "second"),
        ("su", "su", "first"),
        ("su", "suu", "first"),
        ("su", "", "first"),
        ("uu", "", "second"),
        ("uu", "d", "second"),
        ("ud", "s", "second"),
        ("s", "u", "first"),
    ],
)
def test_of_two_versions_the_one_with_fewer_unsupported_statements_is_better(first: str, second: str, taken: str) -> None:
    verdicts: dict[str, Verdict] = {"s": "supported", "u": "unsupported", "d": "undetermined"}
    versions = {
        name: [Statement(f"{name} {place}", (1,), verdicts[letter], 0.0) for place, letter in enumerate(letters)]
        for name, letters in {"first": first, "second": second}.items()
    }
    assert better(versions["first"], versions["second"]) == versions[taken]
