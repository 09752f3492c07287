"""``vouched bench``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import JsonOption
from assistant.cli.output import console, progress_bar, waking_up, write_json
from evals.bench.machine import cores
from evals.errors import SuiteError

if TYPE_CHECKING:
    from rich.progress import TaskID

    from evals.bench.measuring import Recorder, Told
    from evals.bench.store import Measurement

FOLDER = Path("bench")
OutOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The folder of the store; bench by default.", show_default=False)
]
PapersOption = Annotated[
    list[int] | None, typer.Option("--papers", metavar="N", min=2, help="A size; may be repeated.", show_default=False)
]
DataOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Papers, JSONL or JSONL.gz; else the sample page's."),
]
QuestionsOption = Annotated[int, typer.Option(min=1, help="How many questions of the suite page to ask.")]

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was said before the command's name."""

    out: Path | None
    as_json: bool


@app.callback(invoke_without_command=True)
def bench(context: typer.Context, out: OutOption = None, as_json: JsonOption = False) -> None:
    """Measure speed, memory and cost on this machine, and keep the figures, each beside a baseline of the same run.

    Without a command: reading, asking, and searching small libraries, in under two minutes. Let nothing else run meanwhile.

    Examples: vouched bench  ·  vouched bench search --papers 500 --papers 5000 --data papers.jsonl.gz  ·  vouched bench show
    """
    context.obj = Wanted(out, as_json)
    if context.invoked_subcommand is not None:
        return
    with waking_up():
        from evals.bench import asking, corpora, reading, searching
    with _run(context, None, False) as (recorder, told), corpora.shelf() as shelf:
        reading.measure(recorder, repeats=5, loads=3, told=told)
        searching.measure(recorder, shelf, (23, 46, 92), corpora.questions(20), told)
        asking.measure(recorder, shelf.library, corpora.questions(20), told)


@app.command()
def ingest(
    context: typer.Context,
    papers: PapersOption = None,
    repeats: Annotated[int, typer.Option(min=1, help="How often each size is ingested.")] = 3,
    data: DataOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure ingesting into a new library, abstracts a second, beside embedding the same texts alone.

    A ratio of 0.8 says that a fifth of the time is not embedding. LlamaIndex's pipeline with the same model (its defaults,
    into Chroma) stands beside it where it is installed. Sizes are 23 and 92 unless told otherwise.

    Examples: vouched bench ingest  ·  vouched bench ingest --papers 1000 --repeats 1 --data papers.jsonl.gz
    """
    with waking_up():
        from evals.bench import ingesting
        from evals.bench.ingested import lacking
    with _run(context, out, as_json) as (recorder, told):
        ingesting.measure(recorder, papers or (23, 92), repeats, data, told)
    if missing := lacking():
        console(err=True).print(f"LlamaIndex's pipeline was left out: not installed are {', '.join(missing)}.")


@app.command()
def search(
    context: typer.Context,
    papers: PapersOption = None,
    questions: QuestionsOption = 30,
    data: DataOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure hybrid search as the library grows, beside BM25 alone and vectors alone: the plot of growth.

    Sizes are 46, 92 and 250 unless told otherwise. Without --data, papers beyond the sample's 92 are made up from its
    sentences. Adding 1,000 papers takes about a minute.

    Examples: vouched bench search  ·
    vouched bench search --papers 92 --papers 500 --papers 2000 --papers 5000 --data papers.jsonl.gz
    """
    with waking_up():
        from evals.bench import corpora, searching
    with _run(context, out, as_json) as (recorder, told), corpora.shelf(data) as shelf:
        searching.measure(recorder, shelf, papers or (46, 92, 250), corpora.questions(questions), told)


@app.command()
def ask(context: typer.Context, questions: QuestionsOption = 40, out: OutOption = None, as_json: JsonOption = False) -> None:
    """Measure answers without a model, by stage, over the sample's 92 papers, beside a hybrid search alone.

    Examples: vouched bench ask  ·  vouched bench ask --questions 155 --out figures
    """
    with waking_up():
        from evals.bench import asking, corpora
    with _run(context, out, as_json) as (recorder, told), corpora.shelf() as shelf:
        library = shelf.grow(len(corpora.sample()), told)
        asking.measure(recorder, library, corpora.questions(questions), told)


