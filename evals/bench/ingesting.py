"""Ingesting: abstracts a second into a new library, beside embedding the same texts and doing nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from evals.bench.corpora import papers, shelf, taken
from evals.bench.measuring import Figure, Recorder, Told
from ingestion.embedding import PackagedEmbedding
from ingestion.library import BATCH
from ingestion.paper import Paper
from ingestion.passages import passages_of, whole_text

RATE = "abstracts/s"
EMBEDDING, INGEST = "embedding alone", "ingest"


def measure(recorder: Recorder, sizes: Sequence[int], repeats: int, data: Path | None, told: Told) -> None:
    """Measure each size; parsing the file is not included. Raises SuiteError when the file holds too few papers."""
    embedding = PackagedEmbedding()
    wanted = sorted(set(sizes))
    chosen = taken(papers(data), wanted[-1], data=data)
    ingested(chosen[:2])  # imports and loads what only the first one waits for
    figures = [Figure(EMBEDDING, unit=RATE), Figure(INGEST, EMBEDDING, RATE), Figure("library on disk", unit="MiB")]
    for size in wanted:
        part = chosen[:size]
        with recorder.series("ingest", *figures, size=size) as samples:
            for turn in range(repeats):
                samples.note(EMBEDDING, size / seconds(partial(embedded, embedding, part)), RATE)
                took, on_disk = ingested(part)
                samples.note(INGEST, size / took, RATE)
                samples.note("library on disk", on_disk / 2**20, "MiB")
                told(f"Ingesting {size} papers", turn + 1, repeats)


def embedded(embedding: PackagedEmbedding, chosen: Sequence[Paper]) -> None:
    """Embed what a library would embed of these papers, in the same batches."""
    for start in range(0, len(chosen), BATCH):
        batch = chosen[start : start + BATCH]
        texts = [passage.text for paper in batch for passage in passages_of(paper)] + [whole_text(paper) for paper in batch]
        embedding.get_text_embedding_batch(texts)


def ingested(chosen: Sequence[Paper]) -> tuple[float, int]:
    """Add papers to a new library; gives the seconds that it took, and the bytes that it is on disk."""
    with shelf() as made:
        took = seconds(lambda: made.library.add(chosen))
        return took, sum(file.stat().st_size for file in made.library.path.rglob("*") if file.is_file())


def seconds(do: Callable[[], object]) -> float:
    """Do something and give how long it took."""
    started = time.perf_counter()
    do()
    return time.perf_counter() - started
