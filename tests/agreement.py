"""Do the three stores of a library say the same? And a few small papers to fill one with."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ingestion.library import Library
from ingestion.passages import passages_of

ANIMALS = ("aardvark", "badger", "cormorant", "dolphin", "echidna", "flamingo", "gazelle", "hedgehog", "ibis", "jaguar")


def records(sentences: int = 3) -> list[dict[str, str]]:
    """Give ten papers, each about an animal of its own, of so many sentences."""
    said = ["Nobody knows why the {} sings.", "We followed one {} for a year.", "It slept a lot.", "Our {} was never bored."]
    text = " ".join((said * sentences)[:sentences])
    return [{"title": f"The Life of the {name.title()}", "abstract": text.format(*[name] * sentences)} for name in ANIMALS]


def written(path: Path, rows: Iterable[dict[str, object]] | Iterable[dict[str, str]]) -> Path:
    """Write records as JSONL."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def assert_agreement(library: Library) -> None:
    """Hold vectors and words against the catalogue: the same papers, each with the passages that it has today."""
    papers = list(library.papers())
    passages = {paper.id: [passage.text for passage in passages_of(paper)] for paper in papers}
    assert library.catalogue.unsettled() == 0
    assert library.vectors.count("papers") == library.words.count() == library.count() == len(papers)
    assert library.vectors.count("passages") == sum(map(len, passages.values()))
    stored = library.vectors.passages(list(passages))
    assert {paper_id: len(matrix) for paper_id, matrix in stored.items()} == {key: len(p) for key, p in passages.items()}
    for paper in papers:
        vectors = np.asarray(library.embedding.get_text_embedding_batch(passages[paper.id]), dtype=np.float32)
        np.testing.assert_allclose(stored[paper.id], vectors, atol=5e-3)  # a stored one was made in float32
        assert library.vectors.nearest("passages", vectors[0], len(papers)).get(f"{paper.id}#0", 0) > 0.999
        assert paper.id in library.words.search(paper.title, len(papers))
