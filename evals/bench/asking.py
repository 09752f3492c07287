"""Asking: an extractive answer by its stages, beside a hybrid search alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from assistant.answer import Answer
from assistant.engine import Assistant
from assistant.settings import Settings
from evals.bench.measuring import Figure, Recorder, Samples, Told
from evals.bench.searching import by_all, turned
from ingestion.library import Library

SEARCH = "search alone"
STAGES = ("retrieve", "read", "answer", "verify", "total")
FIGURES = (Figure(SEARCH), *(Figure(stage, SEARCH) for stage in STAGES))


def measure(recorder: Recorder, library: Library, questions: Sequence[str], told: Told) -> None:
    """Ask all questions. A repeat is a question; of one that is not answered, only the stages that it went through count."""
    settings: Settings = Settings.model_construct(llm="extractive")  # what is packaged, whatever the environment says
    assistant = Assistant(library, settings)
    assistant.wake()
    assistant.ask(questions[0])
    with recorder.series("ask", *FIGURES) as samples:
        for number, question in enumerate(questions, start=1):
            for name in turned([SEARCH, "ask"], number):  # after a reading a search finds the caches cold
                if name == SEARCH:
                    samples.timed(SEARCH, partial(by_all, assistant.retriever, question))
                else:
                    note(samples, assistant.ask(question))
            told("Asking", number, len(questions))


def note(samples: Samples, answer: Answer) -> None:
    """Note the stages that an answer went through."""
    for stage in STAGES:
        if answer.status == "answered" or stage not in ("answer", "verify"):
            samples.note(stage, getattr(answer.timings, f"{stage}_ms"))
