"""The tab in which a draft is audited: each sentence with its verdict, its evidence beside it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr

from assistant.auditing import Audit, Audited, audits, sentences
from assistant.auditing.audit import Outcome
from assistant.auditing.report import MARKS, markdown
from assistant.ui import escaping, evidence, marks
from assistant.ui.answering import papers_of
from assistant.ui.files import Files
from assistant.ui.ports import Answerer
from assistant.ui.remarks import remark, unexpected
from ingestion.errors import VouchedError

log = logging.getLogger(__name__)
Updates = dict[Any, Any]
LONGEST = 200_000  # characters of a draft
EVERY = 4  # sentences between two looks at the list, which is then sent anew
CLASSES: dict[Outcome, str] = {
    "supported": "v-ok",
    "contradicted": "v-bad",
    "not found": "v-lost",
    "undetermined": "v-open",
    "no claim": "v-quiet",
}
EMPTY = (
    '<div class="v-hint"><p>Each sentence of a text is held against the library: <em>supported</em> by a quote, '
    "<em>contradicted</em> by one, or <em>not found</em>.</p><p>Markdown, LaTeX and plain text are read; headings, "
    "tables and code are left out.</p></div>"
)


class Auditing:
    """The components of the tab and what they do. It holds nothing of any visitor."""

    def __init__(self, assistant: Answerer) -> None:
        """Lay the tab out, inside the ``gr.Blocks`` that is open."""
        self.assistant = assistant
        self.files = Files()
        with gr.Row(elem_classes="v-shell"):
            with gr.Column(elem_classes=["v-talk", "v-sheet"]):
                self.draft = gr.Textbox(
                    elem_id="v-draft",
                    label="A draft to audit",
                    placeholder="Paste a related-work section, or any text that makes claims…",
                    lines=7,
                    max_lines=14,
                    max_length=LONGEST,
                )
                with gr.Row(elem_classes="v-actions"):
                    self.check = gr.Button("Audit", elem_classes="v-primary")
                    self.stop = gr.Button("Stop", elem_classes="v-plain", visible=False)
                    self.upload = gr.UploadButton(
                        "Open a file…", elem_classes="v-plain", file_types=[".md", ".tex", ".txt"], type="binary"
                    )
                    self.downloads = [
                        gr.DownloadButton(name, elem_classes="v-plain", visible=False) for name in ("Markdown", "JSON")
                    ]
                self.result = gr.HTML(EMPTY, elem_id="v-audit", apply_default_css=False)
            with gr.Column(elem_classes="v-evidence"):
                self.panel = gr.HTML(evidence.framed(()), elem_classes="v-panel", apply_default_css=False)
        outputs = [self.result, self.panel, self.check, self.stop, *self.downloads]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        running = self.check.click(self.audit, [self.draft], outputs, **quiet, concurrency_limit=2)
        self.stop.click(self.stopped, None, [self.check, self.stop], **quiet, cancels=[running], queue=False)
        self.upload.upload(opened, [self.upload], [self.draft], **quiet)

    def audit(self, draft: str) -> Iterator[Updates]:
        """Audit a draft and show the sentences as they are checked."""
        said = sentences(draft, "")
        if not said:
            yield {self.result: remark("There is no sentence to check. Paste a text, or open a file.")}
            return
        yield {
            self.result: progress(0, len(said)),
            self.panel: evidence.framed(()),
            self.check: gr.update(visible=False),
            self.stop: gr.update(visible=True),
            **{button: gr.update(visible=False) for button in self.downloads},
        }
        found = Audit((), ())
        try:
            for found in audits(said, self.assistant.retriever, self.assistant.verifier):
                done = len(found.statements)
                if done % EVERY == 0 and done < len(said):
                    yield {self.result: progress(done, len(said)) + listed(found)}
        except VouchedError as error:
            yield {self.result: remark(str(error)) + listed(found), **self._idle()}
            return
        except Exception as error:  # whatever it is, the reader is told and the app goes on
            log.exception("an audit failed")
            yield {self.result: remark(unexpected(error)) + listed(found), **self._idle()}
            return
        papers = papers_of(self.assistant.library, {citation.paper_id for citation in found.citations})
        section = evidence.section(1, "What the sentences rest on, or come nearest to", found.citations, papers)
        contents = {"audit.md": markdown(found, "The draft"), "audit.json": json.dumps(found.to_dict(), ensure_ascii=False)}
        yield {
            self.result: shown(found),
            self.panel: evidence.framed([section]),
            **self._idle(),
            **{
                button: gr.update(value=str(path), visible=True)
                for button, path in zip(self.downloads, self.files.written(contents), strict=True)
            },
        }

    def stopped(self) -> Updates:
        """Show that nothing is under way; what was checked stays."""
        return self._idle()

    def _idle(self) -> Updates:
        return {self.check: gr.update(visible=True), self.stop: gr.update(visible=False)}


def opened(content: bytes) -> str:
    """Read a file into the box."""
    return content[: 4 * LONGEST].decode("utf-8", "replace")[:LONGEST]


def progress(done: int, total: int) -> str:
    """Give how far the audit has come."""
    words = f"{done} of {total} sentences checked"
    return f'<p class="v-progress" role="status"><progress value="{done}" max="{total}"></progress> {words}</p>'


def shown(found: Audit) -> str:
    """Give a finished audit: how it came out, a filter by verdict, and the sentences."""
    return f'<p class="v-kicker">{escaping.text(found.summary)}</p>{filters(found)}{listed(found)}'


def filters(found: Audit) -> str:
    """Give a choice of verdicts, which the style sheet obeys."""
    choices = [("all", "all", len(found.statements))]
    choices += [(CLASSES[outcome], outcome, n) for outcome, n in found.counts.items() if n]
    radios = "".join(
        f'<label><input type="radio" name="v-outcome" value="{css}"{" checked" * (css == "all")}>'
        f"<span>{name} <b>{count}</b></span></label>"
        for css, name, count in choices
    )
    return f'<fieldset class="v-filters"><legend class="v-sr">Show sentences that are</legend>{radios}</fieldset>'


def listed(found: Audit) -> str:
    """Give the sentences in reading order, each with its line, its verdict and the way to its evidence."""
    quotes = {citation.number: citation.quote for citation in found.citations}
    return f'<ol class="v-sentences">{"".join(sentence(each, quotes) for each in found.statements)}</ol>'


def sentence(said: Audited, quotes: dict[int, str]) -> str:
    """Give a sentence of the draft; a link where there is evidence."""
    words = escaping.text(said.text)
    if said.citations and said.found != "no claim":
        number = said.citations[0]
        title = escaping.line(f"“{quotes[number]}”", escaping.TITLE_LIMIT)
        words = f'<a href="#cite-1-{number}" title="{title}">{words}</a>'
    alarms = ", ".join(marks.ALARMS[name] for name in said.alarms) if said.found != "supported" else ""
    heard = f" · not there: {alarms}" if alarms else ""
    return (
        f'<li class="{CLASSES[said.found]}"><span class="v-line">{said.line}</span>'
        f'<span class="v-verdict">{MARKS[said.found]} {said.found}</span><span class="v-said">{words}'
        f"<small>{heard}</small></span></li>"
    )
