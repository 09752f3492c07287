"""What other programs may have done for them: each service gives the contract's object, whoever asks and however."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import CapacityLimiter, to_thread

from assistant.claims import Claim
from assistant.errors import BusyError, QuestionError
from assistant.question import asked
from assistant.searching import search

if TYPE_CHECKING:
    from assistant.engine import Assistant

MAX_TEXT = 50_000  # characters of a text to check: several hundred sentences, each held against several papers
WAITING = 64  # requests
Object = dict[str, Any]
Done = TypeVar("Done")


class Services:
    """The assistant's services. So many are done ``at_once``; the next ones wait, and those beyond are refused."""

    def __init__(self, assistant: Assistant, at_once: int | None = None) -> None:
        """Serve an assistant; what may be done at once is a setting unless given."""
        self.assistant = assistant
        at_once = at_once or assistant.settings.answers_at_once
        self._places, self._most = CapacityLimiter(at_once), at_once + WAITING
        self._inside = 0

    async def done(self, service: Callable[[], Done]) -> Done:
        """Do something in a thread when its turn comes. Raises BusyError when too many wait, and what the service raises."""
        if self._inside >= self._most:
            raise BusyError("Too many questions are waiting to be answered. Ask again in a few seconds.")
        self._inside += 1
        try:
            return await to_thread.run_sync(service, limiter=self._places)
        finally:
            self._inside -= 1

    def ask(self, question: str, **scope: Any) -> Object:  # noqa: ANN401 (of `Library.scope`)
        """Answer, as ``vouched ask --json`` does. Raises QuestionError, LibraryError, LLMError, ModelError."""
        return self.assistant.ask(question, **scope).to_dict()

    def search(self, query: str, k: int = 10, **scope: Any) -> Object:  # noqa: ANN401 (of `Library.scope`)
        """Find papers, as ``vouched search --json`` does. Raises QuestionError, LibraryError."""
        return search(self.assistant.retriever, asked(query), k, self.assistant.library.scope(**scope))

    def summarize(self, topic: str | None, papers: Sequence[str] = (), *, positions: bool = False) -> Object:
        """Summarize, as ``vouched summarize --json`` does. Raises QuestionError, LibraryError, LLMError, ModelError."""
        from assistant.summarizing import positions as positions_on

        if topic is None and (positions or not papers):
            raise QuestionError("Say what to summarize: a topic, or papers, or both; for positions a claim as the topic.")
        if positions:
            return positions_on(self.assistant, topic or "", papers).to_dict()
        return self.assistant.summarize(topic, papers).to_dict()

    def check(self, text: str, name: str = "") -> Object:
        """Audit a text, as ``vouched check --json`` does. Raises QuestionError, LibraryError, ModelError."""
        from assistant.auditing import audit, sentences

        if len(text) > MAX_TEXT:
            raise QuestionError(
                f"The text has {len(text):,} characters; at most {MAX_TEXT:,} are checked at once. Send parts."
            )
        said = sentences(text, name)
        if not said:
            raise QuestionError("The text holds no sentence to check.")
        return audit(said, self.assistant.retriever, self.assistant.verifier).to_dict()

    def check_pair(self, claim: str, source: str) -> Object:
        """Hold a claim against a source text alone, as ``vouched check --pairs`` does. Raises ModelError."""
        [found] = self.assistant.verifier.verify([Claim(claim, (source,))])
        return asdict(found)

    def paper(self, name: str) -> Object:
        """Give a paper, as ``vouched papers show --json`` does. Raises LibraryError."""
        return self.assistant.library.described(name)
