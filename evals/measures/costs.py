"""What an answer takes: time by stage, calls, tokens, money, memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from evals.metric import Metric, Unit, always
from evals.outcome import Outcome
from evals.statistics import greatest, percentile

STAGES = {"retrieve": "searching", "read": "reading", "answer": "writing", "verify": "checking"}
USED: dict[str, tuple[str, Unit, str]] = {
    "LLM calls": ("llm_calls", "calls", "Calls to the language model."),
    "prompt tokens": ("prompt_tokens", "tokens", "Tokens sent to the language model, as the server reports them."),
    "completion tokens": (
        "completion_tokens",
        "tokens",
        "Tokens that the language model wrote, as the server reports them.",
    ),
    "cost USD": ("cost_usd", "USD", "What the calls cost, where the price is known."),
}


def taken(stage: str) -> Callable[[Outcome], float | None]:
    """Give the milliseconds of a stage; None after an error, or where it was not measured."""
    return lambda outcome: _number((outcome.answer or {}).get("timings", {}).get(f"{stage}_ms"))


def used(name: str) -> Callable[[Outcome], float | None]:
    """Give what the answer's bill says; None after an error, or where it does not say."""
    return lambda outcome: _number((outcome.answer or {}).get("usage", {}).get(name))


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _metrics() -> Iterator[Metric]:
    yield Metric(
        "latency ms", "Milliseconds from a question to its answer or abstention.", "lower", "cost", "ms", always,
        taken("total"), counters=("fact coverage", "over-refusal"),
    )  # fmt: skip
    for share, words in ((50, "Half of the questions take less."), (95, "One question in twenty takes longer.")):
        name = f"latency ms, p{share}"
        yield Metric(name, words, "lower", "cost", "ms", of=("latency ms",), statistic=percentile(share))
    for stage, doing in STAGES.items():
        yield Metric(f"{stage} ms", f"Milliseconds spent {doing}.", "lower", "cost", "ms", always, taken(stage))
    for name, (field, unit, means) in USED.items():
        yield Metric(name, means, "lower", "cost", unit, always, used(field))
    yield Metric(
        "memory MiB", "The most memory that the process had taken by the end of a question.", "lower", "cost", "MiB",
        always, lambda outcome: outcome.peak_mib, statistic=greatest,
    )  # fmt: skip


METRICS = tuple(_metrics())
