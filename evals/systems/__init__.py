"""Systems under test: whatever answers a question with the contract's object can be run over a suite, and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from assistant.settings import Settings
from evals.errors import SuiteError
from ingestion.library import Library


class System(Protocol):
    """Answers questions, one at a time."""

    @property
    def name(self) -> str:
        """What it is called in ``run.json``."""
        ...

    @property
    def settings(self) -> dict[str, Any]:
        """Give what its answers depend on, as JSON and without secrets."""
        ...

    def ask(self, question: str) -> dict[str, Any]:
        """Answer with the contract's object of ``ask``, as JSON; an error that a run is to count is a VouchedError."""
        ...


Loader = Callable[[Library, Settings], System]


def load_system(name: str, library: Library, settings: Settings) -> System:
    """Make a system by its name, one of `SYSTEMS`, over a library.

    Raises:
        SuiteError: there is no system of that name.
        LLMError: it needs a language model, and the settings name none.
    """
    if name not in SYSTEMS:
        raise SuiteError(f"There is no system {name!r}. There are: {', '.join(SYSTEMS)}.")
    return SYSTEMS[name](library, settings)


def _vouched(library: Library, settings: Settings) -> System:
    from assistant.engine import Assistant
    from evals.systems.vouched import Vouched

    return Vouched(Assistant(library, settings))


def _retrieval(library: Library, _: Settings) -> System:
    from evals.systems.retrieval import Hybrid

    return Hybrid(library)


def _bm25(library: Library, _: Settings) -> System:
    from evals.systems.retrieval import BM25

    return BM25(library)


def _embedding(library: Library, _: Settings) -> System:
    from evals.systems.retrieval import Dense

    return Dense(library)


def _citation_query_engine(library: Library, settings: Settings) -> System:
    from evals.systems.citation_query_engine import CitationEngine

    return CitationEngine(library, settings)


SYSTEMS: Mapping[str, Loader] = {
    "vouched": _vouched,
    "retrieval": _retrieval,
    "bm25": _bm25,
    "embedding": _embedding,
    "citation-query-engine": _citation_query_engine,
}
