"""The search: trials of edited prompts on one part of a suite, and the best one on the part that was held back."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant.engine import Assistant
from assistant.errors import LLMError
from assistant.llm import Draw, open_writer
from assistant.settings import Settings
from evals.case import Case
from evals.errors import SuiteError
from evals.running import decoded, run, write_whole
from evals.statistics import Difference, paired
from evals.suite import Suite
from evals.systems.vouched import Vouched
from evals.tuning.editing import Editable, load
from evals.tuning.failing import Failure, failure, worth
from ingestion.library import Library
from prompts import render

HELD_BACK = 0.4  # of the questions
LONGER = 1.5  # times the words of the answers before: a prompt that has more copied wins nothing
SHOWN = 5  # failures in a proposal's prompt, and attempts
TEMPERATURE, EDITED_TOKENS = 0.8, 800

Progress = Callable[[str, int, int], None]  # what is going on, how many questions are done, and of how many


@dataclass(frozen=True, slots=True)
class Trial:
    """A prompt and what it came to: the mean `worth` of answers, 0 to 1, their mean words, and what went wrong.

    ``refused`` says why a proposal was not tried.
    """

    number: int
    instructions: str
    score: float = 0.0
    words: float = 0.0
    failures: tuple[Failure, ...] = ()
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Tuned:
    """What came of it. ``held_back`` compares the best prompt with the one before on questions that chose nothing."""

    prompt: str
    trials: tuple[Trial, ...]
    best: Trial
    held_back: Difference | None
    kept: Path | None


class Tuner:
    """Improves one prompt of ``settings.strategy`` on a suite; a stopped run goes on where it was."""

    def __init__(self, prompt: str, suite: Suite, library: Library, settings: Settings, out: Path) -> None:
        """Take the parts. Raises SuiteError: no such prompt, too few questions, or a folder of something else."""
        self.prompt, self.library, self.settings, self.out = load(prompt, settings.prompts), library, settings, out
        self.chosen_on, self.held_back = parted(suite)
        identity: dict[str, Any] = {"prompt": self.prompt.text, "suite_sha256": suite.sha256, "strategy": settings.strategy}
        identity |= {"model": settings.model, "corpus_fingerprint": library.fingerprint()}
        file = out / "tuning.json"
        if file.is_file() and decoded(file.read_bytes(), file) != identity:
            raise SuiteError(f"{out} holds the tuning of something else. Give another folder with --out.")
        out.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(identity, indent=1) + "\n")

    def tune(self, rules: Sequence[str], rounds: int, candidates: int, editor: Settings, progress: Progress) -> Tuned:
        """Propose and try edits, round by round, each from the best so far.

        Args:
            rules: of a person, which each proposal is told to keep.
            rounds: how often edits are proposed.
            candidates: how many a round.
            editor: settings of the model that proposes them.
            progress: called as the questions are asked.

        Raises:
            LLMError: the model that proposes cannot be reached; what is done is kept.
        """
        trials = [self._tried(Trial(0, self.prompt.instructions), progress)]
        for number in range(1, rounds * candidates + 1):
            best = self._best(trials[: 1 + (number - 1) // candidates * candidates])
            proposed = self._proposed(number, best, trials, rules, editor)
            trials.append(proposed if proposed.refused else self._tried(proposed, progress))
        best = self._best(trials)
        if best.number == 0:
            return Tuned(self.prompt.file, tuple(trials), best, None, None)
        before, after = (self._values(trial, self.held_back, "held-back", progress) for trial in (trials[0], best))
        gained = paired(np.array(before)[:, None], np.array(after)[:, None])
        kept = self.out / "prompts" if (gained.difference or 0.0) > 0 else None
        if kept is not None:
            self.prompt.edited(best.instructions).write(kept)
        return Tuned(self.prompt.file, tuple(trials), best, gained, kept)

    def _best(self, trials: Sequence[Trial]) -> Trial:
        """Give the trial that scored best, the first of equals; one whose answers are much longer is passed over."""
        fitting = [t for t in trials if t.refused is None and t.words <= LONGER * max(1.0, trials[0].words)]
        return max(fitting, key=lambda trial: (trial.score, -trial.number), default=trials[0])

    def _proposed(self, number: int, best: Trial, trials: Sequence[Trial], rules: Sequence[str], editor: Settings) -> Trial:
        """Have edits of the best prompt so far proposed; what was proposed before a stop is read again."""
        file = self._folder(number) / "proposal.json"
        if not file.is_file():
            drawn = random.Random(number).sample(best.failures, min(SHOWN, len(best.failures)))  # noqa: S311 (no secret)
            attempts = [t for t in trials if t.refused is None and t is not best]
            tried = sorted(attempts, key=lambda trial: -trial.score)[:SHOWN]
            prompt = render("tune.v1", instructions=best.instructions, failures=drawn, rules=rules, tried=tried)
            writer = open_writer(editor, None, streaming=False)
            said = "".join(writer.write(prompt, draw=Draw(TEMPERATURE, number)))
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, json.dumps({"from": best.number, "instructions": said}, indent=1) + "\n")
        said = str(decoded(file.read_bytes(), file)["instructions"])
        try:
            edited = self.prompt.edited(said)
        except ValueError as error:
            return Trial(number, said, refused=str(error))
        known = next((t.number for t in trials if t.instructions == edited.instructions), None)
        return Trial(number, edited.instructions, refused=None if known is None else f"it is the same as {known}")

    def _tried(self, trial: Trial, progress: Progress) -> Trial:
        answers = self._answers(trial, self.chosen_on, "chosen-on", progress)
        pairs = [(case, answers[case.id]) for case in self.chosen_on.cases]
        words = [len(a["answer"].split()) for _, a in pairs if a is not None and a["status"] == "answered"]
        return replace(
            trial,
            score=float(np.mean([worth(case, answer) for case, answer in pairs])),
            words=float(np.mean(words)) if words else 0.0,
            failures=tuple(found for case, answer in pairs if (found := failure(case, answer)) is not None),
        )

    def _values(self, trial: Trial, part: Suite, name: str, progress: Progress) -> list[float]:
        answers = self._answers(trial, part, name, progress)
        return [worth(case, answers[case.id]) for case in part.cases]

    def _answers(self, trial: Trial, part: Suite, name: str, progress: Progress) -> dict[str, dict[str, Any] | None]:
        """Ask a part of the suite with the prompt of a trial; what was answered before a stop is not asked again."""
        folder = self._folder(trial.number)
        edited: Editable = self.prompt.edited(trial.instructions) if trial.number else self.prompt
        edited.write(folder / "prompts")
        asked = Vouched(Assistant(self.library, self.settings.model_copy(update={"prompts": folder / "prompts"})))
        what, total = f"Prompt {trial.number}, {name}", len(part.cases)
        records = run(part, asked, self.library, folder / name, lambda done: progress(what, done, total))
        failed = [record["error"]["message"] for record in records if "error" in record]
        if len(failed) == len(records):
            raise LLMError(f"Every question failed, the first so: {failed[0]}")
        return {record["id"]: record.get("answer") for record in records}

    def _folder(self, number: int) -> Path:
        return self.out / "trials" / f"{number:03}"


def parted(suite: Suite) -> tuple[Suite, Suite]:
    """Part a suite into questions to choose by and questions held back, each kind in proportion. Raises SuiteError."""
    kinds: dict[str, list[Case]] = {}
    for case in suite.cases:
        kinds.setdefault(case.kind, []).append(case)
    held: set[str] = set()
    for cases in kinds.values():
        drawn = random.Random(suite.sha256).sample(cases, round(HELD_BACK * len(cases)))  # noqa: S311 (no secret)
        held |= {case.id for case in drawn}
    parts = [[case for case in suite.cases if (case.id in held) is is_held] for is_held in (False, True)]
    if min(map(len, parts)) < 2:
        raise SuiteError(f"{suite.name} has {len(suite.cases)} questions: too few to hold some back. Add more.")
    names = ("chosen-on", "held-back")
    chosen, kept = (
        replace(suite, name=f"{suite.name} ({name})", cases=tuple(part), sha256=f"{suite.sha256}/{name}")
        for name, part in zip(names, parts, strict=True)
    )
    return chosen, kept


def plain(tuned: Tuned) -> dict[str, Any]:
    """Give what came of it as an object for JSON."""
    trials = [{key: value for key, value in asdict(trial).items() if key != "failures"} for trial in tuned.trials]
    return {
        "prompt": tuned.prompt,
        "trials": trials,
        "best": tuned.best.number,
        "held_back": None if tuned.held_back is None else asdict(tuned.held_back),
        "kept": None if tuned.kept is None else str(tuned.kept),
    }
