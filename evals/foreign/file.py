"""A file of another system's answers, JSONL, becomes a run: ``{"question", "answer", "contexts", ...}`` a line.

The names of ragas' datasets are understood as well: ``user_input``, ``response``, ``retrieved_contexts``, ``reference``.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import SuiteError
from evals.foreign.answers import Context, Papers, answer_of
from evals.running import ANSWERS, RUN, Record, decoded, write_whole
from evals.suite import Suite
from ingestion.library import Library

SUITE = "suite.jsonl"  # the suite of a file that is its own
NAMES = {
    "question": ("question", "user_input"),
    "answer": ("answer", "response"),
    "contexts": ("contexts", "retrieved_contexts"),
    "reference": ("reference", "ground_truth"),
}
USAGE = ("model", "llm_calls", "prompt_tokens", "completion_tokens", "cost_usd")


@dataclass(frozen=True, slots=True)
class Given:
    """One line of the file: what another system was asked and said. ``line`` counts from 1, ``latency_ms`` milliseconds."""

    line: int
    id: str | None
    question: str
    answer: str
    contexts: tuple[Context, ...]
    reference: str | None = None
    latency_ms: float | None = None
    usage: Mapping[str, Any] | None = None


def read_answers(file: Path) -> list[Given]:
    """Read a file of answers. Raises SuiteError, which names the file and the line."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SuiteError(f"The answers {file} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise SuiteError(f"{file} is not UTF-8 text: {error}. Write it as JSONL in UTF-8.") from error
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        raise SuiteError(f'{file} holds no answers. Write {{"question", "answer", "contexts"}} a line.')
    return [_given(line, number, f"{file}, line {number}") for number, line in lines]


def own_suite(given: Sequence[Given], name: str, file: Path) -> tuple[str, dict[str, Given]]:
    """Make the suite that a file is by itself: its questions, with the references as nuggets.

    Returns:
        The suite as JSONL, and the answers by the question's id: that of the line, else one after its number.

    Raises:
        SuiteError: a line has no reference, or two have one id.
    """
    lines: list[dict[str, Any]] = [{"name": name, "version": 1}]
    answers: dict[str, Given] = {}
    for item in given:
        id_, where = item.id or f"line-{item.line}", f"{file}, line {item.line}"
        if id_ in answers:
            raise SuiteError(f"{where} has the id {id_!r} of line {answers[id_].line}. Give each its own, or none.")
        if item.reference is None:
            raise SuiteError(
                f"{where} has no reference (or ground_truth) to measure by. Add one, or name the suite that was asked with"
                " --suite."
            )
        answers[id_] = item
        lines.append({"id": id_, "kind": "fact", "question": item.question, "nuggets": [item.reference]})
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), answers


def matched(suite: Suite, given: Sequence[Given], file: Path) -> tuple[dict[str, Given], list[Given]]:
    """Match answers to the questions of a suite, by id, else by the question, white space aside.

    Returns:
        The answers by the question's id, and those to no question of the suite.

    Raises:
        SuiteError: an id is of another question in the suite, or a question is answered twice.
    """
    questions = {case.id: _plain(case.question) for case in suite.cases}
    ids = {question: id_ for id_, question in reversed(questions.items())}
    found: dict[str, Given] = {}
    unknown = []
    for item in given:
        id_ = item.id if item.id in questions else ids.get(_plain(item.question))
        if id_ is None:
            unknown.append(item)
            continue
        where = f"{file}, line {item.line}"
        if questions[id_] != _plain(item.question):
            raise SuiteError(
                f"{where} has the id {id_!r}, which is another question in the suite {suite.name}. Mend the id, or leave it"
                " out: then the question is looked for."
            )
        if id_ in found:
            raise SuiteError(f"{where} answers the question of line {found[id_].line} again. Keep one of them.")
        found[id_] = item
    return found, unknown


def records(suite: Suite, answers: Mapping[str, Given], papers: Papers | None) -> list[Record]:
    """Give the records of a run, in the suite's order; a question without an answer has an error."""
    made: list[Record] = []
    for case in suite.cases:
        item = answers.get(case.id)
        if item is None:
            message = "The file has no answer to this question."
            made.append({"id": case.id, "error": {"type": "NoAnswer", "message": message}})
        else:
            timings = {"total_ms": item.latency_ms}
            answer = answer_of(case.question, item.answer, item.contexts, papers, timings=timings, usage=item.usage)
            made.append({"id": case.id, "answer": answer})
    return made


def store_suite(folder: Path, text: str) -> str:
    """Write the suite of `own_suite` into its run's folder; returns what `load_suite` finds it by. Raises SuiteError."""
    make(folder)
    write_whole(folder / SUITE, text)
    return str((folder / SUITE).resolve())  # found from any folder


