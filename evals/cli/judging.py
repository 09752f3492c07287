"""``vouched eval judge``."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from assistant.cli.options import JsonOption, settings_from
from assistant.cli.output import console, progress_bar, waking_up, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import Progress, TaskID

    from assistant.claims import Verified
    from assistant.settings import Settings
    from evals.judges.judge import Judge
    from evals.judges.measuring import Agreement, Judged, Pair


def judge(
    context: typer.Context,
    pairs: Annotated[list[Path], typer.Argument(metavar="PAIRS.jsonl...", help="Labelled pairs; may be compressed (gzip).")],
    judge: Annotated[
        list[str] | None,
        typer.Option(
            help="Who judges: packaged, lexical, llm (the model at OPENAI_BASE_URL), or a Hugging Face model; else the"
            " settings' verifier. Given several times, the judges are compared."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option(help="The model's name at the server, for llm.", show_default=False)] = None,
    repeats: Annotated[int, typer.Option(min=1, help="How often llm is asked of each pair.")] = 1,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Ask of every pair again, and store nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure judges of grounding on labelled pairs, by source: {premise, hypothesis, label, source} a line.

    A label is entailment, neutral, contradiction or not_entailment. What a judge said of a pair before is not asked again.

    Examples: vouched eval judge pairs.jsonl.gz  ·  vouched eval judge pairs.jsonl --judge packaged --judge lexical
    """
    names: list[str | None] = list(dict.fromkeys(judge)) if judge else [None]
    if repeats > 1 and "llm" not in names:
        raise typer.BadParameter("--repeats is for --judge llm: the others say the same each time.")
    settings = settings_from(context, None, model=model)
    with waking_up():
        from evals.judges.measuring import agreement, measure, read_pairs

    read_in = read_pairs(pairs)
    judges, found = _judged(names, settings, repeats, read_in, cached=not no_cache)
    figures = [measure(findings, read_in) for findings in found]
    compared = {(a, b): agreement(found[a], found[b], read_in) for a, b in combinations(range(len(judges)), 2)}
    if as_json:
        one_each = [_plain(*item) for item in zip(judges, figures, found, strict=True)]
        write_json(one_each[0] if len(judges) == 1 else {"judges": one_each, "comparison": _plain_of(judges, compared)})
        return
    for item in zip(judges, figures, found, strict=True):
        _show(*item)
    for (a, b), agreed in compared.items():
        console().print(_of_agreement(f"A: {judges[a].name}, B: {judges[b].name}", agreed))


def _judged(
    names: Sequence[str | None], settings: Settings, repeats: int, pairs: Sequence[Pair], *, cached: bool
) -> tuple[list[Judge], list[list[Verified]]]:
    """Let each judge judge all pairs."""
    with waking_up():
        from evals.judges.cache import CachedVerifier
        from evals.judges.judge import load_judge
        from evals.judges.measuring import verdicts

        judges = [load_judge(name, settings, repeats) for name in names]
    found, hits = [], 0
    with progress_bar() as bar:
        tasks = [bar.add_task(f"Judging: {one.name}", total=len(pairs)) for one in judges]
        for one, task in zip(judges, tasks, strict=True):
            moved = partial(_move, bar, task)
            if not cached:
                found.append(verdicts(one.verifier, pairs, moved))
                continue
            with closing(CachedVerifier(one)) as asking:
                found.append(verdicts(asking, pairs, moved))
                hits += asking.hits
    if hits:
        told = f"{hits} of {len(pairs) * len(judges)} judgements were known already (--no-cache asks again)."
        console(err=True).print(told, soft_wrap=True)
    return judges, found


def _move(bar: Progress, task: TaskID, done: int) -> None:
    bar.update(task, completed=done)


def _plain(judge: Judge, figures: dict[str, Judged], found: Sequence[Verified]) -> dict[str, Any]:
    """Give one judge as an object for JSON; a judge that is only advisory says so."""
    from evals.judges.measuring import plain

    said = {"judge": judge.name, "sources": plain(figures)}
    return {**said, "advisory": True, **_repeats(found)} if judge.advisory else said


def _plain_of(judges: Sequence[Judge], compared: dict[tuple[int, int], dict[str, Agreement]]) -> list[dict[str, Any]]:
    from evals.judges.measuring import plain

    return [{"a": judges[a].name, "b": judges[b].name, "sources": plain(agreed)} for (a, b), agreed in compared.items()]


def _repeats(found: Sequence[Verified]) -> dict[str, Any]:
    """Sum up what only a language model's findings have: answers that could not be read, and the mean spread of repeats."""
    from evals.judges.judge import as_finding

    findings = [as_finding(finding) for finding in found]
    spread = sum(item.spread for item in findings) / len(findings)
    return {"unparsable": sum(item.unparsable for item in findings), "spread": spread}


def _show(judge: Judge, figures: dict[str, Judged], found: Sequence[Verified]) -> None:
    """Print one judge's figures by source, its calibration curve on all pairs, and how far it is to be trusted."""
    columns = ("source", "pairs", "supported", "balanced accuracy", "95 %", "AUC", "calibration error", "undetermined")
    table = Table(*columns, title=judge.name)
    for name, of in figures.items():
        values = map(_number, (of.auc, of.calibration_error, of.undetermined))
        counts = (str(of.pairs), str(of.supported))
        table.add_row(name, *counts, _number(of.balanced_accuracy), _interval(of.low, of.high), *values)
    console().print(table)
    curve = Table("mean score", "share supported", "pairs", title=f"Calibration of {judge.name} on all pairs")
    for mean, share, pairs in figures["all"].curve:
        curve.add_row(_number(mean), _number(share), str(pairs))
    console().print(curve)
    if judge.advisory:
        repeats = _repeats(found)
        console().print(
            f"The judge {judge.name} is advisory: its scores are shares of its answers, which no labelled pairs have"
            " calibrated; how good they are is what the tables above measure, on these pairs. Answers that could not be"
            f" read: {repeats['unparsable']}. Mean spread of the repeats' scores: {repeats['spread']:.3f}.",
            soft_wrap=True,
        )


def _of_agreement(title: str, agreed: dict[str, Agreement]) -> Table:
    """Give the table of how two judges agree."""
    table = Table("source", "pairs", "agreement", "kappa", "balanced accuracy, B less A", "95 %", title=title)
    for name, of in agreed.items():
        values = (_number(of.agreement), _number(of.kappa), _number(of.difference, "+.3f"))
        table.add_row(name, str(of.pairs), *values, _interval(of.low, of.high))
    return table


def _number(value: float | None, form: str = ".3f") -> str:
    return "–" if value is None else format(value, form)


def _interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{low:.3f} to {high:.3f}"
