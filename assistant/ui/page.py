"""The page itself: the masthead, and below it the tabs, each laid out by a module of its own."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from assistant.ui import welcome
from assistant.ui.audit import Auditing
from assistant.ui.chart import Chart
from assistant.ui.papers import Papers
from assistant.ui.ports import Answerer
from assistant.ui.summaries import Summaries
from assistant.ui.talk import AT_ONCE, Talk

# The name that a tab's address and its parts' ids have (``#/ask``), what its button says, and what lays it out.
TABS: dict[str, tuple[str, Callable[[Answerer], object]]] = {
    "ask": ("Ask", Talk),
    "library": ("Library", Papers),
    "map": ("Map", Chart),
    "summaries": ("Summaries", Summaries),
    "audit": ("Audit", Auditing),
}


def blocks(assistant: Answerer) -> gr.Blocks:
    """Build the app."""
    app = gr.Blocks(title="Vouched", analytics_enabled=False, fill_width=True, fill_height=True)
    with app:
        with gr.Row(elem_id="v-top"):
            gr.HTML(lambda: welcome.masthead(assistant.library.count()), elem_id="v-masthead", apply_default_css=False)
        with gr.Tabs(elem_id="v-tabs"):
            for name, (label, lay_out) in TABS.items():
                with gr.Tab(label, id=name, elem_id=f"v-tab-{name}", render_children=True) as tab:
                    laid_out = lay_out(assistant)
                if isinstance(laid_out, Chart):
                    laid_out.connect(tab)
        app.load(None, js="() => window.vouchedOpen()", api_visibility="private")
    app.queue(api_open=False, default_concurrency_limit=AT_ONCE)
    return app
