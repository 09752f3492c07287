"""A cold start: one question asked in a new process, beside importing the two largest libraries and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.bench.corpora import questions
from evals.bench.measuring import Figure, Recorder, Told
from evals.errors import SuiteError
from ingestion.library import Library

IMPORTS, ASK = "two imports alone", "vouched ask"
IMPORTING = "import chromadb, llama_index.core"
FIGURES = (Figure(IMPORTS), Figure(ASK, IMPORTS), Figure(IMPORTS, unit="MiB"), Figure(ASK, IMPORTS, "MiB"))
# A process inherits the peak memory of the one that starts it. So a small one stands between, and looks at its child.
WATCH = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
json.dump([done.returncode, seconds, peak, done.stderr.decode(errors="replace")[-300:]], sys.stdout)
"""


def measure(recorder: Recorder, library: Library, repeats: int, told: Told) -> None:
    """Start each so many times, after a first time that does not count: the files are then in the system's cache."""
    [question] = questions(1, answerable=True)
    ask = ("-m", "assistant.cli", "ask", question, "--library", str(library.path.resolve()), "--llm", "extractive", "--json")
    programs = {IMPORTS: ("-c", IMPORTING), ASK: ask}
    with recorder.series("cold", *FIGURES) as samples:
        for turn in range(repeats + 1):
            for name, program in programs.items():
                seconds, peak = watched(program, library.path.parent)
                if turn:
                    samples.note(name, 1000 * seconds)
                    samples.note(name, peak / 2**20, "MiB")
            told("Starting anew", turn, repeats)


def watched(program: Sequence[str], folder: Path) -> tuple[float, int]:
    """Run Python on a program in a folder; gives the seconds and the bytes of memory at its peak. Raises SuiteError."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VOUCHED_", "OPENAI_"))}
    command = [sys.executable, "-S", "-c", WATCH, sys.executable, *program]
    done = subprocess.run(command, capture_output=True, cwd=folder, env=kept, check=False)  # noqa: S603 (our own)
    try:
        code, seconds, peak, said = json.loads(done.stdout)
    except ValueError as error:
        raise SuiteError(f"Memory cannot be measured on this system: {done.stderr.decode()[-200:]}") from error
    if code:
        raise SuiteError(f"{' '.join(program[:3])} failed with exit code {code}: {said.strip()} Run: vouched doctor")
    return float(seconds), int(peak)
