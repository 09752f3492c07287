"""Records become papers: which records belong together, the same whatever order they came in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import combinations
from typing import TypeVar

from ingestion.identity import Traits, conflict, differ, likeness

Group = tuple[Traits, ...]
Item = TypeVar("Item")

CROWD = 50  # records under one key of a title: it is a title that many papers have, and proves nothing


def group(records: Iterable[Traits]) -> list[Group]:
    """Put records of one paper together. A paper's numbers come first, titles join what numbers do not tell apart.

    Where a chain of records leads from one paper to one that is known to be another, it is cut rather than followed: a
    number then joins only records of which it is the strongest, and a title none. Ids of records must differ.
    """
    return _by_title(_by_number(sorted(records, key=lambda record: record.paper.id)))


def _by_number(records: Sequence[Traits], level: int = 0) -> list[Group]:
    levels: tuple[Callable[[Traits], Iterable[Hashable]], ...] = (
        lambda record: record.strong.items(),
        lambda record: list(record.strong.items())[:1],
    )
    if level == len(levels):
        return [(record,) for record in records]
    found: list[Group] = []
    for chain in linked(records, levels[level]):
        clash = any(conflict(one, other) for one, other in combinations(chain, 2))
        found += _by_number(chain, level + 1) if clash else [tuple(chain)]
    return found


def _by_title(groups: list[Group]) -> list[Group]:
    buckets: dict[str, list[tuple[int, Traits]]] = defaultdict(list)
    for number, members in enumerate(groups):
        for record in members:
            for key in record.weak:
                buckets[key].append((number, record))
    links: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for bucket in buckets.values():
        if len(bucket) <= CROWD:
            for (i, one), (j, other) in combinations(bucket, 2):
                if i != j and likeness(one, other):
                    links[i].add((i, j))
                    links[j].add((i, j))
    found: list[Group] = []
    for numbers in linked(range(len(groups)), lambda number: links.get(number, ())):
        joined = [groups[number] for number in numbers]
        clash = any(differ(a, b) for one, other in combinations(joined, 2) for a in one for b in other)
        found += joined if clash else [tuple(record for members in joined for record in members)]
    return found


def linked(items: Iterable[Item], keys: Callable[[Item], Iterable[Hashable]]) -> list[list[Item]]:
    """Put items together that a chain of shared keys links, in the order of the first of each."""
    parent: dict[int, int] = {}
    first: dict[Hashable, int] = {}
    items = list(items)

    def root(number: int) -> int:
        while parent.setdefault(number, number) != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for number, item in enumerate(items):
        for key in keys(item):
            one, other = sorted((root(first.setdefault(key, number)), root(number)))
            parent[other] = one
    found: dict[int, list[Item]] = defaultdict(list)
    for number, item in enumerate(items):
        found[root(number)].append(item)
    return list(found.values())
