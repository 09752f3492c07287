"""Is what the answer says in what it cites?"""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean

from assistant.alarms import ALARMS, alarms
from assistant.answer import Alarm
from evals.metric import Metric, always
from evals.outcome import Outcome


def grounded(outcome: Outcome) -> float | None:
    """Give the share of the statements that the judge calls supported; without a citation none is. None without any."""
    return _share(outcome, "supported")


def undetermined(outcome: Outcome) -> float | None:
    """Give the share of the statements that the judge can tell neither way; None without statements."""
    return _share(outcome, "undetermined")


def alerts(alarm: Alarm) -> Callable[[Outcome], float | None]:
    """Give the share of the cited statements with an alarm of this sort; None where nothing is cited."""

    def value(outcome: Outcome) -> float | None:
        pairs = [(said["text"], outcome.quotes_of(said).values()) for said in outcome.statements]
        cited = [(text, [quote["quote"] for quote in quotes]) for text, quotes in pairs if quotes]
        return mean(float(alarm in alarms(text, quotes)) for text, quotes in cited) if cited else None

    return value


def _share(outcome: Outcome, verdict: str) -> float | None:
    if not outcome.statements or outcome.judged is None:
        return None
    found = [outcome.judged.get("statement", place) for place in range(len(outcome.statements))]
    return mean(float((judgement.verdict if judgement else "unsupported") == verdict) for judgement in found)


METRICS = (
    Metric(
        "grounded", "Share of the statements that what they cite supports, by the judge.", "higher", "grounding",
        population=always, value=grounded, judged=True,
        counters=("undetermined", "words", "over-refusal", "hedged statements", "ALCE citation precision"),
        source="faithfulness of Es et al. 2024 (RAGAS), against the cited quotes instead of all contexts",
    ),
    Metric(
        "undetermined", "Share of the statements that the judge can tell neither way.", "lower", "grounding",
        population=always, value=undetermined, judged=True, counters=("grounded", "words", "over-refusal"),
    ),
    *(
        Metric(
            f"{alarm} alerts", f"Share of the cited statements with a {alarm} that their quotes do not hold (by rule).",
            "lower", "grounding", population=always, value=alerts(alarm),
            counters=("citation coverage", "words", "over-refusal", "hedged statements"),
        )
        for alarm in ALARMS
    ),
)  # fmt: skip
