"""How often are records of one paper missed, and records of two papers merged?

    python -m evals.identity --data abstracts.jsonl.gz

Makes pairs of both kinds from a file's papers (any format, with authors and years), and groups the whole file beside a copy
of it without numbers. Prints the errors of both kinds, and some that were judged wrongly.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from evals.identity_pairs import SAME, Pair, pairs
from ingestion.grouping import Group, group
from ingestion.identity import clash
from ingestion.merging import Record, traits
from ingestion.paper import Paper
from ingestion.readers import read

EXAMPLES = 5  # of each kind of pairs that are judged wrongly
SHOWN = 100  # groups


def are_one(one: Paper, other: Paper) -> bool:
    """Judge two records as a library does: with one id they are of one paper, unless they clash."""
    both = [traits(Record(paper, (paper.source or "",))) for paper in (one, other)]
    if one.id == other.id:
        return not clash(*both)
    return len(group(both)) == 1


def wrong(made: Iterable[Pair]) -> tuple[Counter[str], list[Pair]]:
    """Count the pairs of each kind, and give those that are judged wrongly."""
    counts: Counter[str] = Counter()
    errors = []
    for pair in made:
        counts[pair.kind] += 1
        if are_one(pair.one, pair.other) != pair.is_same:
            errors.append(pair)
    return counts, errors


def doubled(papers: Sequence[Paper]) -> tuple[list[Group], list[Group]]:
    """Group papers with copies of them without any number; give the groups of more than one paper, and single records."""
    copies = [replace(p, id=f"copy-{n}", doi=None, arxiv_id=None, pubmed_id=None, url=None) for n, p in enumerate(papers)]
    source = {copy.id: paper.id for copy, paper in zip(copies, papers, strict=True)}
    groups = group(traits(Record(paper)) for paper in [*papers, *copies])
    false = [found for found in groups if len({source.get(t.paper.id, t.paper.id) for t in found}) > 1]
    return false, [found for found in groups if len(found) == 1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="Papers with authors and years, in any format.")
    out = Console()
    papers = [p for p in read(parser.parse_args().data) if isinstance(p, Paper) and p.authors and p.year]
    counts, errors = wrong(pairs(papers))
    table = Table("pairs", "made", "wrong", title="Pairs")
    for kind, count in counts.items():
        table.add_row(kind, str(count), str(sum(pair.kind == kind for pair in errors)))
    out.print(table)
    of_one = sum(count for kind, count in counts.items() if kind in SAME)
    missed = sum(pair.is_same for pair in errors)
    out.print(f"Of {counts.total() - of_one} pairs of two papers {len(errors) - missed} are merged.")
    out.print(f"Of {of_one} pairs of one paper {missed} are missed.")
    shown: Counter[str] = Counter()
    for pair in errors:
        shown[pair.kind] += 1
        if shown[pair.kind] <= EXAMPLES:
            for paper in (pair.one, pair.other):
                out.print(
                    f"{pair.kind}: {paper.title} — {', '.join(paper.authors[:2])}, {paper.year}",
                    markup=False,
                    soft_wrap=True,
                )
    alone = group(traits(Record(paper)) for paper in papers)
    out.print(f"All {len(papers)} records: {len(papers) - len(alone)} are merged.")
    false, single = doubled(papers)
    out.print(f"With a copy of each without numbers: {len(false)} groups of two papers, {len(single)} records left alone.")
    for found in [*false, *single][:SHOWN]:
        out.print("  " + " | ".join(f"{t.paper.id} {t.paper.title}" for t in found), markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
