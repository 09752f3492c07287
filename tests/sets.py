"""Small data sets, in the forms in which public ones are published, and a short way to import them."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

from command import written

from evals.mapping.file import load_mapping
from evals.mapping.importing import Imported, import_set

ANTS = {
    "_id": "1",
    "title": "Ants",
    "text": "Ants march. They carry leaves.",
    "sentences": ["Ants march.", "They carry leaves."],
}
BEES = {"_id": "2", "title": "Bees", "text": "Bees fly. They hum.", "sentences": ["Bees fly.", " They hum. "]}
QUERIES = [{"_id": "a", "text": "who marches"}, {"_id": "b", "text": "who flies"}, {"_id": "c", "text": "who swims"}]


def table(file: Path, *rows: list[str], delimiter: str = ",") -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)
    return file


def imported(name: str, data: Path, **more: Any) -> Imported:
    return import_set(load_mapping(name), data, **more)


def judged(folder: Path, *grades: tuple[str, str, str]) -> None:
    """Write a set with two papers, three queries and judgements, as Cranfield's."""
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(written(folder / "corpus", [ANTS, BEES]).read_bytes()))
    written(folder / "queries.jsonl", QUERIES)
    table(folder / "qrels.tsv", ["query-id", "corpus-id", "score"], *map(list, grades), delimiter="\t")
