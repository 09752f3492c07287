"""Anything that can be called with a question, as a system: a LangChain or LlamaIndex app in one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assistant.composing import Clock
from evals.errors import SuiteError
from evals.foreign.answers import Context, Papers, answer_of
from ingestion.errors import VouchedError
from ingestion.library import Library


class FunctionError(VouchedError):
    """The function failed; a run counts it as an error of that question."""


class FunctionSystem:
    """Asks a function, which returns ``{"answer": str, "contexts": [str, ...]}``; markers such as [1] count the contexts."""

    def __init__(self, function: Callable[[str], Mapping[str, Any]], library: Library) -> None:
        """Ask a function; the papers of its contexts are looked for in a library."""
        self.name: str = getattr(function, "__name__", type(function).__name__)
        self.settings: dict[str, Any] = {}
        self._function, self._papers = function, Papers(library.papers())

    def ask(self, question: str) -> dict[str, Any]:
        """Ask it. Raises FunctionError when it fails, SuiteError when what it returns is of another form."""
        clock = Clock()
        try:
            said = self._function(question)
        except Exception as error:
            raise FunctionError(f"{self.name} failed: {type(error).__name__}: {error}") from error
        clock.lap("answer_ms")
        if not isinstance(said, Mapping) or not isinstance(said.get("answer"), str):
            raise SuiteError(f"{self.name} returned {type(said).__name__}; it is to be a mapping with `answer`, `contexts`.")
        contexts = [Context(str(text)) for text in said.get("contexts") or ()]
        taken = clock.timings()
        timings = {"answer_ms": taken.answer_ms, "total_ms": taken.total_ms}
        return answer_of(question, said["answer"], contexts, self._papers, timings=timings)
