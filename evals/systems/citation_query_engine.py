"""LlamaIndex's CitationQueryEngine as a system under test, built as its documentation does, with nothing tuned.

The library's abstracts become documents of a VectorStoreIndex with the library's own embedding; the answer is written by
the language model of the settings, the one that Vouched would ask.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import cached_property
from importlib.metadata import version
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.callbacks import CallbackManager, CBEventType, EventPayload
from llama_index.core.callbacks.base_handler import BaseCallbackHandler
from llama_index.core.llms.llm import LLM
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.query_engine.citation_query_engine import DEFAULT_CITATION_CHUNK_SIZE
from llama_index.core.schema import NodeWithScore, QueryBundle

from assistant.composing import Clock
from assistant.llm import Meter, explained, load_llm
from assistant.question import asked
from assistant.settings import Settings
from evals.foreign.answers import Context, Papers, answer_of
from ingestion.library import Library

TOP_K = 5  # sources for a question
HEAD = re.compile(r"\ASource \d+:\n")  # which the engine writes before each source


class CitationEngine:
    """Asks a CitationQueryEngine over the papers of a library. The index is made with the first question."""

    name = "citation-query-engine"

    def __init__(self, library: Library, settings: Settings, *, top_k: int = TOP_K, llm: LLM | None = None) -> None:
        """Ask over a library, ``top_k`` sources a question; ``llm`` is what the settings name, or this. Raises LLMError."""
        self.library, self.top_k = library, top_k
        self.llm = llm or load_llm(settings)
        self._key = settings.openai_api_key.get_secret_value().strip() if settings.openai_api_key else None
        self.settings: dict[str, Any] = {
            "llm": "openai",
            "model": self.llm.metadata.model_name,
            "max_tokens": settings.max_tokens,
            "embedding": library.embedding.model_name,
            "similarity_top_k": top_k,
            "citation_chunk_size": DEFAULT_CITATION_CHUNK_SIZE,
            "llama-index-core": version("llama-index-core"),
        }

    @cached_property
    def engine(self) -> CitationQueryEngine:
        """The engine over its index, made once."""
        documents = [
            Document(
                text=paper.abstract,
                metadata={"paper_id": paper.id, "title": paper.title},
                excluded_embed_metadata_keys=["paper_id"],  # an id says nothing, to a model either
                excluded_llm_metadata_keys=["paper_id"],
            )
            for paper in self.library.papers()
        ]
        index = VectorStoreIndex.from_documents(documents, embed_model=self.library.embedding)
        return CitationQueryEngine.from_args(index, llm=self.llm, similarity_top_k=self.top_k)

    @cached_property
    def papers(self) -> Papers:
        """Find places in the abstracts."""
        return Papers(self.library.papers())

    def ask(self, question: str) -> dict[str, Any]:
        """Answer from the sources nearest to a question. Raises QuestionError, EmbeddingError, LLMError."""
        engine, papers = self.engine, self.papers  # made before the clock starts
        clock, bundle = Clock(), QueryBundle(asked(question))
        meter = Meter(self.llm.metadata.model_name)
        self.llm.callback_manager = CallbackManager([_Metering(meter)])  # the engine has put its own in its place
        nodes = engine.retrieve(bundle)
        clock.lap("retrieve_ms")
        with explained(f"The language model {meter.model}", self._key):
            response = engine.synthesize(bundle, nodes)
        clock.lap("answer_ms")
        text = str(getattr(response, "response", None) or "")
        contexts = [_context(node) for node in response.source_nodes]
        timings, usage = asdict(clock.timings()), asdict(meter.usage())
        return answer_of(bundle.query_str, text, contexts, papers, timings=timings, usage=usage)


class _Metering(BaseCallbackHandler):
    """Counts the calls of a language model, and the tokens as the server reports them."""

    def __init__(self, meter: Meter) -> None:
        super().__init__([], [])
        self.meter = meter

    def on_event_start(
        self,
        event_type: CBEventType,
        payload: dict[str, Any] | None = None,
        event_id: str = "",
        parent_id: str = "",
        **_: object,
    ) -> str:
        return event_id

    def on_event_end(
        self, event_type: CBEventType, payload: dict[str, Any] | None = None, event_id: str = "", **_: object
    ) -> None:
        if event_type == CBEventType.LLM:
            said = payload or {}
            self.meter.calls += 1
            self.meter.add(getattr(said.get(EventPayload.RESPONSE) or said.get(EventPayload.COMPLETION), "raw", None))

    def start_trace(self, trace_id: str | None = None) -> None:
        pass

    def end_trace(self, trace_id: str | None = None, trace_map: dict[str, list[str]] | None = None) -> None:
        pass


def _context(node: NodeWithScore) -> Context:
    """Take a source without the engine's heading."""
    text = HEAD.sub("", node.node.get_content()).removesuffix("\n")
    said = node.node.metadata
    return Context(text, said.get("paper_id"), str(said.get("title") or ""), float(node.score or 0.0))
