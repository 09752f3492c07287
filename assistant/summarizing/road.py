"""The road of a summary: an outline is made, written, checked, and put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer, Citation, Statement, Usage
from assistant.composing import Clock, abstention
from assistant.errors import LLMError, QuestionError
from assistant.evidence import select
from assistant.grounding import citations, renumber, with_markers
from assistant.llm import open_writer
from assistant.question import asked
from assistant.strategies import only_quotes
from assistant.strategies.extractive import Extractive
from assistant.summarizing.outline import Outline
from assistant.summarizing.planning import outline_of
from assistant.summarizing.summary import Cell, Row, Section, Summary, Table
from assistant.summarizing.writing import Said, draft, extracted, quoted, vouched

if TYPE_CHECKING:
    from assistant.engine import Assistant

NOTHING = "none of its papers is on this topic"


def summarize(assistant: Assistant, topic: str | None = None, papers: Sequence[str] = ()) -> Summary:
    """Summarize what a library says of a topic, a paper, a selection of papers, or what a selection says of a topic.

    Args:
        assistant: whose library, reader, verifier and model are used.
        topic: what it is about, up to 4,000 characters; None for the papers themselves.
        papers: ids of the papers that it is limited to; none means all.

    Raises:
        QuestionError: there is neither a topic nor a paper, or the topic is empty or too long.
        LibraryError: the library cannot be read, or has no such paper.
        LLMError: the model failed, and the settings do not say ``auto``.
        ModelError: the reader or the verifier cannot be used.
    """
    clock = Clock()
    if topic is None and not papers:
        raise QuestionError("There is nothing to summarize. Name a topic, or a paper with --paper ID.")
    outline = outline_of(assistant, None if topic is None else asked(topic), papers, clock.lap)
    if not outline.groups:
        nearest = citations(select(outline.found.read, Extractive.portion))
        return abstained(outline, NOTHING, nearest, clock)
    groups, usage, notes = _written(assistant, outline, clock)
    return composed(assistant, outline, groups, clock, usage=usage, notes=tuple(notes))


def _written(assistant: Assistant, outline: Outline, clock: Clock) -> tuple[list[list[Said]], Usage, list[str]]:
    """Have the model write, if there is one, else the papers."""
    verifier, usage, notes = assistant.verifier, Usage(), list[str]()
    # a summary is longer than an answer
    settings = assistant.settings.model_copy(update={"max_tokens": 2 * assistant.settings.max_tokens})
    if not only_quotes(settings, assistant.llm):
        writer = None
        try:
            writer = open_writer(settings, assistant.llm, streaming=False)
            drafted, notes = draft(outline, writer, settings)
            clock.lap("answer_ms")
            groups, remarks = vouched(outline, drafted, verifier)
            clock.lap("verify_ms")
            return groups, writer.meter.usage(), [*notes, *remarks]
        except LLMError as error:
            if settings.llm != "auto":
                raise
            notes = [f"The model failed, so this summary only quotes. {error}"]
            if writer is not None:  # its calls are on the bill all the same
                usage = replace(writer.meter.usage(), model=usage.model)
    clock.lap("answer_ms")
    groups = extracted(outline, verifier)
    clock.lap("verify_ms")
    return groups, usage, notes


def composed(assistant: Assistant, outline: Outline, groups: list[list[Said]], clock: Clock, **told: Any) -> Summary:  # noqa: ANN401 (fields of Answer)
    """Put together what was said of each group of an outline. Raises ModelError."""
    said = [item for group in groups for item in group]
    # The table of a selection is of the papers' own words, also where a model wrote the sections.
    there = {item.quote.evidence.number for item in said if item.quote is not None}
    rest = [q for q in outline.quotes if q.evidence.number not in there] if outline.aspects else []
    said += quoted(rest, outline, assistant.verifier)
    statements, cited = renumber([item.statement for item in said], [quote.evidence for quote in outline.quotes])
    ends = [sum(map(len, groups[: place + 1])) for place in range(len(groups))]
    sections = tuple(
        Section(group.heading, tuple(range(end - len(items), end)))
        for group, items, end in zip(outline.groups, groups, ends, strict=True)
    )
    told = {"statements": statements, "citations": cited, "retrieved": outline.found.retrieved(), **told}
    answer = Answer(outline.subject, "answered", "", None, timings=clock.timings(), **told)
    summary = Summary(answer, sections, _table(outline, said))
    text = "\n\n".join(_section(outline, section, said, statements) for section in sections)
    if rest:
        text += "\n\n" + summary.table_markdown()
    return replace(summary, answer=replace(answer, answer=text))


def _table(outline: Outline, said: Sequence[Said]) -> Table | None:
    if not outline.aspects:
        return None
    place = {
        (item.quote.evidence.paper_id, item.quote.aspect): Cell(index)
        for index, item in enumerate(said)
        if item.quote is not None
    }
    papers = {quote.evidence.paper_id: quote.evidence.title for quote in outline.quotes}
    rows = [Row(id_, title, tuple(place.get((id_, a)) for a in outline.aspects)) for id_, title in papers.items()]
    return Table(outline.aspects, tuple(rows))


def _section(outline: Outline, section: Section, said: Sequence[Said], statements: Sequence[Statement]) -> str:
    """Write a section as Markdown: of a topic each paper's own words after its title, of a selection after the aspect."""

    def lead(index: int) -> str:
        quote = said[index].quote
        if quote is None or outline.kind == "paper":
            return ""
        return f"**{quote.aspect}:** " if outline.kind == "papers" else f"*{quote.evidence.title}*: "

    paragraphs = [
        name + " ".join(with_markers(statements[index]) for index in run)
        for name, run in groupby(section.statements, key=lead)
    ]
    return "\n\n".join([f"## {' '.join(section.heading.split())}", *paragraphs])


def abstained(outline: Outline, reason: str, nearest: tuple[Citation, ...], clock: Clock) -> Summary:
    """Say that there is nothing to say, why, and what is nearest."""
    told: dict[str, Any] = {"statements": (), "citations": nearest, "retrieved": outline.found.retrieved()}
    text = abstention(reason, nearest)
    return Summary(Answer(outline.subject, "abstained", text, reason, timings=clock.timings(), **told))
