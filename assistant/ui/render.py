"""The conversation as HTML: a question, and the answer to it in whatever state it is.

Each message is one line of HTML in one ``<div>``, which a Markdown parser passes on as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from assistant.answer import Answer, Citation
from assistant.ui import escaping, marks, statements
from assistant.ui.conversation import Turn
from assistant.ui.markdown import html, inline, layout, stacked
from assistant.ui.prose import Passage, paragraphs
from ingestion.paper import Paper

STEPS = {"searching": "Searching", "reading": "Reading", "writing": "Writing", "checking": "Checking"}
WITHIN = {"understanding": "searching", "planning": "writing"}  # stages that not every answer has, shown as part of these
NEAREST = 3


def question(turn: Turn) -> str:
    """Give the user's message."""
    rows = "<br>".join(escaping.text(row) for row in turn.question.strip().splitlines())
    again = f'<a class="v-edit" href="#ask-{turn.number}" title="Edit this question and ask again">Edit</a>'
    return f'<div class="v-asked"><div class="v-question" id="question-{turn.number}">{rows}</div>{again}</div>'


def reply(turn: Turn) -> str:
    """Give the assistant's message in the state the turn is in."""
    if turn.error is not None:
        return _wrap("v-error", _draft(turn), _error(turn))
    if turn.answer is not None:
        show = abstained if turn.answer.status == "abstained" else answered
        return show(turn.number, turn.answer)
    if turn.stopped:
        again = _again(turn)
        words = "The draft above was not checked." if turn.draft else "Nothing was written yet."
        return _wrap("v-stopped", _draft(turn), f'<p class="v-note"><strong>Stopped.</strong> {words} {again}</p>')
    return _wrap("v-making", steps(turn), _draft(turn))


def scope(papers: Sequence[Paper]) -> str:
    """Say which papers alone are asked, and how to ask all again; nothing where all are."""
    if not papers:
        return ""
    named = escaping.line(papers[0].title, 90) if len(papers) == 1 else f"these {len(papers)} papers"
    return f'<p class="v-scope" role="status"><span>Only <b>{named}</b></span><a href="#/ask">Ask all papers</a></p>'


def steps(turn: Turn) -> str:
    """Give the four steps on the way to an answer: those done, the one under way, and what was found last."""
    stage = turn.stages[-1].name if turn.stages else "searching"
    current = WITHIN.get(stage, stage)
    detail = turn.stages[-1].detail if turn.stages else ""
    names = list(STEPS)
    items = []
    for index, name in enumerate(names):
        at = names.index(current)
        state = "v-done" if index < at else "v-now" if index == at else "v-next"
        items.append(f'<li class="{state}">{STEPS[name]}</li>')
    said = f'<p class="v-detail">{escaping.line(detail, 200)}</p>' if detail else ""
    return f'<ol class="v-steps">{"".join(items)}</ol>{said}'


def answered(turn: int, answer: Answer) -> str:
    """Give a finished answer: sentences with their markers and verdicts, remarks, and how it came out as a whole."""
    prose = _prose(turn, answer)
    body = f'<div class="v-prose">{prose}</div>'
    return _wrap("v-answered", _understood(answer), body, _notes(answer), _summary(turn, answer))


def abstained(turn: int, answer: Answer) -> str:
    """Give an answer that says that the library does not say, and what comes nearest to the question."""
    reason = (answer.reason or "no abstract answers this question").strip().rstrip(".")
    reason = inline(reason[:1].upper() + reason[1:] + ".", marks.pending)
    parts = [_understood(answer), '<p class="v-kicker">Not in the library</p>', f'<p class="v-reason">{reason}</p>']
    if nearest := _nearest(turn, answer):
        parts.append(f'<p class="v-label">Nearest papers</p><ul class="v-nearest">{nearest}</ul>')
    return _wrap("v-abstained", *parts, _notes(answer), _summary(turn, answer))


def _wrap(css: str, *parts: str) -> str:
    return f'<div class="v-reply {css}">{"".join(parts)}</div>'


