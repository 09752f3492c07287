"""What is measured on: the sample page's papers, made-up ones, or a file's, in a library of their own; and questions."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from itertools import count, islice
from pathlib import Path

from evals.bench.measuring import Told
from evals.errors import SuiteError
from evals.suite import Case, load_suite
from ingestion.library import Library
from ingestion.paper import Paper, Refusal, paper_id
from ingestion.passages import passages_of
from ingestion.readers import read

SUITE = "page"  # whose questions are asked
SAMPLE = "papers-page.txt"


def sample() -> list[Paper]:
    """Give the papers of the sample page."""
    with resources.as_file(resources.files("ingestion").joinpath("samples", SAMPLE)) as page:
        return [record for record in read(page) if isinstance(record, Paper)]


def papers(data: Path | None = None) -> Iterator[Paper]:
    """Yield a file's papers, in any format, without doubles; without a file those of the sample, then made-up ones.

    Raises:
        SuiteError: the file cannot be read.
    """
    if data is None:
        yield from sample()
        yield from made_up()
        return
    seen = set()
    for record in read(data):
        if isinstance(record, Refusal) and record.line is None:
            raise SuiteError(f"{data} cannot be read: it {record.reason}. Give a file of papers with --data.")
        if isinstance(record, Paper) and record.id not in seen:
            seen.add(record.id)
            yield record


def made_up(seed: int = 0) -> Iterator[Paper]:
    """Yield papers without end: as long as those of the sample, each of sentences drawn from all of them.

    Their sentences come again and again, and so do the sentences' vectors; figures for a README want real papers.
    """
    originals = sample()
    lengths = [len(passages_of(paper)) for paper in originals]
    sentences = [passage.text for paper in originals for passage in passages_of(paper)]
    drawn = random.Random(seed)  # noqa: S311 (no secret)
    for number in count(1):
        title = f"{drawn.choice(originals).title}: variation {number}"
        abstract = " ".join(drawn.sample(sentences, drawn.choice(lengths)))
        yield Paper(paper_id(title), title, abstract, source="made up")


def taken(source: Iterator[Paper], number: int, have: int = 0, data: Path | None = None) -> list[Paper]:
    """Take so many papers more than there are already. Raises SuiteError when there are no more."""
    found = list(islice(source, number - have))
    if len(found) < number - have:
        raise SuiteError(f"{data} holds only {have + len(found)} papers, and {number} were asked for with --papers.")
    return found


def questions(number: int, *, answerable: bool = False) -> list[str]:
    """Give so many questions of the suite, spread evenly over it, so that all its kinds are among them."""
    cases = [case for case in load_suite(SUITE).cases if case.answerable or not answerable]
    return [case.question for case in spread(cases, number)]


def spread(cases: list[Case], number: int) -> list[Case]:
    """Take so many, evenly spread; all of them where there are no more."""
    if number >= len(cases):
        return cases
    return [cases[place * len(cases) // number] for place in range(number)]


class Shelf:
    """A library that is gone when the measuring is done; it grows by the papers of one source."""

    def __init__(self, folder: Path, data: Path | None = None) -> None:
        """Make it in a folder."""
        self.library = Library.open(folder / "library", create=True)  # the packaged embedder, whatever is set
        self._papers, self._data = papers(data), data

    def grow(self, size: int, told: Told) -> Library:
        """Add papers until there are so many. Raises SuiteError when the source has no more."""
        have = self.library.count()
        self.library.add(
            taken(self._papers, size, have, self._data), lambda done, of: told(f"Adding papers up to {size}", done, of)
        )
        return self.library


@contextmanager
def shelf(data: Path | None = None) -> Iterator[Shelf]:
    """Give an empty shelf, and clear it away in the end."""
    with tempfile.TemporaryDirectory(prefix="vouched-bench-", ignore_cleanup_errors=True) as folder:
        made = Shelf(Path(folder), data)
        try:
            yield made
        finally:
            made.library.close()
