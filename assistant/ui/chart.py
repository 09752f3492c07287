"""The tab with the map of the library: papers as points by meaning, coloured by topic."""

from __future__ import annotations

import json
from threading import Lock
from typing import Any

import gradio as gr

from assistant.atlas import atlas
from assistant.ui import escaping
from assistant.ui.ports import Answerer, Shelf
from assistant.ui.remarks import remark
from ingestion.errors import VouchedError

MOST = 5_000  # points; of a larger library a sample is drawn
WAITING = '<p class="v-note" role="status">Drawing the map…</p>'


class Chart:
    """The tab. The map is made once for a library as large as it is, for all visitors."""

    def __init__(self, assistant: Answerer) -> None:
        """Lay the tab out, inside the ``gr.Blocks`` that is open."""
        self.library = assistant.library
        self._lock, self._made = Lock(), (-1, "")
        with gr.Column(elem_classes=["v-scroll", "v-library"]):
            self.html = gr.HTML(WAITING, elem_id="v-map", apply_default_css=False)

    def connect(self, tab: gr.Tab) -> None:
        """Draw the map whenever the tab is opened."""
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        tab.select(self.drawn, None, [self.html], **quiet)

    def drawn(self) -> str:
        """Give the map."""
        with self._lock:  # one draws, the others wait for it
            count = self.library.count()
            if self._made[0] != count:
                try:
                    self._made = count, html(self.library)
                except VouchedError as error:
                    return remark(str(error))
            return self._made[1]


def html(library: Shelf) -> str:
    """Give the map as data, a canvas for the script to draw on, and the topics as buttons."""
    ids, vectors = library.wholes()
    step = -(-len(ids) // MOST)
    if step > 1:
        ids, vectors = ids[::step], vectors[::step]
    titles = {paper.id: paper.title for paper in library.papers(ids)}
    made = atlas(ids, vectors, titles)
    if not made.points:
        return remark("The library is empty. Add papers in the tab Library.")
    told = {id_: " ".join(title.split()) for id_, title in titles.items()}
    points = [[round(p.x, 4), round(p.y, 4), p.topic, p.paper_id, told.get(p.paper_id, "")] for p in made.points]
    buttons = "".join(
        f'<li><button type="button" data-topic="{place}" aria-pressed="false"><i></i>{escaping.line(name, 80)} '
        f"<small>{sum(point.topic == place for point in made.points)}</small></button></li>"
        for place, name in enumerate(made.topics)
    )
    note = f" A sample of {len(ids):,} of {library.count():,} papers." if step > 1 else ""
    return (
        '<div class="v-atlas"><div class="v-canvas"><canvas role="img" aria-label="Papers laid out by meaning; the topics'
        ' are the buttons beside"></canvas><p class="v-tip" hidden></p></div><div class="v-side"><p class="v-note">'
        "Point at a paper for its title, click to open it, draw around some to ask only these; or choose topics."
        f'{note}</p><ul class="v-topics">{buttons}</ul><p class="v-chosen" role="status"></p></div>'
        f'<div class="v-points" hidden>{escaping.text(json.dumps(points, ensure_ascii=False))}</div></div>'
    )
