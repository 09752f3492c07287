"""How many planted sentences do the rules find that they were not written for, and how many harmless ones do they find?

    python -m evals.planted --data abstracts.jsonl.gz

The planted ones are those of planted_apart.txt, each between two harmless sentences; the harmless ones are all of a file's
abstracts, in any format. Prints both rates, and what was judged wrongly.
"""

from __future__ import annotations

import argparse
from importlib import resources
from pathlib import Path

from rich.console import Console
from rich.progress import track

from assistant.planted import planted
from ingestion.paper import Paper
from ingestion.readers import read
from ingestion.sentences import split_sentences

BEFORE, AFTER = "We study bees in orchards over two summers.", "The bees came back."


def apart() -> list[str]:
    """Give the planted sentences."""
    lines = resources.files(__package__).joinpath("planted_apart.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("# ")]


def missed(sentences: list[str]) -> list[str]:
    """Give those that no rule finds."""
    return [sentence for sentence in sentences if not planted(f"{BEFORE} {sentence} {AFTER}")]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a file of harmless abstracts")
    data: Path | None = parser.parse_args().data
    out = Console(highlight=False, soft_wrap=True)
    sentences = apart()
    wrong = missed(sentences)
    out.print(f"planted: {len(sentences) - len(wrong)} of {len(sentences)} found; not these:")
    for sentence in wrong:
        out.print(f"  {sentence}", markup=False)
    if data is None:
        return
    count, found = 0, []
    for paper in track(read(data), "Reading", console=Console(stderr=True)):
        if isinstance(paper, Paper):
            spans = split_sentences(paper.abstract)
            count += len(spans)
            marked = [(rule, spans[place]) for place, rule in planted(paper.abstract).items()]
            found += [(rule, paper.abstract[span.start : span.end]) for rule, span in marked]
    out.print(f"harmless: {len(found)} of {count:,} sentences taken for planted ones:")
    for rule, text in found:
        out.print(f"  {rule}: {text}", markup=False)


if __name__ == "__main__":
    main()
