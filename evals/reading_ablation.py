"""What reading and verifying add: the measurement behind ``assistant.reading`` and the number of papers read.

    python -m evals.reading_ablation --library ./library [--suite page-test|false-premise]

Answers a suite extractively without a reader (papers in the order of retrieval, sentences by their similarity to the
question, never abstaining), with the packaged reader reading more and more of the papers found, all with a verifier that
knows words only, and last with the packaged verifier and false premises named.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from assistant.engine import Assistant
from assistant.reading import Abstract, PackagedReader, Reader, Reading
from assistant.settings import Caution, Settings
from evals.metrics import score
from evals.running import run
from evals.suite import Suite, load_suite
from evals.systems.vouched import Vouched
from ingestion.library import Library

SHOWN = {
    "success@1": "first",
    "success@5": "first five",
    "fact coverage": "facts",
    "words": "mean words",
    "citation precision": "citations right",
    "abstained when it should": "near misses refused",
    "answered when it should": "answerable answered",
    "abstention macro-F1": "macro-F1",
    "false premises named": "false premises named",
    "true premises called false": "true ones called false",
}


class SimilarityReader:
    """No reading: the paper retrieved best is taken to answer, with the sentences most like the question."""

    def __init__(self, library: Library) -> None:
        """Embed with the library's model."""
        self._embedding = library.embedding

    def load(self) -> None:
        """Nothing to load."""

    def read(self, question: str, abstracts: Sequence[Abstract]) -> list[Reading]:
        """Turn similarities into what a reader says; the numbers mean nothing but their order."""
        texts = [question, *(sentence for item in abstracts for sentence in item.sentences)]
        asked, *sentences = np.asarray(self._embedding.get_text_embedding_batch(texts))
        similar = iter([float(np.exp(10 * (sentence @ asked - 1))) for sentence in sentences])
        return [Reading(float(np.exp(-item.shortfall)), tuple(next(similar) for _ in item.sentences)) for item in abstracts]

    def threshold(self, caution: Caution) -> float:
        """Never abstain."""
        return 0.0


def row(suite: Suite, library: Library, reader: Reader, settings: Settings) -> list[str]:
    """Answer the suite and give the figures shown, and the median milliseconds of a question."""
    assistant = Assistant(library, settings, reader=reader)
    assistant.wake()
    with tempfile.TemporaryDirectory() as folder:
        records = run(suite, Vouched(assistant), library, Path(folder), lambda _: None)
    metrics = score(suite, records, library)
    milliseconds = statistics.median(record["answer"]["timings"]["total_ms"] for record in records if "answer" in record)
    values = [metrics[name].value for name in SHOWN]
    return ["–" if value is None else f"{value:.3f}" for value in values] + [f"{milliseconds:.0f}"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, required=True, help="A library with the sample page.")
    parser.add_argument("--suite", default="page-test")
    arguments = parser.parse_args()
    library, suite = Library.open(arguments.library), load_suite(arguments.suite)
    table = Table("", *SHOWN.values(), "ms", title=f"{suite.name}: {len(suite.cases)} questions, {library.count()} papers")
    words = Settings(llm="extractive", verifier="lexical")
    table.add_row("hybrid only", *row(suite, library, SimilarityReader(library), words))
    for count in (2, 8, 20):
        settings = words.model_copy(update={"papers_read": count})
        table.add_row(f"+ reader, {count} papers at most", *row(suite, library, PackagedReader(), settings))
    settings = Settings(llm="extractive", name_false_premises=True)
    table.add_row("+ verifier, 8 papers at most", *row(suite, library, PackagedReader(), settings))
    Console(width=180).print(table)


if __name__ == "__main__":
    main()
