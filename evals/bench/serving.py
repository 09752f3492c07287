"""Serving: many users at a time ask an app in a process of its own, half of them through its API, half on its page."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx
import numpy as np

from evals.bench.measuring import Figure, Recorder, Told
from evals.bench.visitors import Known, Page, Program, Reader, WrongAnswerError
from evals.errors import SuiteError
from ingestion.library import Library

BENCH, ALONE, BEFORE, AFTER = "serve", "one user alone", "memory before", "memory after"
KINDS = ("API", "page")
PERCENTILES = (50, 95, 99)
STOPS_S = 20
TELLS = re.compile(r"Vouched is at (http://\S+)")
FIGURES = (
    Figure(ALONE),
    *(Figure(f"{kind}, p{percent}", ALONE) for kind in KINDS for percent in PERCENTILES),
    Figure("answers", unit="1/s"),
    Figure("errors", unit="errors"),
    Figure(BEFORE, unit="MiB"),
    Figure(AFTER, BEFORE, "MiB"),
)


@dataclass
class Found:
    """What the users met: seconds of each answer, by kind of user, and what went wrong, in words."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    errors: list[str] = field(default_factory=list)


def measure(
    recorder: Recorder, library: Library, questions: Sequence[str], users: int, seconds: float, pause: float, told: Told
) -> Found:
    """Ask every question once alone, then have users ask for so many seconds, each resting ``pause`` seconds on average.

    Raises:
        SuiteError: the app cannot be served.
    """
    with served(library) as (url, process), recorder.series(BENCH, *FIGURES, size=library.count()) as samples:
        alone, known = Program(url), dict[str, Known]()
        alone.answer(questions[0])
        for number, question in enumerate(questions, start=1):
            known[question] = Known.of(samples.timed(ALONE, lambda asked=question: alone.answer(asked)))  # type: ignore[misc]
            told("Asking alone", number, len(questions))
        before = resident(process)
        started = time.monotonic()
        found = crowd(Page(url), known, users, seconds, pause, told)
        lasted, after = time.monotonic() - started, resident(process)
        for kind, took in found.seconds.items():
            for percent in PERCENTILES if took else ():
                samples.note(f"{kind}, p{percent}", 1000 * float(np.percentile(took, percent)))
        samples.note("answers", sum(map(len, found.seconds.values())) / lasted, "1/s")
        samples.note("errors", len(found.errors), "errors")
        for case, value in ((BEFORE, before), (AFTER, after)):
            if value is not None:
                samples.note(case, value, "MiB")
    return found


def crowd(page: Page, known: Mapping[str, Known], users: int, seconds: float, pause: float, told: Told) -> Found:
    """Have users ask at the same time, each questions of its own order, and see what each of them meets."""
    found, end = Found(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=_user, args=(number, page, known, end, pause, found), daemon=True) for number in range(users)
    ]
    for thread in threads:
        thread.start()
    while (left := end - time.monotonic()) > 0:
        told(f"{users} users asking", int(seconds - left), int(seconds))
        time.sleep(min(left, 1))
    for thread in threads:
        thread.join()
    told(f"{users} users asking", int(seconds), int(seconds))
    return found


def _user(number: int, page: Page, known: Mapping[str, Known], end: float, pause: float, found: Found) -> None:
    kind, chance = KINDS[number % len(KINDS)], random.Random(number)  # noqa: S311 (no secret)
    questions = list(known)
    chance.shuffle(questions)

    def rest(least: float, most: float) -> None:
        time.sleep(max(0.0, min(chance.uniform(least * pause, most * pause), end - time.monotonic())))

    rest(0, 1)
    visitor = None
    for question in cycle(questions):
        if time.monotonic() >= end:
            break
        try:
            visitor = visitor or (Program(page.url) if kind == "API" else Reader(page))
            found.seconds[kind].append(visitor.ask(question, known[question]))
        except (httpx.HTTPError, WrongAnswerError) as error:
            found.errors.append(f"{kind}: {error!r}")
        rest(0.5, 1.5)
    if visitor is not None:
        visitor.close()


@contextmanager
def served(library: Library) -> Iterator[tuple[str, int]]:
    """Serve a library in a process of its own; gives its address and the process's id. Raises SuiteError."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VOUCHED_", "OPENAI_"))}
    command = [sys.executable, "-m", "assistant.cli", "serve", "--port", "0", "--llm", "extractive"]
    # All users come from one address, which is not to be taken for one that asks too much.
    environment = kept | {"VOUCHED_REQUESTS_PER_MINUTE": str(10**6), "COLUMNS": "200"}
    with subprocess.Popen(  # noqa: S603 (our own)
        [*command, "--library", str(library.path.resolve())], cwd=library.path.parent, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        said: list[str] = []
        assert process.stderr is not None  # noqa: S101 (it is piped)
        for line in process.stderr:
            said.append(line)
            if address := TELLS.search(line):
                break
        else:
            raise SuiteError(f"The web app did not start: {''.join(said)[-300:].strip()} Run: vouched doctor")
        threading.Thread(target=said.extend, args=(process.stderr,), daemon=True).start()  # so that it never waits
        try:
            yield address[1], process.pid
        finally:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOPS_S)
            process.kill()


def resident(process: int) -> float | None:
    """Give the memory that a process holds, in MiB; None where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
