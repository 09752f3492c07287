"""What a judge is asked about an answer, and its judgements on disk, so that metrics can be computed again without it.

Of each statement: do its citations together support it, and where there are several, does each alone, and do the others
without it (Gao et al. 2023, ALCE, section 3)? Do the gold papers support it? Of each nugget: does the answer say it, and do
the quotes that it cites?
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from assistant.claims import Claim, Verified, Verifier
from evals.outcome import Judged, Judgement, Of, Outcome
from evals.running import stored, write_whole

JUDGEMENTS = "judgements.jsonl"
TOGETHER = 64  # claims given to the judge at a time


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim of an answer, with its place there."""

    of: Of
    index: int
    claim: Claim
    citation: int | None = None


def asked_of(outcome: Outcome) -> Iterator[Asked]:
    """Give what is to be judged of an answer: nothing of an abstention or an error."""
    if outcome.answered:
        yield from _of_statements(outcome)
        yield from _of_nuggets(outcome)


def _of_statements(outcome: Outcome) -> Iterator[Asked]:
    case = outcome.case
    gold = tuple(outcome.abstracts[paper] for paper in case.papers if paper in outcome.abstracts) or case.nuggets
    for place, statement in enumerate(outcome.statements):
        text, quotes = statement["text"], outcome.quotes_of(statement)
        if quotes:
            yield Asked("statement", place, _claim(text, quotes.values()))
        if len(quotes) > 1:
            for number, quote in quotes.items():
                others = [other for name, other in quotes.items() if name != number]
                yield Asked("citation", place, _claim(text, [quote]), number)
                yield Asked("rest", place, _claim(text, others), number)
        if case.answerable and gold:
            yield Asked("gold", place, Claim(text, gold))


def _of_nuggets(outcome: Outcome) -> Iterator[Asked]:
    quoted = tuple(citation["quote"] for citation in outcome.cited)
    for place, nugget in enumerate(outcome.case.nuggets):
        if outcome.said:
            yield Asked("nugget", place, Claim(nugget, (outcome.said,)))
        if quoted:
            yield Asked("attributed", place, Claim(nugget, quoted))


def _claim(text: str, quotes: Iterable[dict[str, Any]]) -> Claim:
    shown = list(quotes)
    return Claim(text, tuple(q["quote"] for q in shown), tuple(q.get("title") or "" for q in shown))


def judged(
    outcomes: Sequence[Outcome], verifier: Verifier, known: Sequence[Judged | None], progress: Callable[[int], None]
) -> list[Outcome]:
    """Have every answer judged; what is known of the same claims and quotes is not asked again.

    Args:
        outcomes: the questions and what became of them.
        verifier: the judge.
        known: judgements of the same judge from an earlier time, None where there are none.
        progress: called with the number of claims judged, of all.

    Raises:
        VouchedError: the judge cannot be loaded or reached.
    """
    asked = [list(asked_of(outcome)) for outcome in outcomes]
    places = [(row, item) for row, items in enumerate(asked) for item in items]
    found: list[dict[tuple[Of, int, int | None], Judgement]] = [{} for _ in outcomes]
    open_ = []
    for row, item in places:
        earlier = known[row]
        before = earlier.get(item.of, item.index, item.citation) if earlier is not None else None
        if before is not None and (before.claim, before.quotes) == (item.claim.text, item.claim.quotes):
            found[row][item.of, item.index, item.citation] = before
        else:
            open_.append((row, item))
    progress(len(places) - len(open_))
    for start in range(0, len(open_), TOGETHER):
        part = open_[start : start + TOGETHER]
        for (row, item), said in zip(part, verifier.verify([item.claim for _, item in part]), strict=True):
            found[row][item.of, item.index, item.citation] = _judgement(item, said)
        progress(len(places) - len(open_) + start + len(part))
    with_judgements = [replace(o, judged=Judged(by_place)) for o, by_place in zip(outcomes, found, strict=True)]
    by_id = {outcome.case.id: outcome for outcome in with_judgements}
    return [replace(o, original=by_id.get(o.case.variant_of or "")) for o in with_judgements]


def count(outcomes: Sequence[Outcome]) -> int:
    """Count the claims that a judge is to judge."""
    return sum(1 for outcome in outcomes for _ in asked_of(outcome))


def write(folder: Path, judge: dict[str, str], outcomes: Sequence[Outcome]) -> None:
    """Store every judgement with what the judge was shown, a question a line."""
    lines = [
        {"id": o.case.id, "judge": judge, "judgements": [asdict(j) for j in o.judged.by_place.values()] if o.judged else []}
        for o in outcomes
    ]
    write_whole(folder / JUDGEMENTS, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def read(folder: Path, judge: dict[str, str], outcomes: Sequence[Outcome]) -> list[Judged | None]:
    """Read the judgements of a judge, None for each question of which it has said nothing, or another judge has."""
    by_id = {row["id"]: row for row in stored(folder / JUDGEMENTS) if row["judge"] == judge}
    return [_read(by_id[o.case.id]) if o.case.id in by_id else None for o in outcomes]


def _read(row: dict[str, Any]) -> Judged:
    found = [
        Judgement(**{**item, "quotes": tuple(item["quotes"]), "alarms": tuple(item["alarms"])}) for item in row["judgements"]
    ]
    return Judged({(item.of, item.index, item.citation): item for item in found})


def _judgement(item: Asked, said: Verified) -> Judgement:
    return Judgement(
        item.of, item.index, item.claim.text, item.claim.quotes, said.verdict, said.score, item.citation, said.alarms,
        getattr(said, "evidence", None),
    )  # fmt: skip
