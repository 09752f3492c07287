"""``vouched prompts``: list, show and tune what models are told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption, LibraryOption, ModelOption, settings_from
from assistant.cli.output import console, progress_bar, waking_up, write_json
from assistant.settings import LLMKind, StrategyName
from evals.cli.options import SuiteArgument
from evals.errors import SuiteError

if TYPE_CHECKING:
    from evals.tuning.tuner import Tuned

app = typer.Typer(help="See and improve the prompts that models are given.", no_args_is_help=True)
Own = Annotated[Path | None, typer.Option("--own", help="A folder of your own prompts.", show_default=False)]


@app.command("list")
def list_prompts(as_json: JsonOption = False) -> None:
    """List the packaged prompts.

    Example: vouched prompts list
    """
    from importlib import resources

    names = sorted(f.name.removesuffix(".jinja") for f in resources.files("prompts").iterdir() if f.name.endswith(".jinja"))
    if as_json:
        write_json({"prompts": names})
    else:
        console().print("\n".join(names))


@app.command()
def show(context: typer.Context, name: str, as_json: JsonOption = False) -> None:
    """Print a prompt's file, to edit it: VOUCHED_PROMPTS names the folder in which yours takes its place.

    Example: vouched prompts show answer.v2 > mine/answer.v2.jinja
    """
    from evals.tuning.editing import load

    found = load(name, settings_from(context, None).prompts)
    if as_json:
        write_json({"prompt": name, "text": found.text})
    else:
        console().print(found.text, markup=False, highlight=False, soft_wrap=True, end="")


@app.command()
def tune(
    context: typer.Context,
    suite: SuiteArgument,
    prompt: Annotated[str, typer.Option(help="Which prompt; its strategy must use it.")] = "answer.v2",
    rule: Annotated[list[str] | None, typer.Option(help="What every proposal must keep; may be repeated.")] = None,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="How often edits are proposed, each from the best so far.")] = 3,
    candidates: Annotated[int, typer.Option(min=1, max=20, help="How many edits a round.")] = 3,
    editor: Annotated[
        str | None, typer.Option(help="The model that proposes edits; by default the one that answers.")
    ] = None,
    llm: Annotated[LLMKind | None, typer.Option(help="Who writes the answers.", show_default=False)] = None,
    model: ModelOption = None,
    strategy: Annotated[
        StrategyName | None, typer.Option(help="How the model is asked to write.", show_default=False)
    ] = None,
    limit: Annotated[int | None, typer.Option(min=5, help="Ask so many of the questions, taken evenly.")] = None,
    out: Annotated[Path | None, typer.Option(help="The folder of the work; runs/tuning-PROMPT by default.")] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Improve a prompt on a suite by edits proposed from failures and your rules; what gains on held-back questions is kept.

    Three fifths of the questions choose, two fifths are held back and asked at the end, with the prompt before and the best
    one. A stopped run goes on where it was. Use what was kept with VOUCHED_PROMPTS=OUT/prompts.

    Examples: vouched prompts tune mine.yaml --library ./library --llm openai --model NAME
    ·  vouched prompts tune page --llm openai --editor LARGER --rule 'Never more than two sentences.' --rounds 5
    """
    with waking_up():
        from evals.session import check_suite, library_for
        from evals.suite import load_suite
        from evals.tuning.tuner import EDITED_TOKENS, Tuner, plain

    settings = settings_from(context, library, llm=llm, model=model, strategy=strategy)
    if settings.llm == "extractive" or (settings.llm == "auto" and not (settings.model or settings.openai_base_url)):
        raise SuiteError("Prompts are tuned for a model, and the settings name none. Give --llm openai or --llm local.")
    # Only what the model itself writes is worth anything to a prompt.
    settings = settings.model_copy(update={"llm": "openai"} if settings.llm == "auto" else {})
    loaded = load_suite(suite, limit)
    folder = out or Path("runs") / f"tuning-{prompt}"
    opened = library_for(loaded, settings, folder, given=library is not None or context.obj is not None)
    check_suite(loaded, opened.papers(), f"the library {opened.path}")
    proposing = settings.model_copy(update={"max_tokens": EDITED_TOKENS, "model": editor or settings.model})
    tuner = Tuner(prompt, loaded, opened, settings, folder)
    with progress_bar() as bar:
        task = bar.add_task("Asking")
        tuned = tuner.tune(
            rule or (),
            rounds,
            candidates,
            proposing,
            lambda what, n, of: bar.update(task, description=what, completed=n, total=of),
        )
    if as_json:
        write_json(plain(tuned))
    else:
        _show(tuned)


def _show(tuned: Tuned) -> None:
    from rich.table import Table

    table = Table("prompt", "score", "words", "begins", box=None)
    for trial in tuned.trials:
        begins = " ".join(trial.instructions.split())[:60]
        figures = ("–", "–") if trial.refused else (f"{trial.score:.3f}", f"{trial.words:.0f}")
        table.add_row(str(trial.number), *figures, f"not tried: {trial.refused}" if trial.refused else begins)
    out = console()
    out.print(table)
    found = tuned.held_back
    if found is None or found.difference is None:
        out.print("No edit scored higher than the prompt as it is; it stays.")
        return
    interval = "" if found.low is None or found.high is None else f", 95 % {found.low:+.3f} to {found.high:+.3f}"
    out.print(
        f"Prompt {tuned.best.number} on {found.n} held-back questions: {found.b:.3f} against {found.a:.3f}"
        f" ({found.difference:+.3f}{interval}).",
        soft_wrap=True,
    )
    if tuned.kept is None:
        out.print("It gains nothing there, so the prompt stays as it is.")
    else:
        out.print(f"Kept in {tuned.kept}. Use it: VOUCHED_PROMPTS={tuned.kept}", soft_wrap=True)
