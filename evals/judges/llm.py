"""A language model as a judge: one claim a call, and no support without a quote that stands in the evidence.

The temperature is 0, also when a claim is asked again: repeats measure how far the server itself is from saying the same
twice, which is noise that any figure made of its verdicts has, and no opinion of the model on its own sureness.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from assistant.answer import Verdict
from assistant.claims import Claim, Verified
from assistant.errors import LLMError
from assistant.llm import WITHOUT, Writer, load_llm
from assistant.settings import Settings
from evals.judges.judge import Finding
from prompts import Prompt, render

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM

PROMPT = "judge.v1"
THREADS = 8  # calls at a time
UNDETERMINED = 0.25  # from this score on, as the packaged verifier has it
UNSURE = 0.49  # of a tie: the nearest to one half that is not supported
WORDS = 3  # of a quote at least, unless it is a whole passage: "the" stands in every text
INSTEAD = "use --judge packaged, which needs none"
THOUGHT = re.compile(r"^\s*<think>.*?(</think>|$)", re.DOTALL)  # some servers leave it in the answer
MARK = re.compile(r"^\[\d+\]\s*")  # the number of a piece of evidence, copied with it
VERDICTS = ("supported", "contradicted", "not_stated")

Said = Literal["supported", "contradicted", "not_stated", "undetermined"]
SCORES: dict[Said, float] = {"supported": 1.0, "undetermined": 0.5, "contradicted": 0.0, "not_stated": 0.0}


class Passage(NamedTuple):
    """A piece of evidence as the prompt shows it."""

    number: int
    title: str
    quote: str


@dataclass(frozen=True, slots=True)
class Vote:
    """What one call came to. ``evidence`` stands in a quote verbatim; ``parsed`` unless no answer of the form was there."""

    said: Said
    evidence: str | None = None
    parsed: bool = True


@dataclass(frozen=True, slots=True)
class LLMJudge:
    """A `Verifier` that asks a language model; every finding is a `Finding`.

    The score is the mean over the repeats of 1 for supported, 0.5 for undetermined and else 0: a share of votes, which no
    labelled pairs have calibrated.
    """

    llm: LLM
    repeats: int = 1

    @classmethod
    def open(cls, settings: Settings, repeats: int = 1) -> LLMJudge:
        """Use the model of the settings. Raises LLMError when no server is set up, or it does not say which model it has."""
        with _advised():
            return cls(load_llm(settings), repeats)

    @property
    def model(self) -> str:
        """Give the model's name at its server."""
        return str(self.llm.metadata.model_name)

    def fingerprint(self) -> bytes:
        """Give what, beside the model, its answers depend on: the prompt, and how long they may be."""
        prompt = _asked(Claim("<a>\n claim", ("<a>\n quote", "another"), ("<a>\n title", "")))
        longest = getattr(self.llm, "max_tokens", None)
        return f"{prompt.system}\0{prompt.user}\0{longest}".encode()

    def load(self) -> None:
        """Nothing to load."""

    def verify(self, claims: Sequence[Claim]) -> list[Verified]:
        """Ask of each claim, several at a time; the findings come in the claims' order. Raises LLMError."""
        calls = [(place, claim) for place, claim in enumerate(claims) if _askable(claim) for _ in range(self.repeats)]
        votes: list[list[Vote]] = [[] for _ in claims]
        for (place, _), vote in zip(calls, self._ask([claim for _, claim in calls]), strict=True):
            votes[place].append(vote)
        return [counted(of_claim) if of_claim else Finding("unsupported", 0.0) for of_claim in votes]

    def _ask(self, claims: Sequence[Claim]) -> list[Vote]:
        """Make a call for each claim. The first that fails, and Ctrl-C, end it: what is under way is not waited for."""
        todo: SimpleQueue[tuple[int, Claim]] = SimpleQueue()
        done: SimpleQueue[tuple[int, Vote | Exception]] = SimpleQueue()
        stop = Event()
        for call in enumerate(claims):
            todo.put(call)

        def work() -> None:
            while not stop.is_set():
                try:
                    place, claim = todo.get_nowait()
                except Empty:
                    return
                try:
                    done.put((place, self._vote(claim)))
                except Exception as error:  # noqa: BLE001 (raised below, where it is waited for)
                    done.put((place, error))

        for _ in range(min(THREADS, len(claims))):
            Thread(target=work, daemon=True).start()  # a pool's threads would keep the process until the server answers
        votes: dict[int, Vote] = {}
        try:
            while len(votes) < len(claims):
                place, found = done.get()
                if isinstance(found, Exception):
                    raise found
                votes[place] = found
        finally:
            stop.set()
        return [votes[place] for place in range(len(claims))]

    def _vote(self, claim: Claim) -> Vote:
        with _advised():
            return read("".join(Writer(self.llm).write(_asked(claim))), claim.quotes)


