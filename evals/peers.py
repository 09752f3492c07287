"""Vouched beside LlamaIndex's CitationQueryEngine, on the same papers, embedding and language model.

    python -m evals.peers --suite page --library ./library [--llm openai --model NAME] [--limit 40] [--out runs/peers]

Asks a suite of Vouched without a language model and, with ``--llm openai``, of Vouched and of CitationQueryEngine with the
model at OPENAI_BASE_URL, each into a folder of its own, and prints one table. A stopped run goes on where it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from rich.table import Table

from assistant.cli.output import console, fail, progress_bar
from assistant.opening import open_library
from assistant.settings import Settings
from evals.metrics import score
from evals.running import Record, run
from evals.suite import SUFFIXES, Suite, load_suite
from evals.systems import System, load_system
from ingestion.errors import VouchedError
from ingestion.library import Library

SHOWN = {
    "success@1": 3,
    "fact coverage": 3,
    "citation precision": 3,
    "citation recall": 3,
    "abstention macro-F1": 3,
    "words": 1,
    "latency ms, p50": 0,
}  # with the digits after the point


def systems(library: Library, settings: Settings) -> Iterator[tuple[str, System]]:
    """Make the systems, each when it is its turn, with the name of its folder. Raises LLMError."""
    quoting = settings.model_copy(update={"llm": "extractive"})
    yield "vouched-extractive", load_system("vouched", library, quoting)
    if settings.llm == "openai":
        yield "vouched-llm", load_system("vouched", library, settings)
        yield "citation-query-engine", load_system("citation-query-engine", library, settings)


def row(suite: Suite, records: list[Record], library: Library) -> list[str]:
    """Give the figures shown, the mean calls of the language model for a question, and the questions that failed."""
    metrics = score(suite, records, library)
    values = [(metrics[name].value if name in metrics else None, digits) for name, digits in SHOWN.items()]
    answers = [record["answer"] for record in records if "answer" in record]
    calls = sum(answer["usage"]["llm_calls"] for answer in answers) / len(answers) if answers else None
    cells = ["–" if value is None else f"{value:.{digits}f}" for value, digits in [*values, (calls, 2)]]
    return [*cells, str(len(records) - len(answers))]


def asked(suite: Suite, system: System, library: Library, folder: Path, source: str) -> list[Record]:
    """Run one system with a progress bar."""
    with progress_bar() as bar:
        task = bar.add_task(folder.name, total=len(suite.cases))
        return run(suite, system, library, folder, lambda done: bar.update(task, completed=done), source)


def compare(suite: Suite, library: Library, settings: Settings, out: Path, source: str) -> Table:
    """Run the systems and show what they are worth. Raises VouchedError when one cannot be asked at all."""
    title = f"{suite.name}: {len(suite.cases)} questions, {library.count()} papers"
    table = Table("", *SHOWN, "calls", "errors", title=title)
    for folder, system in systems(library, settings):
        table.add_row(folder, *row(suite, asked(suite, system, library, out / folder, source), library))
    return table


def main() -> None:
    """Run, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="page", help="A packaged suite, or a file.")
    parser.add_argument("--library", type=Path, required=True, help="The library with the suite's papers.")
    parser.add_argument("--limit", type=int, help="Ask this many of the questions only.")
    parser.add_argument("--llm", choices=("extractive", "openai"), default="extractive", help="Ask a language model, too.")
    parser.add_argument("--model", help="The model's name at the server.")
    parser.add_argument("--out", type=Path, default=Path("runs/peers"), help="The folder of the runs.")
    given = parser.parse_args()
    if given.limit is not None and given.limit < 1:
        parser.error("--limit is to be at least 1.")
    chosen = {name: value for name in ("library", "llm", "model") if (value := getattr(given, name)) is not None}
    try:
        settings = Settings(**chosen)
        suite = load_suite(given.suite, given.limit)
        source = str(Path(given.suite).resolve()) if Path(given.suite).suffix in SUFFIXES else given.suite
        console().print(compare(suite, open_library(settings), settings, given.out, source))
    except VouchedError as error:
        raise SystemExit(fail(error, as_json=False, code=1)) from error


if __name__ == "__main__":
    main()
