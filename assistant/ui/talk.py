"""The tab in which one talks with the library: what is on it, and what happens when."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from assistant import feedback
from assistant.exporting import FORMATS, of_chat
from assistant.ui import evidence, render, welcome
from assistant.ui.answering import answer
from assistant.ui.conversation import Conversation
from assistant.ui.files import NAMES, Files
from assistant.ui.ports import Answerer
from assistant.ui.suggestions import suggested
from ingestion.errors import VouchedError

log = logging.getLogger(__name__)
Updates = dict[Any, Any]
ASK = "Ask"
STOP = "Stop"
AT_ONCE = 8
# What may be said of an answer; Gradio shows the first two as thumbs, the others as reasons.
OPINIONS = ["Like", "Dislike", "Wrong", "Incomplete", "The quote does not support it", "The library does say it"]


class Talk:
    """The components of the tab and what they do.

    It holds nothing of any visitor: that is in ``self.conversation``, of which Gradio keeps one a browser session.
    """

    def __init__(self, assistant: Answerer) -> None:
        """Lay the tab out, inside the ``gr.Blocks`` that is open."""
        self.assistant = assistant
        library, self.files = assistant.library, Files()
        self.conversation = gr.State(Conversation())
        with gr.Row(elem_classes="v-shell"):
            with gr.Column(elem_classes="v-talk"):
                with gr.Row(elem_classes="v-actions", visible=False) as self.actions:
                    self.new = gr.Button("New conversation", elem_id="v-new", elem_classes="v-plain")
                    self.downloads = [gr.DownloadButton(NAMES[suffix], elem_classes="v-plain") for suffix in FORMATS]
                with gr.Column(elem_id="v-welcome") as self.welcome:
                    gr.HTML(lambda: welcome.greeting(library.count()), elem_id="v-hello", apply_default_css=False)
                    questions = suggested(library.papers())
                    self.suggestions = [gr.Button(question, elem_classes="v-suggestion") for question in questions]
                self.chat = gr.Chatbot(
                    elem_id="v-chat",
                    label="Conversation",
                    show_label=False,
                    visible=False,
                    sanitize_html=True,
                    allow_tags=False,
                    latex_delimiters=[],
                    buttons=[],
                    feedback_options=OPINIONS,
                    group_consecutive_messages=False,
                )
                self.scope = gr.HTML("", elem_id="v-only", apply_default_css=False)
                self.wanted = gr.Textbox(elem_id="v-wanted-ask", visible="hidden", label="Papers to ask")
                self.box = gr.Textbox(
                    elem_id="v-ask",
                    label="Your question",
                    show_label=False,
                    placeholder="Ask the library…",
                    lines=1,
                    max_lines=6,
                    max_length=4000,
                    autofocus=True,
                    submit_btn=ASK,
                    stop_btn=False,
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="send"),
                )
            with gr.Column(elem_classes="v-evidence"):
                self.panel = gr.HTML(evidence.panel(()), elem_id="v-panel", elem_classes="v-panel", apply_default_css=False)
        self._connect()

    def _connect(self) -> None:
        """Say what happens when."""
        outputs = [self.box, self.chat, self.panel, self.welcome, self.actions, *self.downloads]
        without: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        quiet = {"outputs": outputs, **without}
        # Several sessions at a time; that a session asks one question at a time is seen to in ``ask``, for Gradio's own
        # "once" holds a stopped session up until the model it waited for has spoken.
        asking = {**quiet, "trigger_mode": "multiple", "concurrency_limit": AT_ONCE, "concurrency_id": "ask"}
        running: list[dict[str, Any]] = [self.box.submit(self.ask, [self.box, self.conversation], **asking)]
        for button in self.suggestions:
            running.append(button.click(_ask_this(self.ask, button.value), [self.conversation], **asking))
        self.box.stop(self.stop, [self.conversation], **quiet, cancels=running, queue=False)
        self.wanted.change(self.limit, [self.wanted, self.conversation], [self.scope], **without)
        self.chat.like(self.rate, [self.conversation], None, **without)
        self.new.click(self.clear, [self.conversation], **quiet, cancels=running, queue=False)

    def ask(self, question: str, conversation: Conversation) -> Iterator[Updates]:
        """Ask a question and show the answer as it comes."""
        if not question.strip() or conversation.busy:
            yield {self.box: gr.skip()}  # what is typed stays in the box
            return
        before = conversation.finished()
        turn = conversation.begin(question.strip())
        yield {
            self.box: gr.update(value="", submit_btn=False, stop_btn=STOP),
            self.chat: gr.update(value=messages(conversation), visible=True),
            self.welcome: gr.update(visible=False),
            self.actions: gr.update(visible=True),
            **{button: gr.update(visible=False) for button in self.downloads},
        }
        for _ in answer(self.assistant, turn, before, conversation.only):
            yield {self.chat: messages(conversation)}
        if not turn.stopped:  # else the one who stopped it has shown it so
            yield self.settled(conversation)

    def limit(self, wanted: str, conversation: Conversation) -> str:
        """Ask only some papers from now on, by their ids with commas between; all of them where none is named."""
        papers = []
        for name in filter(None, wanted.split(",")):
            try:
                papers.append(self.assistant.library.paper(name.strip()))
            except VouchedError as error:  # it has left the library
                log.warning("not asked: %s", error)
        conversation.only = tuple(paper.id for paper in papers)
        return render.scope(papers)

    def rate(self, conversation: Conversation, said: gr.LikeData) -> None:
        """Keep what a reader says of an answer, beside the library."""
        place = said.index if isinstance(said.index, int) else said.index[0]
        turn = conversation.turns[place // 2] if 0 <= place // 2 < len(conversation.turns) else None
        opinion = said.liked if isinstance(said.liked, str) else OPINIONS[not said.liked]
        if turn is None or turn.answer is None or opinion not in OPINIONS:  # taken back, or nothing to say it of
            return
        try:
            feedback.keep(self.assistant.library.path / feedback.FILE, turn.answer, opinion)
            gr.Info("Thank you. It is kept beside the library.", duration=3)
        except VouchedError as error:
            gr.Warning(str(error))

    def stop(self, conversation: Conversation) -> Updates:
        """Stop the answer under way, and keep what there is of it."""
        conversation.stop()
        return self.settled(conversation)

    def clear(self, conversation: Conversation) -> Updates:
        """Begin anew."""
        conversation.clear()
        return {
            **self.settled(conversation),
            self.chat: gr.update(value=[], visible=False),
            self.welcome: gr.update(visible=True),
            self.actions: gr.update(visible=False),
        }

    def settled(self, conversation: Conversation) -> Updates:
        """Show a conversation in which nothing is under way."""
        return {
            self.box: gr.update(submit_btn=ASK, stop_btn=False),
            self.chat: messages(conversation),
            self.panel: evidence.panel(conversation.turns),
            **self._exports(conversation),
        }

    def _exports(self, conversation: Conversation) -> Updates:
        answers = [turn.answer for turn in conversation.turns if turn.answer is not None]
        if not answers:
            return {button: gr.update(visible=False) for button in self.downloads}
        files = self.files.exported(of_chat("Conversation", answers, self.assistant.library))
        return {button: gr.update(value=str(file), visible=True) for button, file in zip(self.downloads, files, strict=True)}


def messages(conversation: Conversation) -> list[dict[str, str]]:
    """Give a conversation as Gradio's chat wants it."""
    found = []
    for turn in conversation.turns:
        found.append({"role": "user", "content": render.question(turn)})
        found.append({"role": "assistant", "content": render.reply(turn)})
    return found


def _ask_this(
    ask: Callable[[str, Conversation], Iterator[Updates]], question: str
) -> Callable[[Conversation], Iterator[Updates]]:
    """Bind a question. Gradio looks at a function to see whether it streams, so this is one and not a ``partial``."""

    def asked(conversation: Conversation) -> Iterator[Updates]:
        yield from ask(question, conversation)

    return asked
