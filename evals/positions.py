"""How often positions are right: the measurement behind ``assistant.summarizing.stances``.

    python -m evals.positions --data DATA --library ./positions-library

Takes the 500 yes/no questions of PubMedQA (yes supports, no opposes, maybe does neither) and the SciFact claims that the
verifier never learnt from, puts their abstracts into a library, and has every claim find and judge its papers as ``vouched
summarize --positions`` does. The thresholds were chosen on the PubMedQA questions that are not in ``positions_apart.txt``.
The verifier knows these abstracts, without their conclusions, from other statements about them; not the labels.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from assistant.engine import Assistant
from assistant.errors import QuestionError
from assistant.models.train.reader_data import lines
from assistant.models.train.verifier_data import kept_apart
from assistant.settings import Settings
from assistant.summarizing.claiming import claim_of
from assistant.summarizing.positions import candidates_for
from assistant.summarizing.stances import stances
from ingestion.library import Library
from ingestion.paper import Paper

APART = frozenset(Path(__file__).with_name("positions_apart.txt").read_text(encoding="utf-8").split())
SIDES = {"yes": "supports", "SUPPORT": "supports", "no": "opposes", "REFUTE": "opposes", "maybe": "silent", "NEI": "silent"}


class Case(NamedTuple):
    """A claim of a part of the measurement, with the papers whose side is known."""

    part: str
    claim: str
    sides: dict[str, str]
    papers: tuple[Paper, ...]


def pubmedqa(data: Path) -> Iterator[Case]:
    """Give the questions that are put round into a claim, each with its abstract, conclusion and all."""
    for row in lines(data / "pubmedqa" / "dev.jsonl.gz"):
        part = "PubMedQA, kept apart" if row["id"] in APART else "PubMedQA, chosen on"
        paper = Paper(f"pubmed:{row['id']}", f"PubMed {row['id']}", f"{row['context']} {row['long_answer']}".strip())
        try:
            claim = claim_of(row["question"])
        except QuestionError:
            part, claim = "refused", ""
        yield Case(part, claim, {paper.id: SIDES[row["answer"]]}, (paper,))


def scifact(data: Path) -> Iterator[Case]:
    """Give the claims that the verifier did not learn from, with the abstracts they cite."""
    cited: dict[str, list[str]] = {}
    for line in (data / "scifact" / "train.qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, paper_id, _ = line.split("\t")
        cited.setdefault(query, []).append(paper_id)
    corpus = {row["_id"]: row for row in lines(data / "scifact" / "corpus.jsonl.gz")}
    for row in map(json.loads, (data / "scifact" / "train.queries.jsonl").read_text(encoding="utf-8").splitlines()):
        if kept_apart(row["text"]):
            papers = [Paper(f"scifact:{i}", corpus[i]["title"], corpus[i]["text"].strip()) for i in cited[row["_id"]]]
            known = [row["evidence"].get(i, [{"label": "NEI"}])[0]["label"] for i in cited[row["_id"]]]
            sides = {paper.id: SIDES[label] for paper, label in zip(papers, known, strict=True)}
            yield Case("SciFact", row["text"], sides, tuple(papers))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="The folder that holds pubmedqa/ and scifact/.")
    parser.add_argument("--library", type=Path, required=True, help="Where to make the library, or where it is.")
    chosen = parser.parse_args()
    cases = [*pubmedqa(chosen.data), *scifact(chosen.data)]
    assistant = Assistant(Library.open(chosen.library, create=True), Settings(llm="extractive"))
    assistant.library.add({paper.id: paper for case in cases for paper in case.papers}.values())
    table = Table("", "claims", "side", "said", "right", "of", "precision", "recall", "other papers")
    for part in ("PubMedQA, chosen on", "PubMedQA, kept apart", "SciFact"):
        of_part = [case for case in cases if case.part == part]
        said, known = Counter[tuple[str, str]](), Counter(side for case in of_part for side in case.sides.values())
        for case in of_part:
            candidates = candidates_for(assistant, case.claim)
            for candidate, stance in zip(candidates, stances(assistant.verifier, case.claim, candidates), strict=True):
                if stance is not None:
                    said[stance.side, case.sides.get(candidate.paper.id, "unknown")] += 1
        for side in ("supports", "opposes"):
            right, labelled = said[side, side], sum(said[side, known_as] for known_as in set(SIDES.values()))
            shares = [f"{right / max(1, labelled):.2f}", f"{right / max(1, known[side]):.2f}", str(said[side, "unknown"])]
            table.add_row(part, str(len(of_part)), side, *map(str, (labelled, right, known[side])), *shares)
    Console(width=120).print(table, f"Refused: {sum(case.part == 'refused' for case in cases)} of the 500 questions.")


if __name__ == "__main__":
    main()
