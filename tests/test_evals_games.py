"""No metric can be won by a trick: copying, citing or refusing everything, and hedging lose one that stands beside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assistant.verifying import PackagedVerifier
from evals import grounding
from evals.measures.retrieval import ranked
from evals.metrics import METRICS, estimates, values
from evals.outcome import Outcome
from evals.statistics import Estimate
from evals.suite import Case

# Of each paper: a sentence that answers, and the others.
PAPERS = {
    "ants": ("Marching ants save 12% of their energy.", "Ants are insects.", "We filmed two colonies for a year."),
    "bees": ("Dancing bees halve the time to find food.", "Bees live in hives.", "The hives stood near a road."),
    "cats": ("Sleeping cats burn 40 calories a day.", "Cats are kept as pets.", "Owners filled in a form."),
    "dogs": ("Trained dogs smell 9 of 10 samples right.", "Dogs are loyal.", "Each dog was tested twice."),
    "eels": ("Young eels swim 5000 kilometres.", "Eels live in rivers.", "Tags were lost in spring."),
    "frog": ("Tree frogs survive frost by making sugar.", "Frogs croak.", "The pond froze in January."),
}
ABSTRACTS = {paper: " ".join(sentences) for paper, sentences in PAPERS.items()}
FACTS = {"ants": "12%", "bees": "halve", "cats": "40", "dogs": "9 of 10", "eels": "5000", "frog": "sugar"}
CASES = [
    *(
        Case(
            paper, "multi", f"What of {paper}?", papers=(paper, "ants") if paper == "frog" else (paper,),
            facts=((FACTS[paper],),), evidence=(sentences[0],), nuggets=(sentences[0],),
        )
        for paper, sentences in PAPERS.items()
    ),
    *(Case(f"none-{number}", "unanswerable", "What of gnus?") for number in range(4)),
]  # fmt: skip
QUOTES = [
    {"number": n, "paper_id": paper, "title": paper, "quote": said, "start": at, "end": at + len(said)}
    for n, (paper, said, at) in enumerate(
        ((paper, said, ABSTRACTS[paper].index(said)) for paper, sentences in PAPERS.items() for said in sentences), start=1
    )
]
FIRST = {quote["quote"]: quote["number"] for quote in QUOTES}


def answer(statements: list[tuple[str, list[int]]]) -> dict[str, Any]:
    """Give the contract's object; no statement is an abstention."""
    cited = sorted({number for _, numbers in statements for number in numbers})
    text = " ".join(f"{said} " + "".join(f"[{n}]" for n in numbers) for said, numbers in statements)
    return {
        "status": "answered" if statements else "abstained",
        "answer": text or "Nothing answers it.",
        "statements": [{"text": said, "citations": numbers} for said, numbers in statements],
        "citations": [QUOTES[number - 1] for number in cited],
        "retrieved": [{"paper_id": paper} for paper in PAPERS],
        "timings": {"total_ms": 10.0},
        "usage": {"llm_calls": 1, "prompt_tokens": 500, "completion_tokens": 50, "cost_usd": 0.1},
    }


def honest(case: Case) -> dict[str, Any]:
    """Answer most of it right: one number wrong, one wrong citation, one near miss answered, one question refused."""
    if case.id in {"none-0", "eels"}:
        return answer([("Frogs croak.", [FIRST["Frogs croak."]])] if case.id == "none-0" else [])
    if not case.answerable:
        return answer([])
    said = PAPERS[case.id][0]
    if case.id == "cats":
        return answer([("Sleeping cats burn 90 calories a day.", [FIRST[said]])])
    return answer([(said, [FIRST["Dogs are loyal." if case.id == "bees" else said]])])


def copying(case: Case) -> dict[str, Any]:
    """Answer with every sentence of every paper, each with its own quote."""
    return answer([(said, [number]) for said, number in FIRST.items()])


def citing_everything(case: Case) -> dict[str, Any]:
    """Answer as the honest one, and cite every sentence there is for it."""
    return answer([(said["text"], list(FIRST.values())) for said in honest(case)["statements"]])


def refusing(case: Case) -> dict[str, Any]:
    """Refuse everything."""
    return answer([])


def hedging(case: Case) -> dict[str, Any]:
    """Say of everything only that there may be something, with the right quote."""
    paper = case.id if case.answerable else "frog"
    return answer([(f"{PAPERS[paper][1][:-1]}, and this may possibly matter.", [FIRST[PAPERS[paper][1]]])])


GAMES = (copying, citing_everything, refusing, hedging)
System = Callable[[Case], dict[str, Any]]


@pytest.fixture(scope="module")
def figures() -> dict[System, dict[str, Estimate]]:
    judge = PackagedVerifier()

    def of(system: System) -> dict[str, Estimate]:
        said = [system(case) for case in CASES]
        found = ranked(CASES, said)
        outcomes = [Outcome(c, a, ABSTRACTS, found.get(c.id, {})) for c, a in zip(CASES, said, strict=True)]
        return estimates(values(grounding.judged(outcomes, judge, [None] * len(outcomes), lambda _: None)))

    return {system: of(system) for system in (honest, *GAMES)}


def won(name: str, game: dict[str, Estimate], fair: dict[str, Estimate]) -> bool:
    """Tell whether a metric looks better than with honest answers."""
    found, before = game[name].value, fair[name].value
    if found is None or before is None:
        return False
    return found > before if METRICS[name].better == "higher" else found < before


def lost(name: str, game: dict[str, Estimate], fair: dict[str, Estimate]) -> bool:
    """Tell whether a metric is worse than with honest answers, or nothing is left to measure it on."""
    found, before = game[name].value, fair[name].value
    if found is None or before is None:
        return found is None and before is not None
    return found < before if METRICS[name].better == "higher" else found > before


@pytest.mark.parametrize("game", GAMES)
def test_what_a_trick_wins_it_loses_beside_it(game: System, figures: dict[System, dict[str, Estimate]]) -> None:
    fair, tricked = figures[honest], figures[game]
    gained = [n for n in tricked if METRICS[n].group != "cost" and METRICS[n].better and won(n, tricked, fair)]
    assert gained, "a trick that wins nothing shows nothing"
    for name in gained:
        beside = [other for other in METRICS[name].counters if other in tricked]
        assert any(lost(other, tricked, fair) for other in beside), f"{name} is won by {game.__name__}, and {beside} stand"


def test_each_trick_wins_what_it_is_known_for(figures: dict[System, dict[str, Estimate]]) -> None:
    fair = figures[honest]
    assert {"nugget recall", "grounded", "fact coverage"} <= {n for n in fair if won(n, figures[copying], fair)}
    assert "citation recall" in {n for n in fair if won(n, figures[citing_everything], fair)}
    assert "false confidence" in {n for n in fair if won(n, figures[refusing], fair)}
    assert figures[hedging]["hedged statements"].value == 1


def test_what_can_be_won_by_a_trick_has_something_beside_it() -> None:
    for metric in METRICS.values():
        assert metric.counters or metric.group == "cost" or metric.of or metric.better is None or metric.unit == "questions"
        assert set(metric.counters) <= set(METRICS)
