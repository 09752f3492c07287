"""Summaries without a model: of papers, of topics, of selections; exact quotes, in sections, said once; abstentions."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from command import vouched

from assistant import Assistant, Settings
from assistant.errors import QuestionError
from assistant.summarizing import Summary, summarize
from assistant.summarizing.aspects import ASPECTS
from assistant.summarizing.wording import leans
from ingestion.errors import LibraryError
from ingestion.library import Library
from ingestion.paper import Paper

TITLES = ("NitroFusion", "Community Research Earth", "Unlocking Reasoning Potential")
TOPICS = ("diffusion models", "weather prediction")
OFF_TOPIC = ("bread baking", "autonomous driving")
SummaryOf = Callable[[str], Summary]


@pytest.fixture(scope="module")
def assistant(sample_library: Library) -> Assistant:
    return Assistant.open(sample_library, Settings(llm="extractive", candidates=12))


@pytest.fixture(scope="module")
def on(assistant: Assistant) -> SummaryOf:
    return cache(assistant.summarize)


def ids(library: Library, *titles: str) -> list[str]:
    """Find papers by the beginning of their titles."""
    papers = list(library.papers())
    return [next(paper.id for paper in papers if paper.title.startswith(title)) for title in titles]


def assert_vouched_for(assistant: Assistant, summary: Summary) -> None:
    """Every statement stands in one section, cites an exact quote that holds it, and is said with its marker."""
    answer = summary.answer
    assert (answer.status, answer.reason) == ("answered", None)
    placed = [index for section in summary.sections for index in section.statements]
    assert placed == list(range(len(answer.statements)))
    assert len({section.heading for section in summary.sections}) == len(summary.sections)
    for number, citation in enumerate(answer.citations, start=1):
        abstract = assistant.library.paper(citation.paper_id).abstract
        assert citation.number == number
        assert abstract[citation.start : citation.end] == citation.quote
    for statement in answer.statements:
        [number] = statement.citations
        assert (statement.verdict, statement.score) == ("supported", 1.0)
        quote = " ".join(answer.citations[number - 1].quote.replace("\\%", "%").split())
        assert statement.text.rstrip(".").lower() in quote.lower()
        assert f"{statement.text.rstrip('.')} [{number}]" in answer.answer
    for section in summary.sections:
        assert section.statements
        assert f"## {section.heading}" in answer.answer
    assert (answer.usage.model, answer.usage.llm_calls) == ("extractive", 0)
    assert answer.timings.total_ms >= answer.timings.read_ms > 0


@pytest.mark.parametrize("title", TITLES)
def test_a_paper_is_its_problem_its_approach_and_its_results(assistant: Assistant, title: str) -> None:
    summary = assistant.summarize(papers=ids(assistant.library, title))
    assert_vouched_for(assistant, summary)
    assert [section.heading for section in summary.sections] == ["Problem", "Approach", "Result"]
    assert 3 <= len(summary.answer.statements) <= 5
    assert summary.table is None
    assert len({statement.text for statement in summary.answer.statements}) == len(summary.answer.statements)
    for section in summary.sections:
        starts = [summary.answer.citations[index].start for index in section.statements]
        assert starts == sorted(starts)


def test_what_an_abstract_says_of_itself_is_put_where_it_belongs(assistant: Assistant) -> None:
    summary = assistant.summarize(papers=ids(assistant.library, "Unlocking Reasoning"))
    said = {s.heading: " ".join(summary.answer.statements[i].text for i in s.statements) for s in summary.sections}
    assert "poor robustness" in said["Problem"]
    assert said["Approach"].startswith("We introduce CodePlan")  # "To address the limitation, we …" in the abstract
    assert "25.1% relative improvement" in said["Result"]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_told_by_themes_in_the_words_of_papers_on_it(assistant: Assistant, on: SummaryOf, topic: str) -> None:
    summary = on(topic)
    assert_vouched_for(assistant, summary)
    answer = summary.answer
    assert answer.question == topic
    assert len(answer.retrieved) >= 10
    for citation in answer.citations:
        paper = assistant.library.paper(citation.paper_id)
        assert topic.split(maxsplit=1)[0] in f"{paper.title} {paper.abstract}".lower()
        assert f"*{paper.title}*: " in answer.answer
    per_paper = [citation.paper_id for citation in answer.citations]
    assert all(per_paper.count(paper_id) <= 2 for paper_id in per_paper)


def test_many_papers_fall_into_themes_that_are_not_named_after_the_topic(on: SummaryOf) -> None:
    summary = on("diffusion models")
    assert 2 <= len(summary.sections) <= 5
    assert "diffusion models" not in {section.heading.lower() for section in summary.sections}
    assert {citation.title.split(":")[0] for citation in summary.answer.citations} >= {"NitroFusion", "NeuroPictor"}
    assert [section.heading for section in on("weather prediction").sections] == ["Weather prediction"]


def test_a_sentence_that_begins_a_paragraph_leans_on_none_before(assistant: Assistant, on: SummaryOf) -> None:
    answer = on("diffusion models").answer
    seen: set[str] = set()
    for citation in answer.citations:
        if citation.paper_id not in seen:
            assert citation.start == 0 or not leans(citation.quote), citation.quote
        seen.add(citation.paper_id)


@pytest.mark.parametrize("topic", OFF_TOPIC)
def test_a_topic_that_the_library_has_nothing_on_is_abstained_from(assistant: Assistant, topic: str) -> None:
    summary = assistant.summarize(topic)
    answer = summary.answer
    assert (answer.status, answer.statements, summary.sections, summary.table) == ("abstained", (), (), None)
    assert answer.reason
    assert answer.reason in answer.answer
    assert answer.citations
    for citation in answer.citations:
        assert assistant.library.paper(citation.paper_id).abstract[citation.start : citation.end] == citation.quote
    assert len(answer.retrieved) >= 10


def test_a_selection_is_compared_in_a_table_whose_cells_are_cited(assistant: Assistant) -> None:
    chosen = ids(assistant.library, *TITLES[:2], "TACO")
    summary = assistant.summarize(papers=chosen)
    assert_vouched_for(assistant, summary)
    table, answer = summary.table, summary.answer
    assert table is not None
    assert table.aspects == tuple(aspect.name for aspect in ASPECTS)
    assert [row.paper_id for row in table.rows] == chosen
    assert [section.heading for section in summary.sections] == [row.title for row in table.rows]
    for row in table.rows:
        for cell in filter(None, row.cells):
            cited = {answer.citations[number - 1].paper_id for number in answer.statements[cell.statement].citations}
            assert cited == {row.paper_id}
    data = table.aspects.index("Data")
    assert table.rows[0].cells[data] is None  # NitroFusion's abstract names no data
    taco = table.rows[2].cells[data]
    assert taco is not None
    assert "1M synthetic CoTA traces" in answer.statements[taco.statement].text
    lines = summary.table_markdown().splitlines()
    assert lines[0] == "| Paper | Problem | Approach | Data | Result |"
    assert len(lines) == 2 + len(chosen)
    assert "| — |" in lines[2]


def test_of_a_selection_and_a_topic_the_table_says_who_tells_of_it(assistant: Assistant) -> None:
    chosen = ids(assistant.library, "Continual Learning of Large", "NitroFusion")
    summary = summarize(assistant, "continual learning", chosen)
    assert_vouched_for(assistant, summary)
    assert summary.table is not None
    assert summary.table.aspects[0] == "On continual learning"
    first = {row.paper_id: row.cells[0] for row in summary.table.rows}
    assert first[chosen[0]] is not None
    assert first[chosen[1]] is None
    assert summarize(assistant, "bread baking", chosen).answer.status == "abstained"


def test_a_paper_that_is_there_twice_is_not_quoted_twice(tmp_path: Path, assistant: Assistant) -> None:
    library = Library.open(tmp_path / "library", create=True)
    paper = assistant.library.paper(ids(assistant.library, "Community Research")[0])
    library.add([Paper("a", paper.title, paper.abstract), Paper("b", f"{paper.title} (preprint)", paper.abstract)])
    answer = Assistant.open(library, Settings(llm="extractive")).summarize("weather prediction").answer
    assert len({statement.text for statement in answer.statements}) == len(answer.statements) >= 1


def test_a_paper_of_one_sentence_is_that_sentence(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library", create=True)
    library.add([Paper("a", "Of | pipes", "Bees dance | in eights.")])
    summary = Assistant.open(library, Settings(llm="extractive")).summarize(papers=["a"])
    assert [(s.heading, s.statements) for s in summary.sections] == [("Approach", (0,))]
    library.add([Paper("b", "Ants", "Ants eat leaves.")])
    table = Assistant.open(library, Settings(llm="extractive")).summarize(papers=["a", "b", "a"]).table_markdown()
    assert table.splitlines()[2] == "| Of \\| pipes | — | Bees dance \\| in eights [1]. | — | — |"


def test_an_empty_library_abstains(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library", create=True)
    answer = Assistant.open(library, Settings(llm="extractive")).summarize("diffusion models").answer
    assert (answer.status, answer.citations, answer.retrieved) == ("abstained", (), ())


def test_what_cannot_be_summarized_is_told(assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match="Name a topic"):
        assistant.summarize()
    with pytest.raises(QuestionError, match="empty"):
        assistant.summarize(" ?! ")
    with pytest.raises(LibraryError, match="There is no paper nonsense"):
        assistant.summarize(papers=["nonsense"])


def test_the_command_gives_the_object_of_ask_with_sections_and_the_table(assistant: Assistant) -> None:
    folder, chosen = assistant.library.path, ids(assistant.library, *TITLES[:2])
    options = [part for paper_id in chosen for part in ("--paper", paper_id)]
    told = vouched("summarize", *options, "--library", folder, "--json").json
    summary = assistant.summarize(papers=chosen)
    expected = json.loads(json.dumps(summary.to_dict()))
    assert list(told) == [*summary.answer.to_dict(), "sections", "table"]
    assert {**told, "timings": None} == {**expected, "timings": None}
    shown = vouched("summarize", *options, "--table", "--library", folder)
    assert shown.out.startswith(summary.table_markdown())
    assert "\nEvidence\n[1] ✓ NitroFusion" in shown.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "Give a TOPIC, or --paper ID"),
        (["?!"], 2, "empty"),
        (["bees", "--table"], 2, "give --paper ID twice or more"),
        (["--paper", "nonsense"], 1, "There is no paper nonsense"),
    ],
)
def test_a_wrong_call_is_told(sample_library: Library, arguments: list[str], code: int, words: str) -> None:
    called = vouched("summarize", *arguments, "--library", sample_library.path, "--json")
    assert called.code == code
    assert words in called.json["error"]["message"]
