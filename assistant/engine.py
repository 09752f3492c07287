"""The whole road: a question is asked, papers are found, evidence is chosen, a draft is written, checked, and answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
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

from assistant.answer import Answer, Event, Evidence, Stage, Statement, Status, Usage
from assistant.claims import Verifier
from assistant.composing import Clock, abstention, markdown
from assistant.errors import LLMError
from assistant.evidence import select, shuffled
from assistant.grounding import better, check, citations, renumber
from assistant.llm import load_llm
from assistant.opening import load_reader, load_verifier, open_library
from assistant.premises import Denial, denial_of, named
from assistant.question import asked, asks_for_several
from assistant.reading import Reader
from assistant.reranking import Found, read_papers
from assistant.retrieval import HybridRetriever, node_of
from assistant.settings import Settings
from assistant.strategies import Strategy, choose, only_quotes
from assistant.strategies.extractive import Extractive
from assistant.summarizing import Summary, summarize
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

    def summarize(self, topic: str | None = None, papers: Sequence[str] = ()) -> Summary:
        """Summarize a topic, papers, or what papers say of a topic; `assistant.summarizing` says how."""
        return summarize(self, topic, papers)

    def _road(self, question: str, *, streaming: bool, **scope: Any) -> Generator[Event, None, None]:  # noqa: ANN401 (as stream)
        clock, question = Clock(), asked(question)
        yield Stage("searching")
        hits = self.retriever.search(self.retriever.query(question), within=self.library.scope(**scope))
        clock.lap("retrieve_ms")
        yield Stage("reading", f"{len(hits)} of {self.library.count()} papers")
        found = read_papers(self.reader, question, hits, self.settings.papers_read)
        clock.lap("read_ms")
        strategy: Strategy = Extractive()
        paid = strategy  # whose calls are on the bill, also when its answer is not used
        if not found.read or found.answered < self.reader.threshold(self.settings.caution):
            yield self._abstained(UNANSWERED, found, paid.usage(), clock)
            return
        notes = []
        try:
            strategy = paid = choose(self.settings, self.llm, streaming=streaming)
            statements, evidence, denial = yield from self._write(strategy, found, clock)
        except LLMError as error:
            if self.settings.llm != "auto":
                raise
            notes.append(f"The model failed, so this answer only quotes. {error}")
            strategy = Extractive()
            statements, evidence, denial = yield from self._write(strategy, found, clock)
        notes += strategy.notes()
        if not statements:
            yield self._abstained(NO_ANSWER, found, paid.usage(), clock, notes)
            return
        vouched, cited = renumber(named(denial, statements), evidence)
        text = markdown(vouched, cited, name_papers=strategy.names_papers)
        usage = replace(paid.usage(), model=strategy.usage().model)
        said: dict[str, Any] = {"answer": text, "statements": vouched, "citations": cited, "notes": tuple(notes)}
        said["denied_by"] = None if denial is None else 1  # it comes first
        yield self._answer(found, usage, clock, **said)

    def _write(
        self, strategy: Strategy, found: Found, clock: Clock
    ) -> Generator[Event, None, tuple[list[Statement], list[Evidence], Denial | None]]:
        chosen = select(found.read, strategy.portion, several=asks_for_several(found.question))
        evidence = shuffled(chosen, self.settings.shuffle_evidence)
        wanted = self.settings.name_false_premises
        denial = denial_of(self.verifier, found.question, found.read[0], evidence) if wanted else None
        if denial is not None and denial.evidence not in evidence:
            evidence.append(denial.evidence)
        clock.lap("verify_ms")
        yield Stage("writing", f"{len(evidence)} sentences of evidence")
        drafted = yield from strategy.draft(found.question, evidence)
        clock.lap("answer_ms")
        yield Stage("checking", f"{len(drafted)} statements")
        statements = check(drafted, evidence, self.verifier)
        clock.lap("verify_ms")
        rewritten = yield from strategy.repair(found.question, evidence, statements)
        clock.lap("answer_ms")
        if rewritten is not None:
            statements = better(statements, check(rewritten, evidence, self.verifier))
        astray = any(sentence.astray for sentence in drafted)  # it did cite, but nothing that it was shown
        cited = any(statement.citations for statement in statements)
        flagged = self.settings.llm == "local" or (astray and self.settings.llm == "openai")
        if statements and not cited and not flagged:
            name = strategy.usage().model
            raise LLMError(f"The model {name} cites none of the evidence. Name a more able one, or use --llm extractive.")
        clock.lap("verify_ms")
        return statements, evidence, denial

    def _abstained(self, reason: str, found: Found, usage: Usage, clock: Clock, notes: Sequence[str] = ()) -> Answer:
        nearest = citations(select(found.read, Extractive.portion))
        text = abstention(reason, nearest)
        return self._answer(found, usage, clock, answer=text, reason=reason, citations=nearest, notes=tuple(notes))

    def _answer(self, found: Found, usage: Usage, clock: Clock, **said: Any) -> Answer:  # noqa: ANN401 (fields of Answer)
        status: Status = "abstained" if said.get("reason") else "answered"
        empty: dict[str, Any] = {"reason": None, "statements": ()}
        parts = {**empty, **said, "retrieved": found.retrieved(), "usage": usage, "timings": clock.timings()}
        return Answer(question=found.question, status=status, **parts)

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        answer = self.ask(query_bundle.query_str)
        sources = [node_of(self.library.paper(citation.paper_id), citation.score) for citation in answer.citations]
        return Response(answer.answer, source_nodes=sources, metadata={"vouched": answer.to_dict()})

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}
