"""An end in time for what may never come to one: a server that trickles, a model on a slow machine."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")


class Late(Exception):  # noqa: N818 (it is caught where it is raised, and no error that a user reads)
    """The time is over."""


def until(end: float, items: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """Yield what comes before a moment of ``time.monotonic``.

    It is made in a thread of its own, which is let go of when the time is over, however long its next item takes; with that
    item, if one comes, it is closed.

    Raises:
        Late: the time is over. What ``items`` raises is raised here.
    """
    made: SimpleQueue[tuple[Item] | BaseException | None] = SimpleQueue()
    stop = Event()

    def work() -> None:
        try:
            with closing(items):
                for item in items:
                    if stop.is_set():
                        return
                    made.put((item,))
            made.put(None)
        except BaseException as error:  # noqa: BLE001 (raised below, where it is waited for)
            made.put(error)

    # A daemon: a call that hangs must not keep the process.
    Thread(target=copy_context().run, args=(work,), daemon=True, name="vouched-call").start()
    try:
        while (left := end - time.monotonic()) > 0:
            try:
                item = made.get(timeout=left)
            except Empty:
                break
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item[0]
        raise Late
    finally:
        stop.set()
