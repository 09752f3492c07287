"""Asks the assistant and keeps the turn up to date, whatever happens on the way."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from time import monotonic

from assistant import chats
from assistant.answer import Delta
from assistant.ui.conversation import Turn
from assistant.ui.ports import Answerer, Shelf
from assistant.ui.remarks import unexpected
from ingestion.errors import VouchedError
from ingestion.paper import Paper

log = logging.getLogger(__name__)
FRAME_S = 0.06


def answer(assistant: Answerer, turn: Turn, before: Sequence[chats.Turn] = (), papers: Sequence[str] = ()) -> Iterator[None]:
    """Yield whenever there is something new to show, until the turn is settled. Never raises for the assistant's sake.

    The question may lean on the turns ``before`` it; only the ``papers`` of these ids are asked, where there are any.

    A model may write faster than a page can be drawn, so pieces of a draft are shown at most once every 60 ms.
    """
    try:
        due = 0.0
        with ExitStack() as at_the_end:
            events = assistant.chat(before).stream(turn.question, **({"papers": papers} if papers else {}))
            at_the_end.callback(events.close)  # which hangs up on the model
            for event in events:
                if turn.stopped:
                    return
                turn.take(event)
                if turn.settled:
                    break
                if not isinstance(event, Delta):
                    yield
                elif monotonic() >= due:  # the first piece at once, for the next may be long in coming
                    yield
                    due = monotonic() + FRAME_S
        if turn.answer is None:
            turn.error = "The answer broke off before it was finished. Ask again; the server's log may say why."
        else:
            turn.papers = papers_of(assistant.library, {citation.paper_id for citation in turn.answer.citations})
    except VouchedError as error:
        turn.error = str(error)
    except Exception as error:  # whatever it is, the reader is told and the conversation goes on
        log.exception("answering failed: %r", turn.question)
        turn.error = unexpected(error)


def papers_of(library: Shelf, ids: Iterable[str]) -> dict[str, Paper]:
    """Fetch the papers that are cited; one that has left the library since is shown by its quotes alone."""
    papers = {}
    for paper_id in ids:
        try:
            papers[paper_id] = library.paper(paper_id)
        except VouchedError as error:
            log.warning("no abstract to show for %s: %s", paper_id, error)
    return papers