def make(folder: Path) -> None:
    """Make the folder of a run where it is not there. Raises SuiteError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SuiteError(f"The folder {folder} cannot be made: {error.strerror}. Give another with --out.") from error


def store(
    folder: Path, suite: Suite, source: str, made: Sequence[Record], library: Library | None, name: str, file: Path
) -> None:
    """Write a run's folder as `evals.running.run` does.

    Args:
        folder: the folder, made where it is not there.
        suite: the questions.
        source: what `load_suite` finds the suite by.
        made: the records.
        library: the library that was asked, None where it is not known: then the contexts are the corpus.
        name: what the system is called.
        file: the file of the answers, whose hash tells runs apart.

    Raises:
        SuiteError: the folder holds a run of something else.
    """
    identity = {
        "suite": suite.name,
        "version": suite.version,
        "suite_sha256": suite.sha256,
        "corpus_fingerprint": library.fingerprint() if library is not None else fingerprint(made),
        **system_of(file, name),
    }
    refuse_another(folder, identity)
    place = None if library is None else library.path.resolve()
    if place is not None and place.is_relative_to(folder.resolve()):  # such a library moves with the run
        place = place.relative_to(folder.resolve())
    found_again = {
        "questions": len(suite.cases),
        "suite_source": source,
        "library": None if place is None else str(place),
    }
    make(folder)
    write_whole(folder / ANSWERS, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in made))
    write_whole(folder / RUN, json.dumps(identity | found_again, indent=1) + "\n")


def system_of(file: Path, name: str) -> dict[str, Any]:
    """Say whose answers a run has: what ``run.json`` has instead of settings is the hash of the file."""
    return {"settings": {"answers_sha256": hashlib.sha256(file.read_bytes()).hexdigest()}, "system": name}


def refuse_another(folder: Path, identity: Mapping[str, Any]) -> None:
    """Refuse a folder that holds a run of something else, whose answers would be lost. Raises SuiteError."""
    file = folder / RUN
    before = decoded(file.read_bytes(), file) if file.exists() else dict(identity)
    changed = [name for name, value in identity.items() if before.get(name) != value]
    if changed:
        raise SuiteError(f"{folder} holds a run with another {', '.join(changed)}. Give another folder with --out.")


def fingerprint(made: Sequence[Record]) -> str:
    """Hash all contexts, each once: runs with equal fingerprints were drawn from the same texts."""
    texts = {text for record in made for text in record.get("answer", {}).get("contexts", ())}
    digests = sorted(hashlib.sha256(text.encode()).hexdigest() for text in texts)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _given(line: str, number: int, where: str) -> Given:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise SuiteError(f"{where} is not valid JSON: {error}.") from error
    if not isinstance(record, dict):
        raise SuiteError(f"{where} is not a JSON object.")
    values = {name: next((record[k] for k in keys if record.get(k) is not None), None) for name, keys in NAMES.items()}
    texts = {name: _text(values[name], name, where, absent="") for name in ("question", "answer", "reference")}
    if not texts["question"].strip():
        raise SuiteError(f"{where} has no question.")
    latency, id_ = record.get("latency_ms"), record.get("id")
    if latency is not None and not _is_amount(latency):
        raise SuiteError(f"{where}: latency_ms is {latency!r}; it is to be a number of milliseconds.")
    if id_ is not None and (not isinstance(id_, str | int) or isinstance(id_, bool)):
        raise SuiteError(f"{where}: id is {id_!r}; it is to be text.")
    return Given(
        line=number,
        id=None if id_ is None or not str(id_).strip() else _text(str(id_), "id", where),
        question=texts["question"],
        answer=texts["answer"],
        contexts=tuple(_contexts(values["contexts"], where)),
        reference=texts["reference"] if texts["reference"].strip() else None,
        latency_ms=None if latency is None else float(latency),
        usage=_usage(record.get("usage"), where),
    )


def _contexts(values: Any, where: str) -> Iterator[Context]:  # noqa: ANN401 (any JSON value)
    """Read contexts: texts, or objects with ``text`` and perhaps ``paper_id`` (or ``id``) and ``title``."""
    if values is not None and not isinstance(values, list):
        raise SuiteError(f"{where}: contexts is to be a list.")
    for place, value in enumerate(values or (), start=1):
        of = f"{where}, context {place}"
        fields = value if isinstance(value, dict) else {"text": value}
        id_ = fields.get("paper_id") if fields.get("paper_id") is not None else fields.get("id")
        text, title = _text(fields.get("text"), "text", of), _text(fields.get("title"), "title", of, absent="")
        yield Context(text, None if id_ is None else _text(str(id_), "id", of), title)


def _usage(value: Any, where: str) -> dict[str, Any] | None:  # noqa: ANN401 (any JSON value)
    """Read a bill; what is not of the contract is left out."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise SuiteError(f"{where}: usage is to be an object with {', '.join(USAGE)}.")
    wrong = [name for name in USAGE[1:] if value.get(name) is not None and not _is_amount(value[name])]
    if wrong:
        raise SuiteError(f"{where}: {', '.join(wrong)} of usage is to be a number.")
    return {name: value[name] for name in USAGE if name in value}


def _text(value: Any, name: str, where: str, absent: str | None = None) -> str:  # noqa: ANN401 (any JSON value)
    value = absent if value is None else value
    if not isinstance(value, str):
        raise SuiteError(f"{where}: {name} is {'not there' if value is None else 'to be text'}.")
    return value.encode("utf-8", "replace").decode()  # JSON can hold a lone surrogate, a file of a run cannot


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _plain(question: str) -> str:
    return " ".join(question.split())
