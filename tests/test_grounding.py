"""Markers are read out of whatever a model writes, and a verdict is never kinder than the quotes allow."""

from __future__ import annotations

import pytest

from assistant.answer import Evidence, Statement, Verdict
from assistant.grounding import Drafted, better, check, citations, parse_draft, renumber, with_markers
from assistant.lexical import LexicalVerifier

EVIDENCE = [Evidence(n, f"paper-{n}", f"Title {n}", f"Quote number {n} says so.", 0, 25, 0.5) for n in range(1, 6)]


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
