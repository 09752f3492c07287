"""Does the answer say what it should, and how much else?"""

from __future__ import annotations

import re
from statistics import mean

from evals.metric import Metric, always, has_facts, has_nuggets
from evals.outcome import Of, Outcome
from evals.statistics import percentile

HEDGES = re.compile(
    r"\b(may|might|could|perhaps|possibly|probably|potentially|presumably|apparently|likely|unlikely|seems?|appears?|suggests?|"
    r"arguably|to some extent|in some cases|it is (possible|unclear)|can be seen as)\b"
)


def fact_coverage(outcome: Outcome) -> float:
    """Give the share of the required facts that the answer's statements hold."""
    said = plain(outcome.said)
    return mean(float(any(holds(said, spelling) for spelling in fact)) for fact in outcome.case.facts)


def nugget_recall(outcome: Outcome) -> float:
    """Give the share of the nuggets that the answer says, by the judge's verdicts; where nothing is said, 0."""
    return mean(float(_said(outcome, place)) for place in range(len(outcome.case.nuggets)))


def soft_nugget_recall(outcome: Outcome) -> float:
    """Give the mean probability that the answer says a nugget."""
    found = outcome.judged.all("nugget") if outcome.judged else []
    return sum(judgement.score for judgement in found) / len(outcome.case.nuggets)


def attributed_nugget_recall(outcome: Outcome) -> float:
    """Give the share of the nuggets that the answer says and the quotes that it cites say as well."""
    places = range(len(outcome.case.nuggets))
    return mean(float(_said(outcome, place) and _said(outcome, place, "attributed")) for place in places)


def answer_precision(outcome: Outcome) -> float | None:
    """Give the share of the statements that the gold papers, or else the nuggets, support; None without statements."""
    found = outcome.judged.all("gold") if outcome.judged else []
    return mean(float(judgement.supported) for judgement in found) if found else None


def hedged(outcome: Outcome) -> float | None:
    """Give the share of the statements with a hedge that none of their quotes has; None without statements."""
    if not outcome.statements:
        return None
    return mean(
        float(
            HEDGES.search(statement["text"].casefold()) is not None
            and not any(HEDGES.search(quote["quote"].casefold()) for quote in outcome.quotes_of(statement).values())
        )
        for statement in outcome.statements
    )


def words(outcome: Outcome) -> float | None:
    """Count the words of an answer, markers and titles included; None when there is no answer."""
    return float(len(outcome.answer["answer"].split())) if outcome.answer and outcome.answered else None


def plain(text: str) -> str:
    """Fold case, white space and LaTeX escapes: a percent sign is one spelling with its backslash or without."""
    return re.sub(r"\s+", " ", text.replace("\\", "")).casefold()


def holds(said: str, spelling: str) -> bool:
    """Find a spelling, not inside a longer word or number: "3" is not in "13", nor "art" in "start"."""
    return re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(plain(spelling))}(?!\w)(?![.,]\d)", said) is not None


def _said(outcome: Outcome, place: int, of: Of = "nugget") -> bool:
    found = outcome.judged.get(of, place) if outcome.judged else None
    return found is not None and found.supported


METRICS = (
    Metric(
        "fact coverage",
        "Share of the required facts that the answer holds in one of their spellings.",
        "higher",
        "answer",
        population=has_facts,
        value=fact_coverage,
        counters=("words",),
        source="string inclusion, as the short-answer recall of Gao et al. 2023 (ALCE), section 3",
    ),
    Metric(
        "nugget recall",
        "Share of the nuggets that the answer says, by the judge.",
        "higher",
        "answer",
        population=has_nuggets,
        value=nugget_recall,
        counters=("answer precision", "words"),
        judged=True,
        source="claim recall of Gao et al. 2023 (ALCE), section 3; nuggets after Voorhees 2003",
    ),
    Metric(
        "soft nugget recall",
        "Mean probability that the answer says a nugget, by the judge.",
        "higher",
        "answer",
        population=has_nuggets,
        value=soft_nugget_recall,
        counters=("answer precision", "words"),
        judged=True,
        source="the same with scores in the place of verdicts",
    ),
    Metric(
        "attributed nugget recall",
        "Share of the nuggets that both the answer and the quotes that it cites say, by the judge.",
        "higher",
        "answer",
        population=has_nuggets,
        value=attributed_nugget_recall,
        counters=("ALCE citation precision", "words"),
        judged=True,
        source="nugget recall, the answer's and the citations' at once",
    ),
    Metric(
        "answer precision",
        "Share of the statements that the gold papers (without any, the nuggets) support, by the judge.",
        "higher",
        "answer",
        population=lambda case: case.answerable and bool(case.papers or case.nuggets),
        value=answer_precision,
        counters=("fact coverage", "nugget recall", "over-refusal", "hedged statements"),
        judged=True,
        source="claim precision of Ru et al. 2024 (RAGChecker), section 3.3",
    ),
    Metric(
        "hedged statements",
        "Share of the statements with a hedge (may, suggests …) that their quotes do not have.",
        "lower",
        "answer",
        population=always,
        value=hedged,
        counters=("grounded",),
    ),
    # Fewer words are better where the other metrics hold: copying whole abstracts would cover every fact.
    Metric(
        "words",
        "Words of an answer, markers and titles included.",
        "lower",
        "answer",
        "words",
        always,
        words,
        counters=("fact coverage", "nugget recall"),
    ),
    Metric(
        "words, median",
        "Half of the answers are shorter.",
        "lower",
        "answer",
        "words",
        of=("words",),
        statistic=percentile(50),
    ),
)