def read(text: str, quotes: Sequence[str]) -> Vote:
    """Read the model's answer, leniently: the JSON may stand in a fence or between words, the last one counts.

    What is not of the form is undetermined, and so is "supported" without words that stand in a quote; a denial without any
    is no more than "not stated".
    """
    text = THOUGHT.sub("", text)
    # LaTeX in JSON is often not escaped: \beta would be a backspace with "eta", \% is no JSON at all.
    readings = (text, re.sub(r'\\(?!")', r"\\\\", text))
    answers = [answer for answer in map(_last_answer, readings) if answer is not None]
    if not answers:
        return Vote("undetermined", parsed=False)
    found = (standing(str(answer.get("quote") or ""), quotes) for answer in answers)
    evidence = next((passage for passage in found if passage is not None), None)
    said: Said = answers[0]["verdict"]
    if evidence is None and said == "supported":
        return Vote("undetermined")
    if evidence is None and said == "contradicted":
        return Vote("not_stated")
    return Vote(said, evidence if said != "not_stated" else None)


def standing(quote: str, passages: Sequence[str]) -> str | None:
    """Find a model's quote in the passages, white space aside; gives the passage's own words, None where it is in none."""
    words = MARK.sub("", quote.strip(" \"'“”‘’\n\t")).replace("<", "‹").split()  # the prompt shows < as ‹
    if not words:
        return None
    pattern = re.compile(r"\s+".join(re.escape(word).replace("‹", "[<‹]") for word in words))
    for passage in passages:
        found = pattern.search(passage)
        if found and (len(words) >= WORDS or found.group() == passage.strip()):
            return found.group()
    return None


def counted(votes: Sequence[Vote]) -> Finding:
    """Count the votes of one claim's repeats; a tie is undetermined."""
    scores = [SCORES[vote.said] for vote in votes]
    mean = sum(scores) / len(scores)
    verdict: Verdict = "supported" if mean > 0.5 else "undetermined" if mean >= UNDETERMINED else "unsupported"
    reason: Said = "supported" if verdict == "supported" else "contradicted"
    return Finding(
        verdict,
        mean if verdict == "supported" else min(mean, UNSURE),
        contradicted=sum(vote.said == "contradicted" for vote in votes) / len(votes),
        evidence=next((vote.evidence for vote in votes if vote.said == reason), None),
        spread=max(scores) - min(scores),
        unparsable=sum(not vote.parsed for vote in votes),
    )


def _askable(claim: Claim) -> bool:
    return any(quote.strip() for quote in claim.quotes) and any(character.isalnum() for character in claim.text)


def _asked(claim: Claim) -> Prompt:
    titles = claim.titles or ("",) * len(claim.quotes)
    numbered = enumerate(zip(titles, claim.quotes, strict=True), start=1)
    return render(PROMPT, claim=claim.text, evidence=[Passage(number, *item) for number, item in numbered])


def _last_answer(text: str) -> dict[str, Any] | None:
    """Find the last object in a text that has a verdict."""
    decoder, found, start = json.JSONDecoder(strict=False), None, text.find("{")
    while start >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            verdict = str(value.get("verdict")).strip().lower().replace(" ", "_")
            if verdict in VERDICTS:
                found = {**value, "verdict": verdict}
        start = text.find("{", end)
    return found


@contextmanager
def _advised() -> Iterator[None]:
    """Say what a judge can be replaced by, where an error names a replacement for a writer."""
    try:
        yield
    except LLMError as error:
        raise LLMError(str(error).replace(WITHOUT, INSTEAD)) from error