@app.command()
def read(
    context: typer.Context,
    repeats: Annotated[int, typer.Option(min=1, help="How often to read and to verify.")] = 10,
    loads: Annotated[int, typer.Option(min=0, help="How often to load each model, in a new process.")] = 3,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure reading 20 abstracts, verifying 3 statements, and loading each model.

    Examples: vouched bench read  ·  vouched bench read --repeats 50 --loads 10
    """
    with waking_up():
        from evals.bench import reading
    with _run(context, out, as_json) as (recorder, told):
        reading.measure(recorder, repeats, loads, told)


@app.command()
def cold(
    context: typer.Context,
    repeats: Annotated[int, typer.Option(min=1, help="How often each program is started.")] = 3,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a question asked in a new process, time and peak memory, beside importing Chroma and LlamaIndex alone.

    Example: vouched bench cold --repeats 5
    """
    with waking_up():
        from evals.bench import cold as starting
        from evals.bench import corpora
    with _run(context, out, as_json) as (recorder, told), corpora.shelf() as shelf:
        library = shelf.grow(len(corpora.sample()), told)
        starting.measure(recorder, library, repeats, told)


@app.command()
def cost(
    context: typer.Context,
    input_price: Annotated[float, typer.Option(min=0, help="USD per million tokens in; 2.50 is an assumption.")] = 2.50,
    output_price: Annotated[float, typer.Option(min=0, help="USD per million tokens out; 10.00 is an assumption.")] = 10.00,
    questions: QuestionsOption = 40,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reckon what an answer of a model would cost: the real prompts' tokens, times a price. Nothing is timed or called.

    Look up your model's prices. The figures are held against what was published for PaperQA2.

    Examples: vouched bench cost  ·  vouched bench cost --input-price 0.15 --output-price 0.60
    """
    with waking_up():
        from assistant.settings import Settings
        from evals.bench import corpora
        from evals.bench import cost as reckoning
    cap: int = Settings.model_fields["max_tokens"].default
    prices = reckoning.Prices(input_price, output_price, cap)
    asked, more = corpora.questions(questions, answerable=True), dict[str, Any]()
    with _run(context, out, as_json, more) as (recorder, told), corpora.shelf() as shelf:
        sent = reckoning.prompts(shelf.grow(len(corpora.sample()), told), asked, told)
        more["steps"] = reckoning.measure(recorder, sent, len(asked), prices)


@app.command()
def serve(
    context: typer.Context,
    users: Annotated[int, typer.Option(min=1, help="How many ask at the same time.")] = 50,
    seconds: Annotated[float, typer.Option(min=1, help="For how long.")] = 60,
    pause: Annotated[float, typer.Option(min=0, help="Seconds, on average, that each reads before asking again.")] = 30,
    questions: QuestionsOption = 100,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure answers while many users ask a served app, half through the API, half on the page, beside one user alone.

    Each answer is held against the one that the question had alone: exit code 1 when one is wrong, mixed up, or missing.

    Examples: vouched bench serve  ·  vouched bench serve --users 50 --seconds 300
    """
    with waking_up():
        from evals.bench import corpora, serving
    with _run(context, out, as_json) as (recorder, told), corpora.shelf() as shelf:
        library = shelf.grow(len(corpora.sample()), told)
        found = serving.measure(recorder, library, corpora.questions(questions), users, seconds, pause, told)
    for error in found.errors[:5]:
        console(err=True).print(error, soft_wrap=True)
    if found.errors:
        raise typer.Exit(1)


@app.command()
def show(
    context: typer.Context,
    only: Annotated[str | None, typer.Option(metavar="WORD", help="Only benches and cases that hold it.")] = None,
    history: Annotated[bool, typer.Option("--history", help="Every run and version, not only the newest.")] = False,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Draw growth by the number of papers.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write one page with all of it.")] = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is in the store: the newest run of each bench, or the history of each figure.

    "Before" is the median of the run before on the same machine. Across machines compare the ratios.

    Examples: vouched bench show --plot growth.svg  ·  vouched bench show --only hybrid --history
    """
    from evals.bench import plot as drawing
    from evals.bench import store, tables

    folder, as_json = _said(context, out, as_json)
    every = [item for item in store.read(folder) if only is None or only in item.bench or only in item.case]
    newest = store.newest(every)
    for file, text in ((plot, drawing.svg(newest)), (html, tables.page(newest, every))):
        if file is not None:
            _write(file, text)
    if as_json:
        write_json({"out": str(folder), "measurements": [item.to_dict() for item in (every if history else newest)]})
    elif not every:
        console().print(f"Nothing is stored in {folder}" + (f" that holds {only!r}." if only else "."))
    elif history:
        for name, rows in tables.histories(every).items():
            console().print(tables.table(tables.HISTORY, rows, name), "")
    else:
        _show(newest, every)


@contextmanager
def _run(
    context: typer.Context, out: Path | None, as_json: bool, more: dict[str, Any] | None = None
) -> Iterator[tuple[Recorder, Told]]:
    """Give a new run and its progress bars, and print what it measured. ``more`` is told in JSON too."""
    from evals.bench.measuring import Recorder

    folder, as_json = _said(context, out, as_json)
    recorder = Recorder(folder)
    if recorder.load is not None and recorder.load > 0.5 * cores():
        console(err=True).print(f"The machine is busy: load {recorder.load:g} on {cores()} cores. Times will be too long.")
    tasks: dict[str, TaskID] = {}
    with progress_bar() as bar:

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield recorder, told
    if as_json:
        kept = [item.to_dict() for item in recorder.measured]
        write_json({"run": recorder.run, "out": str(folder), "measurements": kept, **(more or {})})
        return
    from evals.bench.store import read as stored

    _show(recorder.measured, stored(folder))
    for place, line in enumerate((more or {}).get("steps", ()), start=1):
        console().print(f"{place}. {line}", soft_wrap=True)
    console(err=True).print(f"Stored in {recorder.file} as run {recorder.run}.", soft_wrap=True)


def _show(shown: list[Measurement], every: list[Measurement]) -> None:
    from evals.bench import tables

    for name, group in tables.groups(shown).items():
        console().print(tables.table(tables.HEADINGS, tables.rows(group, every), name), "")


def _said(context: typer.Context, out: Path | None, as_json: bool) -> tuple[Path, bool]:
    """Take options from before or after the command's name."""
    wanted = context.obj if isinstance(context.obj, Wanted) else Wanted(None, False)
    return out or wanted.out or FOLDER, as_json or wanted.as_json


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SuiteError(f"{file} cannot be written: {error.strerror}. Give another file.") from error
    console(err=True).print(f"Written: {file}", soft_wrap=True)