def _draft(turn: Turn) -> str:
    """Give what has been written so far, plainly as a draft."""
    if not turn.draft:
        return ""
    draft = statements.tidy(turn.draft)
    prose = layout(draft, lambda start, end: inline(draft[start:end], marks.pending))
    return f'<div class="v-prose v-draft">{prose}</div>'


def _prose(turn: int, answer: Answer) -> str:
    """Give the answer's text with every statement in a span that shows its verdict."""
    citations = {citation.number: citation for citation in answer.citations}
    link = partial(marks.link, turn, citations=citations)

    def words(passage: Passage) -> str:
        said = html(passage.pieces, link)
        if passage.statement is None:
            return said
        signs = "".join(map(link, passage.markers)) + (marks.verdict(passage.statement) if passage.ends else "")
        css = marks.SIGNS[passage.statement.verdict].css
        return f'<span class="v-statement {css}"><span class="v-said">{said}</span>{signs}</span>'

    found = paragraphs(answer.answer, answer.statements)
    return stacked((paragraph.kind, "".join(map(words, paragraph.passages))) for paragraph in found)


def _nearest(turn: int, answer: Answer) -> str:
    """Give the papers nearest to a question: those with evidence first, each with its markers, then those retrieved."""
    citations = {citation.number: citation for citation in answer.citations}
    titles = {citation.paper_id: citation.title for citation in answer.citations}
    titles |= {paper.paper_id: paper.title for paper in answer.retrieved}
    items = []
    for paper_id, title in list(titles.items())[:NEAREST]:
        cited = (c for c in answer.citations if c.paper_id == paper_id)
        markers = "".join(marks.link(turn, citation.number, citations) for citation in cited)
        items.append(f"<li>{escaping.line(title, 200)} {markers}</li>")
    return "".join(items)


def _understood(answer: Answer) -> str:
    """Say how a follow-up was made whole."""
    if not answer.understood:
        return ""
    return f'<p class="v-understood">Understood as: <q>{escaping.line(answer.understood, 600)}</q></p>'


def _notes(answer: Answer) -> str:
    return "".join(f'<p class="v-note">{inline(note, marks.pending)}</p>' for note in answer.notes)


def _summary(turn: int, answer: Answer) -> str:
    """Give the line below an answer: the verdicts, the way to the evidence, who wrote it and how long it took."""
    facts = [tally(answer)] if answer.statements and answer.status == "answered" else []
    facts += [escaping.line(answer.usage.model, 60), _seconds(answer.timings.total_ms)]
    if answer.usage.cost_usd:
        facts.append(f"${answer.usage.cost_usd:.4f}")
    evidence = ""
    if papers := _papers(answer.citations):
        words = "1 abstract" if papers == 1 else f"{papers} abstracts"
        evidence = f'<a class="v-evidence-link" href="#turn-{turn}">Evidence: {words}</a>'
    copy = f'<a class="v-copy" href="#copy-{turn}" title="Copy the answer with its quotes">Copy</a>'
    return f'<p class="v-summary"><span>{" · ".join(facts)}</span><span>{copy}{evidence}</span></p>'


def tally(answer: Answer) -> str:
    """Count the verdicts in words."""
    verdicts = [statement.verdict for statement in answer.statements]
    supported = verdicts.count("supported")
    if supported == len(verdicts):
        return "the one sentence supported" if supported == 1 else f"all {supported} sentences supported"
    words = [f"{supported} of {len(verdicts)} sentences supported"]
    words += [f"{n} {name}" for name in ("undetermined", "unsupported") if (n := verdicts.count(name))]
    return ", ".join(words)


def _papers(citations: Iterable[Citation]) -> int:
    return len({citation.paper_id for citation in citations})


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def _error(turn: Turn) -> str:
    return (
        '<p class="v-kicker">This did not work</p>'
        f'<p class="v-reason">{escaping.line(turn.error or "")}</p>'
        f'<p class="v-note">Nothing is lost: the conversation stays as it is. {_again(turn)}</p>'
    )


def _again(turn: Turn) -> str:
    return f'<a class="v-again" href="#ask-{turn.number}">Put the question back to ask again</a>'
