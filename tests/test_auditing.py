"""``vouched check FILE``: somebody's text is held against the library; what supports a sentence is quoted exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from command import vouched

from assistant.auditing import Audit, Audited, Outcome, Said, audit, sentences
from assistant.auditing.report import escaped, markdown
from assistant.claims import Claim, Verified
from assistant.lexical import LexicalVerifier
from assistant.retrieval import HybridRetriever
from assistant.verifying import PackagedVerifier
from ingestion.library import Library

DRAFT = """# Related work

We release a dataset annotation framework and dataset annotations for more
than 400 English tasks (https://github.com/sileod/tasksource) [3].

- Bread is baked from rye in most valleys.
- Which of them is better?
"""


@dataclass
class Stubborn:
    """Says the same of every claim."""

    finding: Verified

    def load(self) -> None:
        pass

    def verify(self, claims: Sequence[Claim]) -> list[Verified]:
        return [self.finding] * len(claims)


def test_a_sentence_of_an_abstract_is_supported_by_that_very_sentence(sample_library: Library) -> None:
    papers = list(sample_library.papers())[:6]
    said = [Said(paper.abstract[: paper.abstract.index(". ") + 1]) for paper in papers]
    seen: list[int] = []
    found = audit(said, HybridRetriever(sample_library), LexicalVerifier(), seen.append)
    assert seen == list(range(1, 7))
    assert {statement.found for statement in found.statements} == {"supported"}
    by_number = {citation.number: citation for citation in found.citations}
    for paper, sentence, statement in zip(papers, said, found.statements, strict=True):
        [number] = statement.citations
        citation = by_number[number]
        assert (citation.paper_id, citation.quote) == (paper.id, sentence.text)
        assert paper.abstract[citation.start : citation.end] == citation.quote
    assert list(by_number) == list(range(1, len(by_number) + 1))
    assert found.share == 1


def test_what_the_library_does_not_say_is_not_supported_but_has_its_nearest_quote(sample_library: Library) -> None:
    said = sentences("Bread is baked from rye in most valleys. tasksource holds annotations for just 17 English tasks.")
    found = audit(said, HybridRetriever(sample_library), PackagedVerifier())
    assert found.statements[0].found == "not found"
    assert found.statements[1].found in {"contradicted", "not found", "undetermined"}
    assert all(statement.citations for statement in found.statements)
    assert "number" in found.statements[1].alarms
    by_number = {citation.number: citation for citation in found.citations}
    assert by_number[found.statements[1].citations[0]].title.startswith("tasksource")
    assert found.share == 0


def test_an_empty_library_supports_nothing(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library", create=True)
    found = audit([Said("Snow is cold.")], HybridRetriever(library), LexicalVerifier())
    assert [(s.verdict, s.found, s.citations) for s in found.statements] == [("unsupported", "not found", ())]
    assert found.citations == ()


ABOUT = "tasksource releases dataset annotations for more than 400 English tasks."
ASIDE = "Bread is baked from rye in most valleys."


@pytest.mark.parametrize(
    ("text", "finding", "outcome"),
    [
        (ABOUT, Verified("unsupported", 0.1, 0.7), "contradicted"),
        (ABOUT, Verified("unsupported", 0.1, 0.69), "not found"),
        (ABOUT, Verified("unsupported", 0.1, 0.9, ("name",)), "not found"),  # its names are not there
        (ABOUT, Verified("unsupported", 0.1, 0.9, ("number",)), "contradicted"),
        (ABOUT, Verified("undetermined", 0.3, 0.9), "undetermined"),  # it may be supported as well
        (ABOUT, Verified("supported", 0.6, 0.9), "supported"),
        (ASIDE, Verified("unsupported", 0.1, 0.9), "not found"),  # what is found is about something else
        ("In this section we review what 400 English tasks teach.", Verified("supported", 0.8), "no claim"),
        (
            "In this section we review what 400 English tasks teach.",
            Verified("supported", 1.0),
            "supported",
        ),  # word for word
        ("In this paper we release annotations for 400 English tasks.", Verified("supported", 0.8), "supported"),
        ("How many tasks has tasksource?", Verified("undetermined", 0.3), "no claim"),
        ("We discuss tasksource below.", Verified("unsupported", 0.1), "no claim"),
        ("We present tasksource.", Verified("unsupported", 0.1), "not found"),
        ("The rest of this paper is organised as follows.", Verified("unsupported", 0.1), "no claim"),
    ],
)
def test_a_sentence_comes_out_as_the_quotes_say(
    sample_library: Library, text: str, finding: Verified, outcome: Outcome
) -> None:
    [statement] = audit([Said(text, 7, ("a",))], HybridRetriever(sample_library), Stubborn(finding)).statements
    assert (statement.found, statement.verdict, statement.score) == (outcome, finding.verdict, finding.score)
    assert (statement.contradicted, statement.line, statement.cites) == (finding.contradicted, 7, ("a",))


def test_the_sum_leaves_out_what_claims_nothing() -> None:
    outcomes: list[Outcome] = ["supported", "no claim", "not found", "contradicted", "supported", "no claim"]
    found = Audit(tuple(Audited("", (), "unsupported", 0.0, (), outcome) for outcome in outcomes), ())
    assert found.summary == "2 of 4 supported, 1 contradicted, 1 not found, 2 without a claim"
    assert found.share == 0.5
    assert Audit(found.statements[1:2], ()).share == 1


def test_the_command_gives_the_object_of_the_contract(sample_library: Library, tmp_path: Path) -> None:
    file = tmp_path / "draft.md"
    file.write_text(DRAFT, encoding="utf-8")
    called = vouched("check", file, "--library", sample_library.path, "--json", "--fail-under", "0.5")
    assert called.code == 0
    assert list(called.json) == ["statements", "citations"]
    fields = ["text", "citations", "verdict", "score", "alarms", "found", "contradicted", "line", "cites"]
    assert list(called.json["statements"][0]) == fields
    assert list(called.json["citations"][0]) == ["number", "paper_id", "title", "quote", "start", "end", "score"]
    assert [(s["found"], s["line"], s["cites"]) for s in called.json["statements"]] == [
        ("supported", 3, ["3"]),
        ("not found", 6, []),
        ("no claim", 7, []),
    ]


def test_the_command_tells_a_person(sample_library: Library) -> None:
    arguments = ("check", "-", "--library", sample_library.path, "--fail-under", "0.6")
    told = vouched(*arguments, stdin=DRAFT.encode())
    assert told.code == 1
    assert "below --fail-under 0.6" in told.err
    words = " ".join(told.out.split())
    assert "3 ✓ supported We release a dataset annotation framework" in words
    assert "6 ✗ not found Bread is baked from rye in most valleys." in words
    assert "nearest: “" in words
    assert words.endswith("1 of 2 supported, 1 not found, 1 without a claim")

    told = vouched(*arguments, "--format", "markdown", stdin=DRAFT.encode())
    assert told.code == 1
    lines = told.out.splitlines()
    assert lines[0] == "**The draft: 1 of 2 supported, 1 not found, 1 without a claim**"
    assert lines[2].startswith("- ✓ We release a dataset annotation framework")
    assert lines[2].endswith("(line 3)")
    assert lines[3].startswith("  > “We release a dataset annotation framework")
    assert lines[4].startswith("- ✗ **not found**: Bread is baked from rye in most valleys. (line 6")
    assert lines[6:] == ["- · **no claim**: Which of them is better? (line 7)"]


def test_the_words_of_a_draft_are_no_markup_in_a_report() -> None:
    assert escaped("See [this](x) *now* <b>\nand $a_b*c$ | `d`") == r"See \[this\](x) \*now\* \<b\> and $a_b*c$ \| \`d\`"
    statement = Audited("It *is*.", (), "unsupported", 0.0, ("number",), "not found", 0.0, 4)
    assert markdown(Audit((statement,), ()), "a_b.md").splitlines() == [
        r"**a\_b.md: 0 of 1 supported, 1 not found**",
        "",
        r"- ✗ **not found**: It \*is\*. (line 4; not there: number)",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Give a text FILE, or --pairs FILE.jsonl."),
        (["a.md", "--pairs", "b.jsonl"], "Give a text FILE, or --pairs FILE.jsonl."),
        (["--pairs", "b.jsonl", "--fail-under", "0.5"], "not for --pairs"),
        (["a.md", "--format", "markdown"], "Give --json or --format, not both."),
        (["a.md", "--fail-under", "2"], "less than or equal to 1"),
        (["no-such-draft.md"], "no-such-draft.md cannot be read"),
        (["-"], "holds no sentence to check"),
    ],
)
def test_a_wrong_call_is_told(sample_library: Library, arguments: list[str], words: str) -> None:
    called = vouched("check", *arguments, "--library", sample_library.path, "--json")
    assert called.code == 2
    assert words in called.json["error"]["message"]
