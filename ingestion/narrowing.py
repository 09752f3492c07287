"""The best k among some of the papers: looked for among all where these are many, and only among these where they are few.

An index that must hold each id against a long list is slow: with 10,000 ids of 20,000 Chroma takes some 50 times as long
as without, and more than 32,766 it does not take. Where every third paper is wanted, the best 3 k of all hold the best k of
these, if they are as near as the others; if not, more are looked through.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import islice

MARGIN = 1.5  # times as many as would do if the wanted papers were as near as the others
FURTHER = 4  # times as many again, where that was not enough
MOST = 10_000  # that are taken out of an index; it takes longer than to hold ids against a list of 4 % of the papers

Found = dict[str, float]  # scores by id, best first


def best_within(
    search: Callable[[int], Found],
    limited: Callable[[], Found],
    k: int,
    share: float,
    is_wanted: Callable[[str], bool],
    most: float = MOST,
) -> Found:
    """Give the k best of the wanted; fewer only where there are fewer.

    Args:
        search: gives the best n of all.
        limited: gives the best k of the wanted, by holding all ids against a list.
        k: how many.
        share: of all that are wanted, above 0 to 1.
        is_wanted: tells whether an id is of a wanted paper.
        most: how many of all may be looked through before ``limited`` is asked.
    """
    wanted = math.ceil(MARGIN * k / share)
    while wanted <= most:
        found = search(wanted)
        kept = {id_: score for id_, score in found.items() if is_wanted(id_)}
        if len(kept) >= k or len(found) < wanted:  # or all there are
            return dict(islice(kept.items(), k))
        wanted *= FURTHER
    return limited()
