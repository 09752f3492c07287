"""What a model wrote is vouched for: a statement that its quotes do not support gets others, is written again, or goes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from assistant.answer import Delta, Evidence, Statement
from assistant.claims import Claim, Verifier
from assistant.desk import Desk
from assistant.errors import LLMError
from assistant.grounding import Drafted, better, with_markers
from ingestion.words import terms

NEAREST = 3  # pieces of evidence that a statement without support is held against


class Unsupported(LLMError):  # noqa: N818 (an outcome, for which the answer quotes instead)
    """Nothing that the model wrote is supported."""


def vouched(desk: Desk, drafted: Sequence[Drafted]) -> Generator[Delta, None, list[Statement]]:
    """Check what was drafted. What is unsupported is first held against other evidence, then written again, then removed.

    Yields what is written again; gives the statements that may be said, none when the model takes its answer back.

    Raises:
        Unsupported: there is none that may be said.
        ModelError: the verifier cannot be used.
    """
    statements = reattributed(desk.check(drafted), desk.evidence, desk.verifier)
    if desk.writer is not None and _unsupported(statements):
        desk.clock.lap("verify_ms")
        try:
            again = yield from _rewritten(desk, statements)
        except LLMError:
            pass  # the first draft stands
        else:
            desk.clock.lap("answer_ms")
            statements = better(statements, reattributed(desk.check(again), desk.evidence, desk.verifier))
    kept = [statement for statement in statements if statement.verdict != "unsupported"]
    if statements and not kept:
        raise Unsupported("The evidence supports nothing of what it wrote. Name a more able one with --model.")
    if gone := len(statements) - len(kept):
        desk.note(f"{gone} of the model's {len(statements)} statements: removed, for no evidence supports them.")
    return kept


def reattributed(statements: Sequence[Statement], evidence: Sequence[Evidence], verifier: Verifier) -> list[Statement]:
    """Give each unsupported statement the piece of evidence that supports it best, of those that share most of its words.

    A small model forgets to mark what it wrote, or marks it wrongly. One without any marker may also be left undetermined by
    a piece that shares more than half of its words. What none supports stays as it is. Raises ModelError.
    """
    if not _unsupported(statements):  # as of all answers that quote
        return list(statements)
    words = {item.number: set(terms(item.quote)) for item in evidence}
    tries: list[tuple[int, Evidence]] = []
    for place, statement in enumerate(statements):
        if statement.verdict == "unsupported":
            said = set(terms(statement.text))
            near = sorted(evidence, key=lambda item: (-len(said & words[item.number]), -item.score))
            tries += [(place, item) for item in near[:NEAREST] if said & words[item.number]]
    claims = [Claim(statements[place].text, (item.quote,), (item.title,)) for place, item in tries]
    best = list(statements)
    for (place, item), found in zip(tries, verifier.verify(claims), strict=True):
        said = set(terms(statements[place].text))
        unmarked = not statements[place].citations and 2 * len(said & words[item.number]) > len(said)
        enough = found.verdict == "supported" or (found.verdict == "undetermined" and unmarked)
        if enough and found.score > best[place].score:
            best[place] = replace(
                best[place], citations=(item.number,), verdict=found.verdict, score=found.score, alarms=found.alarms
            )
    return best


def _rewritten(desk: Desk, statements: Sequence[Statement]) -> Generator[Delta, None, list[Drafted]]:
    problems = [
        f'"{s.text}" ' + ("is not what the cited evidence says." if s.citations else "cites no evidence that supports it.")
        for s in _unsupported(statements)
    ]
    draft = "\n".join(with_markers(statement) for statement in statements)
    return (yield from desk.draft("repair.v2", draft=draft, problems=problems))


def _unsupported(statements: Sequence[Statement]) -> list[Statement]:
    return [statement for statement in statements if statement.verdict == "unsupported"]
