"""The whole road: a question is asked, papers are found, evidence is chosen, a draft is written, checked, and answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.llms.llm import LLM
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import QueryBundle

from assistant.answer import Answer, Event, Stage, Statement, Status, Usage
from assistant.chats import Chat, Turn
from assistant.chats.chat import by_model
from assistant.claims import Verifier
from assistant.composing import Clock, abstention, markdown
from assistant.desk import Desk
from assistant.errors import LLMError
from assistant.evidence import select
from assistant.grounding import citations, renumber
from assistant.llm import load_llm, open_writer
from assistant.opening import load_reader, load_verifier, open_library
from assistant.premises import Denial, denial_of, named
from assistant.question import asked
from assistant.reading import Reader
from assistant.reranking import Found, read_papers
from assistant.retrieval import HybridRetriever, node_of
from assistant.settings import Settings
from assistant.strategies import Strategy, load_strategy, only_quotes
from assistant.strategies.extractive import Extractive
from assistant.summarizing import Summary, positions, summarize
from assistant.vouching import Unsupported, vouched
from ingestion.library import Library

UNANSWERED = "none of the papers nearest to the question answers it"
NO_ANSWER = "the model found no answer in the evidence"


class Assistant(BaseQueryEngine):
    """Answers questions from one library. Also a LlamaIndex query engine: ``query("…")`` gives a Response."""

    def __init__(
        self,
        library: Library,
        settings: Settings | None = None,
        *,
        llm: LLM | None = None,
        reader: Reader | None = None,
        verifier: Verifier | None = None,
    ) -> None:
        """Answer from a library. ``llm`` is any LlamaIndex LLM, by default what the settings name; so are the others."""
        super().__init__(callback_manager=None)
        self.library, self.settings, self.llm = library, settings or Settings(), llm
        self.retriever = HybridRetriever(library, self.settings.candidates)
        self.reader = reader or load_reader(self.settings)
        self.verifier = verifier or load_verifier(self.settings)

    @classmethod
    def open(cls, library: Library | Path | str, settings: Settings | None = None, **parts: Any) -> Assistant:  # noqa: ANN401 (as __init__)
        """Open a library, given as itself or as its folder, and answer from it. Raises LibraryError."""
        settings = settings or Settings()
        if not isinstance(library, Library):
            library = open_library(settings.model_copy(update={"library": Path(library)}))
        return cls(library, settings, **parts)

    def wake(self) -> None:
        """Load what the first question would wait for, side by side. Raises ModelError, EmbeddingError, LLMError."""
        quoting = only_quotes(self.settings, self.llm) and not self.settings.name_false_premises
        loads: list[Callable[[], object]] = [self.reader.load]
        if not quoting:  # a quote is verified by its words
            loads.append(self.verifier.load)
        if self.settings.llm == "local" and self.llm is None:
            loads.append(partial(load_llm, self.settings))
        with ThreadPoolExecutor(1) as beside:
            loading = [beside.submit(load) for load in loads]
            self.library.wake()
            for model in loading:
                model.result()

    def ask(self, question: str, **scope: Any) -> Answer:  # noqa: ANN401 (as stream)
        """Answer a question; `stream` says the scope and what is raised."""
        *_, answer = self._road(question, streaming=False, **scope)
        assert isinstance(answer, Answer)  # noqa: S101 (the road ends in one)
        return answer

    def stream(
        self, question: str, *, papers: Sequence[str] = (), year_from: int | None = None, year_to: int | None = None
    ) -> Generator[Event, None, None]:
        """Yield each `Stage`, the draft as it is written (`Delta`, unchecked), and last the `Answer`.

        Args:
            question: the question, up to 4,000 characters.
            papers: ids of the papers to answer from; none means all.
            year_from: leaves out papers of earlier years, or of none.
            year_to: leaves out papers of later years, or of none.

        Raises:
            QuestionError: the question is empty or too long.
            LibraryError: the library cannot be read, or has no such paper.
            LLMError: the model failed, and the settings do not say ``auto``.
        """
        return self._road(question, streaming=True, papers=papers, year_from=year_from, year_to=year_to)

    def chat(self, turns: Sequence[Turn] = ()) -> Chat:
        """Begin a chat, in which a question may lean on those before it, or go on with one."""
        return Chat(self, turns, by_model(self))

    def summarize(self, topic: str | None = None, papers: Sequence[str] = ()) -> Summary:
        """Summarize a topic, papers, or what papers say of a topic; `assistant.summarizing` says how."""
        return summarize(self, topic, papers)

    def positions(self, claim: str, papers: Sequence[str] = ()) -> Summary:
        """Tell which papers support a claim and which oppose it. Raises QuestionError, LibraryError, ModelError."""
        return positions(self, claim, papers)

    def begin(self, question: str, **scope: Any) -> Generator[Event, None, Desk]:  # noqa: ANN401 (as stream)
        """Find and read papers for a question; the scope is that of `stream`. Raises LibraryError."""
        clock = Clock()
        find = partial(self._find, clock, self.library.scope(**scope))
        found = yield from find(question)
        return Desk(question, self.settings, find, self.verifier, clock, found)

    def _road(self, question: str, *, streaming: bool, **scope: Any) -> Generator[Event, None, None]:  # noqa: ANN401 (as stream)
        desk = yield from self.begin(asked(question), **scope)
        quoting: Strategy = Extractive()
        strategy = quoting if only_quotes(self.settings, self.llm) else load_strategy(self.settings)
        if not desk.found.read or not (strategy.searches or self._answers(desk.found)):
            yield self._abstained(UNANSWERED, desk)
            return
        try:
            if strategy is not quoting:
                desk.writer = open_writer(self.settings, self.llm, streaming=streaming)
            statements, denial = yield from self._write(strategy, desk)
        except LLMError as error:
            if self.settings.llm != "auto" and not isinstance(error, Unsupported):
                raise
            desk.note(f"The model's answer cannot be used, so this one only quotes. {error}")
            strategy = quoting
            statements, denial = yield from self._write(strategy, desk)
        if not statements or not self._answers(desk.found):
            yield self._abstained(NO_ANSWER if self._answers(desk.found) else UNANSWERED, desk)
            return
        said, cited = renumber(named(denial, statements), desk.evidence)
        text = markdown(said, cited, name_papers=strategy.names_papers)
        parts: dict[str, Any] = {"answer": text, "statements": said, "citations": cited}
        parts["denied_by"] = None if denial is None else 1  # it comes first
        usage = desk.usage() if strategy is not quoting else replace(desk.usage(), model=Usage().model)
        yield self._answer(desk, usage, **parts)

    def _find(self, clock: Clock, within: Collection[str] | None, question: str) -> Generator[Event, None, Found]:
        yield Stage("searching", question)
        hits = self.retriever.search(self.retriever.query(question), within=within)
        clock.lap("retrieve_ms")
        yield Stage("reading", f"{len(hits)} of {self.library.count()} papers")
        found = read_papers(self.reader, question, hits, self.settings.papers_read)
        clock.lap("read_ms")
        return found

    def _answers(self, found: Found) -> bool:
        return found.answered >= self.reader.threshold(self.settings.caution)

    def _write(self, strategy: Strategy, desk: Desk) -> Generator[Event, None, tuple[list[Statement], Denial | None]]:
        desk.lay_out(strategy.portion)
        denial = None
        if self.settings.name_false_premises:
            denial = denial_of(self.verifier, desk.question, desk.found.read[0], desk.evidence)
        if denial is not None:
            desk.numbered(denial.evidence)
        desk.clock.lap("verify_ms")
        yield Stage("writing", f"{len(desk.evidence)} sentences of evidence")
        drafted = yield from strategy.draft(desk)
        desk.clock.lap("answer_ms")
        yield Stage("checking", f"{len(drafted)} statements")
        statements = yield from vouched(desk, drafted)
        desk.clock.lap("verify_ms")
        return statements, denial

    def _abstained(self, reason: str, desk: Desk) -> Answer:
        nearest = citations(select(desk.found.read, Extractive.portion))
        text = abstention(reason, nearest)
        return self._answer(desk, desk.usage(), answer=text, reason=reason, citations=nearest)

    def _answer(self, desk: Desk, usage: Usage, **said: Any) -> Answer:  # noqa: ANN401 (fields of Answer)
        status: Status = "abstained" if said.get("reason") else "answered"
        empty: dict[str, Any] = {"reason": None, "statements": (), "notes": tuple(desk.notes), "usage": usage}
        parts = {**empty, **said, "retrieved": desk.found.retrieved(), "timings": desk.clock.timings()}
        return Answer(question=desk.question, status=status, **parts)

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        answer = self.ask(query_bundle.query_str)
        sources = [node_of(self.library.paper(citation.paper_id), citation.score) for citation in answer.citations]
        return Response(answer.answer, source_nodes=sources, metadata={"vouched": answer.to_dict()})

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}
