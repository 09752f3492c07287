"""Which passages to embed, and how to fuse them: the measurement behind ``ingestion.passages``.

    python -m evals.retrieval_ablation --library ./library

Ranks every paper of the library for each answerable question of the suite ``page`` by each side alone and by sums of
standardised scores, exactly (no index), and prints how often a gold paper is first, and among the first five.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from evals.suite import load_suite
from ingestion.library import Library
from ingestion.paper import Paper
from ingestion.passages import passages_of, whole_text

Scores = npt.NDArray[np.float64]  # (questions, papers)


def windows(paper: Paper, size: int, titled: bool) -> list[str]:
    """Give the windows of ``size`` sentences, one beginning at each sentence; titled or not."""
    sentences = [passage.text for passage in passages_of(paper)]
    starts = range(max(1, len(sentences) - size + 1))
    return [(f"{paper.title}. " if titled else "") + " ".join(sentences[i : i + size]) for i in starts]


def best(library: Library, questions: npt.NDArray[np.float32], texts: Callable[[Paper], list[str]]) -> Scores:
    """Give each paper the cosine of its nearest text to each question."""
    papers = [texts(paper) for paper in library.papers()]
    flat = library.embedding.get_text_embedding_batch([text for group in papers for text in group])
    similarities = questions @ np.asarray(flat, dtype=np.float32).T
    ends = np.cumsum([len(group) for group in papers])
    return np.stack([part.max(axis=1) for part in np.split(similarities, ends[:-1], axis=1)], axis=1).astype(np.float64)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, required=True, help="A library with the sample page.")
    library = Library.open(parser.parse_args().library)
    cases = [case for case in load_suite("page").cases if case.answerable]
    ids = [paper.id for paper in library.papers()]
    questions = np.asarray(library.embedding.get_text_embedding_batch([case.question for case in cases]), dtype=np.float32)
    found = [library.words.search(case.question, len(ids)) for case in cases]
    sides = {
        "whole abstract": best(library, questions, lambda paper: [whole_text(paper)]),
        "sentences": best(library, questions, lambda paper: windows(paper, 1, titled=False)),
        "windows of 2": best(library, questions, lambda paper: windows(paper, 2, titled=False)),
        "windows of 3": best(library, questions, lambda paper: windows(paper, 3, titled=False)),
        "windows of 3, titled": best(library, questions, lambda paper: windows(paper, 3, titled=True)),
        "BM25": np.array([[words.get(id_, 0.0) for id_ in ids] for words in found]),
    }
    standard = {name: (s - s.mean(axis=1, keepdims=True)) / s.std(axis=1, keepdims=True) for name, s in sides.items()}
    rows = {**sides}
    for name in ("sentences", "windows of 2", "windows of 3", "windows of 3, titled"):
        rows[f"{name} + whole abstract + BM25"] = standard[name] + standard["whole abstract"] + standard["BM25"]
    table = Table("", "first", "first five", title=f"{len(cases)} questions, {len(ids)} papers")
    for name, scores in rows.items():
        order = np.argsort(-scores, axis=1)
        gold = [[ids[i] in case.papers for i in ranking[:5]] for case, ranking in zip(cases, order, strict=True)]
        table.add_row(name, f"{np.mean([g[0] for g in gold]):.3f}", f"{np.mean([any(g) for g in gold]):.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()
