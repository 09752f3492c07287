"""The tab of summaries: of a topic, of papers side by side, of who supports a claim and who opposes it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from assistant.exporting import FORMATS, of_summary
from assistant.summarizing import Summary
from assistant.ui import escaping, evidence, marks, render
from assistant.ui.answering import papers_of
from assistant.ui.files import NAMES, Files
from assistant.ui.markdown import inline
from assistant.ui.ports import Answerer
from assistant.ui.remarks import remark, unexpected
from ingestion.errors import VouchedError

log = logging.getLogger(__name__)
Updates = dict[Any, Any]
TOPIC, CLAIM = "A topic, or papers", "Who supports a claim, who opposes it"
LISTED = 500  # papers that can be picked by their titles; of a larger library, by their ids
EMPTY = (
    '<div class="v-hint"><p>A topic is told theme by theme: who does what. Papers by problem, approach and results; '
    "several of them side by side.</p><p>Of a claim you are told which papers support it and which oppose it.</p></div>"
)


class Summaries:
    """The components of the tab and what they do. It holds nothing of any visitor."""

    def __init__(self, assistant: Answerer) -> None:
        """Lay the tab out, inside the ``gr.Blocks`` that is open."""
        self.assistant = assistant
        self.files = Files()
        with gr.Row(elem_classes="v-shell"):
            with gr.Column(elem_classes=["v-talk", "v-sheet"]):
                self.kind = gr.Radio([TOPIC, CLAIM], value=TOPIC, label="What to summarize", elem_id="v-kind")
                self.topic = gr.Textbox(
                    elem_id="v-topic",
                    label="Topic or claim",
                    placeholder="diffusion models · or a claim: chain-of-thought prompting improves reasoning",
                    max_lines=2,
                    max_length=4000,
                )
                self.papers = gr.Dropdown(
                    self._choices(),
                    elem_id="v-papers",
                    label="Only these papers (titles or ids; none means all)",
                    multiselect=True,
                    allow_custom_value=True,
                )
                with gr.Row(elem_classes="v-actions"):
                    self.go = gr.Button("Summarize", elem_classes="v-primary")
                    self.downloads = [
                        gr.DownloadButton(NAMES[suffix], elem_classes="v-plain", visible=False) for suffix in FORMATS
                    ]
                self.result = gr.HTML(EMPTY, elem_id="v-summary", apply_default_css=False)
            with gr.Column(elem_classes="v-evidence"):
                self.panel = gr.HTML(evidence.framed(()), elem_classes="v-panel", apply_default_css=False)
        outputs = [self.result, self.panel, self.go, *self.downloads]
        inputs = [self.kind, self.topic, self.papers]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": 2}
        self.go.click(self.summarize, inputs, outputs, **quiet)
        self.topic.submit(self.summarize, inputs, outputs, **quiet)

    def _choices(self) -> list[tuple[str, str]]:
        library = self.assistant.library
        return [] if library.count() > LISTED else [(paper.title, paper.id) for paper in library.papers()]

    def summarize(self, kind: str, topic: str, papers: list[str] | None) -> Iterator[Updates]:
        """Summarize, and show the summary with its evidence."""
        topic, chosen = topic.strip(), papers or []
        if not topic and (kind == CLAIM or not chosen):
            yield {self.result: remark("Name a claim." if kind == CLAIM else "Name a topic, or choose papers.")}
            return
        yield {
            self.result: '<p class="v-note" role="status">Reading and summarizing…</p>',
            self.panel: evidence.framed(()),
            self.go: gr.update(interactive=False),
            **{button: gr.update(visible=False) for button in self.downloads},
        }
        try:
            made = self.assistant
            result = self._shown(made.positions(topic, chosen) if kind == CLAIM else made.summarize(topic or None, chosen))
        except VouchedError as error:
            result = {self.result: remark(str(error))}
        except Exception as error:  # whatever it is, the reader is told and the app goes on
            log.exception("a summary failed")
            result = {self.result: remark(unexpected(error))}
        yield {**result, self.go: gr.update(interactive=True)}

    def _shown(self, summary: Summary) -> Updates:
        found = papers_of(self.assistant.library, {citation.paper_id for citation in summary.answer.citations})
        section = evidence.section(1, summary.answer.question, summary.answer.citations, found)
        document = of_summary(summary, self.assistant.library)
        return {
            self.result: shown(summary, document.parts[0].text, list(document.parts[0].said)),
            self.panel: evidence.framed([section]),
            **{
                button: gr.update(value=str(file), visible=True)
                for button, file in zip(self.downloads, self.files.exported(document), strict=True)
            },
        }


def shown(summary: Summary, text: str, said: list[Any]) -> str:
    """Give a summary: its text, and below it the table of papers side by side."""
    answer = summary.answer
    if answer.status == "abstained":
        return render.abstained(1, answer)
    link = partial(marks.link, 1, citations={citation.number: citation for citation in answer.citations})
    return render.answered(1, replace(answer, answer=text, statements=tuple(said))) + table(summary, link)


def table(summary: Summary, link: Callable[[int], str]) -> str:
    """Give papers against aspects; what a cell says leads to its quote. Empty where nothing was compared."""
    if summary.table is None:
        return ""
    heads = "".join(f'<th scope="col">{escaping.text(name)}</th>' for name in ("Paper", *summary.table.aspects))
    rows = []
    for row in summary.table.rows:
        statements = [None if cell is None else summary.answer.statements[cell.statement] for cell in row.cells]
        cells = "".join(
            "<td>—</td>" if said is None else f"<td>{inline(said.text, link)} {''.join(map(link, said.citations))}</td>"
            for said in statements
        )
        rows.append(f'<tr><th scope="row">{escaping.line(row.title, 200)}</th>{cells}</tr>')
    return (
        '<div class="v-wide" tabindex="0" role="region" aria-label="Papers side by side">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
