"""The tab of the library: its papers in a table, a page for each, adding and removing."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import gradio as gr

from assistant.ui import listing, welcome
from assistant.ui.files import Files
from assistant.ui.ports import Answerer
from assistant.ui.remarks import remark, unexpected
from assistant.ui.working import working
from ingestion.catalogue import Order
from ingestion.errors import VouchedError
from ingestion.paper import Paper, Refusal
from ingestion.readers import read
from ingestion.report import IngestReport

log = logging.getLogger(__name__)
Updates = dict[Any, Any]
PAGE = 50  # papers
NEAREST = 8
ORDERS: tuple[Order, ...] = get_args(Order)


class Papers:
    """The components of the tab and what they do. Of a visitor it holds nothing but what ``gr.State`` keeps apart."""

    def __init__(self, assistant: Answerer) -> None:
        """Lay the tab out, inside the ``gr.Blocks`` that is open."""
        self.library = assistant.library
        self.files = Files()
        self.page, self.shown, self.removed = gr.State(0), gr.State(""), gr.State([])
        with gr.Column(elem_classes=["v-scroll", "v-library"]):
            with gr.Column(elem_classes="v-plainly") as self.list:
                with gr.Row(elem_classes="v-actions"):
                    self.words = gr.Textbox(
                        elem_id="v-find",
                        label="Find papers",
                        show_label=False,
                        placeholder="Words of title, author or venue…",
                        max_length=300,
                    )
                    self.order = gr.Dropdown(
                        list(ORDERS), value=ORDERS[0], label="Order", show_label=False, elem_id="v-order", filterable=False
                    )
                    self.upload = gr.UploadButton("Add papers…", elem_classes="v-plain", file_count="multiple")
                    self.undo = gr.Button("Undo the removal", elem_classes="v-plain", visible=False)
                self.note = gr.HTML("", elem_id="v-added", apply_default_css=False)
                self.refused = gr.DownloadButton("What was refused", elem_classes="v-plain", visible=False)
                self.table = gr.HTML(lambda: self._table(0), elem_id="v-papers-table", apply_default_css=False)
                with gr.Row(elem_classes="v-actions"):
                    self.back = gr.Button("← Before", elem_classes="v-plain")
                    self.on = gr.Button("Next →", elem_classes="v-plain")
            with gr.Column(visible=False, elem_classes="v-plainly") as self.one:
                self.paper = gr.HTML("", elem_id="v-paper-page", apply_default_css=False)
                with gr.Row(elem_classes="v-actions"):
                    self.remove = gr.Button("Remove from the library", elem_classes="v-plain")
            self.wanted = gr.Textbox(elem_id="v-wanted-library", visible="hidden", label="Paper")
        self._connect()

    def _connect(self) -> None:
        """Say what happens when."""
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        found = [self.words, self.order, self.page]
        outputs = [self.table, self.page]
        for event in (self.words.input, self.order.input):
            event(self.first, found, outputs, trigger_mode="always_last", **quiet)
        self.back.click(self.before, found, outputs, **quiet)
        self.on.click(self.after, found, outputs, **quiet)
        views = [self.list, self.one, self.paper, self.shown]
        self.wanted.change(self.opened, [self.wanted], views, **quiet)
        changed = [self.note, self.refused, self.table, self.page]
        uploading = [self.upload, self.words, self.order]
        self.upload.upload(self.added, uploading, changed, concurrency_limit=1, **quiet)
        gone = [*views, self.note, self.undo, self.removed, self.table]
        self.remove.click(self.taken_out, [self.shown, self.words, self.order, self.page], gone, **quiet)
        back = [self.note, self.undo, self.removed, self.table]
        self.undo.click(self.put_back, [self.removed, self.words, self.order, self.page], back, **quiet)

    def _table(self, page: int, words: str = "", order: Order = ORDERS[0]) -> str:
        total, papers = self.library.listing(order, page * PAGE, PAGE, words)
        return listing.table(papers, page * PAGE, total, words)

    def first(self, words: str, order: Order, _: int) -> Updates:
        """Show the first papers that were looked for."""
        return {self.table: self._table(0, words, order), self.page: 0}

    def before(self, words: str, order: Order, page: int) -> Updates:
        """Show the papers before."""
        page = max(0, page - 1)
        return {self.table: self._table(page, words, order), self.page: page}

    def after(self, words: str, order: Order, page: int) -> Updates:
        """Show the papers that follow."""
        total, _ = self.library.listing(order, 0, 1, words)
        page = page + 1 if (page + 1) * PAGE < total else page
        return {self.table: self._table(page, words, order), self.page: page}

    def opened(self, paper_id: str) -> Updates:
        """Show the page of a paper, or with no id the table."""
        if not paper_id.strip():
            return {self.list: gr.update(visible=True), self.one: gr.update(visible=False)}
        try:
            paper = self.library.paper(paper_id.strip())
            near = [(self.library.paper(id_), cosine) for id_, cosine in self.library.near(paper, NEAREST).items()]
            html = listing.page(paper, self.library.sources([paper.id]).get(paper.id, []), near)
            shown = paper.id
        except VouchedError as error:
            log.warning("no page of %s: %s", paper_id, error)
            html, shown = listing.back() + remark(f"There is no paper {paper_id.strip()} in the library."), ""
        views = {self.list: gr.update(visible=False), self.one: gr.update(visible=True)}
        return {**views, self.paper: html, self.shown: shown}

    def added(self, files: Sequence[str], words: str, order: Order) -> Iterator[Updates]:
        """Read files into the library, telling how far it has come, and report."""
        yield {self.note: remark("Reading…"), self.refused: gr.update(visible=False)}
        try:
            # A reader of the library knows a file's name, and not the folder that we keep it in.
            records = (replace(each, source=Path(file).name) for file in files for each in read(Path(file)))
            report = IngestReport()

            def add(tell: Callable[[tuple[int, int]], None]) -> IngestReport:
                return self.library.add(records, lambda done, of: tell((done, of)))

            for done in working(add):
                if isinstance(done, IngestReport):
                    report = done
                else:
                    yield {self.note: listing.progress(*done)}
        except VouchedError as error:
            yield {self.note: remark(str(error))}
            return
        except Exception as error:  # whatever it is, the reader is told and the app goes on
            log.exception("adding papers failed")
            yield {self.note: remark(unexpected(error))}
            return
        [file] = self.files.written({"refused.csv": _csv(report.refused)})
        yield {
            self.note: listing.report(report),
            self.refused: gr.update(value=str(file), visible=bool(report.refused)),
            self.table: self._table(0, words, order),
            self.page: 0,
        }

    def taken_out(self, paper_id: str, words: str, order: Order, page: int) -> Updates:
        """Take a paper out of the library, and keep it for the undoing."""
        try:
            gone = self.library.remove([paper_id])
        except VouchedError as error:
            return {self.paper: listing.back() + remark(str(error))}
        return {
            self.list: gr.update(visible=True),
            self.one: gr.update(visible=False),
            self.shown: "",
            self.note: remark(f"Removed: {gone[0].title}"),
            self.undo: gr.update(visible=True),
            self.removed: gone,
            self.table: self._table(page, words, order),
        }

    def put_back(self, gone: list[Paper], words: str, order: Order, page: int) -> Updates:
        """Put back what was removed last."""
        try:
            self.library.add(gone)
        except VouchedError as error:
            return {self.note: remark(str(error))}
        said = remark(f"Put back: {gone[0].title}. {welcome.papers(self.library.count())} in the library.")
        table = self._table(page, words, order)
        return {self.note: said, self.undo: gr.update(visible=False), self.removed: [], self.table: table}


def _csv(refused: Sequence[Refusal]) -> str:
    """Write what was refused as CSV, in which no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["file", "line", "reason"])
    for each in refused:
        cells = [each.source, str(each.line or ""), each.reason]
        writer.writerow([f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell for cell in cells])
    return out.getvalue()
