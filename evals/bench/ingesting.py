"""Ingesting: abstracts a second into a new library, beside embedding the same texts alone and LlamaIndex's own pipeline."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from evals.bench.cold import watched
from evals.bench.corpora import made_up, papers, taken
from evals.bench.ingested import EMBEDDING, INGEST, PIPELINE, WARM, lacking
from evals.bench.measuring import Figure, Recorder, Told
from ingestion.embedding import DIMENSIONS
from ingestion.paper import Paper

RATE, TOKENS, SPEED = "abstracts/s", "tokens/s", "GFLOP/s"
MULTIPLYING = "matrix product, float32"
LAYERS, INNER = 6, 1536  # of all-MiniLM-L6-v2
# Operations a token: two for each weight of the layers' matrices (the source's config.json). Attention's own products, which
# grow with the text's length, are left out, so that the share is a little too low.
OPERATIONS = 2 * LAYERS * (4 * DIMENSIONS**2 + 2 * DIMENSIONS * INNER)


def measure(recorder: Recorder, sizes: Sequence[int], repeats: int, data: Path | None, told: Told) -> None:
    """Measure each size, each way in new processes; reading the file is not included.

    Raises:
        SuiteError: the file holds too few papers, or a process failed.
    """
    wanted = sorted(set(sizes))
    warm, chosen = list(islice(made_up(), WARM)), taken(papers(data), wanted[-1], data=data)
    ways = [EMBEDDING, INGEST, *([] if lacking() else [PIPELINE])]
    against = {EMBEDDING: None, INGEST: EMBEDDING, PIPELINE: INGEST}
    figures = [Figure(way, against[way], unit) for unit in (RATE, "MiB") for way in ways]
    more = [Figure(EMBEDDING, unit=TOKENS), Figure(MULTIPLYING, unit=SPEED), Figure(EMBEDDING, MULTIPLYING, SPEED)]
    for size in wanted:
        with recorder.series("ingest", *figures, *more, Figure("library on disk", unit="MiB"), size=size) as samples:
            for turn in range(repeats):
                samples.note(MULTIPLYING, multiplying(), SPEED)
                for way in ways:
                    found = ingested(way, [*warm, *chosen[:size]])
                    samples.note(way, size / found["seconds"], RATE)
                    samples.note(way, found["peak"] / 2**20, "MiB")
                    if way == EMBEDDING:
                        samples.note(way, found["tokens"] / found["seconds"], TOKENS)
                        samples.note(way, OPERATIONS * found["tokens"] / found["seconds"] / 1e9, SPEED)
                    if way == INGEST:
                        samples.note("library on disk", found["disk"] / 2**20, "MiB")
                told(f"Ingesting {size} papers", turn + 1, repeats)


def ingested(way: str, chosen: Sequence[Paper]) -> dict[str, Any]:
    """Ingest in a new process: gives seconds, the peak of its memory in bytes, and the bytes on disk. Raises SuiteError."""
    with tempfile.TemporaryDirectory(prefix="vouched-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        file = folder / "papers.jsonl"
        file.write_text("".join(json.dumps(paper.to_dict()) + "\n" for paper in chosen), encoding="utf-8")
        _, peak = watched(("-m", "evals.bench.ingested", way, str(file), name), folder)
        disk = sum(part.stat().st_size for part in (folder / "library").rglob("*") if part.is_file())
        return {**json.loads((folder / "told.json").read_text(encoding="utf-8")), "peak": peak, "disk": disk}


def multiplying() -> float:
    """Measure how fast this machine multiplies matrices of the model's size with NumPy: 10⁹ operations a second."""
    left, right = np.ones((512, DIMENSIONS), np.float32), np.ones((DIMENSIONS, INNER), np.float32)
    times = 100
    took = seconds(lambda: [left @ right for _ in range(times)])
    return 2 * times * 512 * DIMENSIONS * INNER / took / 1e9


def seconds(do: Callable[[], object]) -> float:
    """Do something and give how long it took."""
    started = time.perf_counter()
    do()
    return time.perf_counter() - started
