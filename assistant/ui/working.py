"""Work that tells how far it has come, as a generator, so that a page can show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

Told = TypeVar("Told")
Done = TypeVar("Done")


def working(do: Callable[[Callable[[Told], None]], Done]) -> Iterator[Told | Done]:
    """Yield what the work tells, and last what it gives. The work goes on to its end when nobody listens any more.

    Raises:
        Exception: whatever the work raised.
    """
    heard: SimpleQueue[tuple[str, Told | Done | Exception]] = SimpleQueue()

    def run() -> None:
        try:
            heard.put(("done", do(lambda told: heard.put(("told", told)))))
        except Exception as error:  # noqa: BLE001 (raised again where it is heard)
            heard.put(("failed", error))

    Thread(target=run, daemon=True).start()
    while True:
        kind, what = heard.get()
        if isinstance(what, Exception) and kind == "failed":
            raise what
        yield what  # type: ignore[misc]  # no exception
        if kind == "done":
            return
