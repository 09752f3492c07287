"""Judges by name: who tells, in an evaluation, whether quotes support a statement, and in which version."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from assistant.claims import Verified, Verifier
from assistant.settings import Settings

PACKAGED, LEXICAL, LLM = "packaged", "lexical", "llm"
WORDS = ("assistant.lexical", "ingestion.words")  # the modules whose rules make the verdicts of words alone
READING = (  # and those that make a network's
    *WORDS,
    "assistant.verifying",
    "assistant.alarms",
    "assistant.entailment",
    "assistant.packing",
    "ingestion.sentences",
)
DIGITS = 12  # of a SHA-256


@dataclass(frozen=True, slots=True)
class Judge:
    """A verifier with the name that a user gives it. ``version`` changes whenever its verdicts could."""

    name: str
    version: str
    verifier: Verifier

    @property
    def advisory(self) -> bool:
        """Tell whether its scores are no probabilities yet: no labelled pairs have calibrated a language model."""
        return self.name == LLM


@dataclass(frozen=True, slots=True)
class Finding(Verified):
    """What a judge found, and what it rests on.

    ``evidence`` are the words of a quote that a judge names as its reason, verbatim, None where it names none. ``spread`` is
    the highest less the lowest score of its repeats, 0 to 1, and ``unparsable`` how many of them could not be read.
    """

    evidence: str | None = None
    spread: float = 0.0
    unparsable: int = 0


def as_finding(found: Verified) -> Finding:
    """Give what any verifier found as a `Finding`, exactly."""
    if isinstance(found, Finding):
        return found
    return Finding(found.verdict, float(found.score), float(found.contradicted), tuple(found.alarms))


def load_judge(name: str | None, settings: Settings, repeats: int = 1) -> Judge:
    """Find a judge; a network is loaded when first needed, one from Hugging Face that is not on this machine at once.

    Args:
        name: packaged, lexical, llm (the model of the settings, at their server), or a Hugging Face model of natural
            language inference by name or path; None is the settings' verifier.
        settings: the settings.
        repeats: how often the language model is asked of each claim; the others, asked again, say the same.

    Raises:
        ModelError: the model is not there, or damaged.
        LLMError: no server is set up, or it cannot say which model it has.
    """
    from assistant.opening import load_verifier  # imports much that reading a run does not need

    name = name or settings.verifier or PACKAGED
    if name == LLM:
        from evals.judges.llm import LLMJudge

        asked = LLMJudge.open(settings, repeats)
        return Judge(LLM, f"{asked.model}-{_digest(asked.fingerprint(), *_sources('evals.judges.llm'))}-x{repeats}", asked)
    verifier = load_verifier(settings.model_copy(update={"verifier": "" if name == PACKAGED else name}))
    if name == LEXICAL:
        return Judge(LEXICAL, f"{version('vouched')}-{_digest(*_sources(*WORDS))}", verifier)
    if name == PACKAGED:
        return Judge(PACKAGED, f"{_digest(*_checksums())}-{_digest(*_sources(*READING))}", verifier)
    return Judge(name, f"{_state(name, verifier)}-{_digest(*_sources(*READING, 'assistant.cross_encoder'))}", verifier)


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:DIGITS]


def _checksums() -> Iterator[bytes]:
    """Give what is said of the packaged files: weights, calibration and word vectors. Raises ModelError."""
    from assistant.entailment import PACKAGED_VERIFIER
    from assistant.inference import ModelError
    from ingestion.embedding import PACKAGED_FOLDER

    for folder in (PACKAGED_VERIFIER, PACKAGED_FOLDER):
        try:
            yield (folder / "checksums.json").read_bytes()
        except OSError as error:
            raise ModelError(f"The packaged model {folder} cannot be read ({error}). Install Vouched again.") from error


def _sources(*modules: str) -> Iterator[bytes]:
    """Give the text of modules: a changed rule makes another judge, also between two releases."""
    yield version("vouched").encode()
    for name in modules:
        try:
            yield inspect.getsource(import_module(name)).encode()
        except OSError:  # installed without its sources: the release alone must tell
            yield name.encode()


def _state(name: str, verifier: Verifier) -> str:
    """Say which state of a Hugging Face model this is: its folder's, or its revision. Raises ModelError."""
    from ingestion.embedding import downloads_allowed

    folder = Path(name)
    if folder.is_dir():
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        told = [f"{file.relative_to(folder)} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
        return _digest("\n".join(told).encode(), *(file.read_bytes() for file in files if file.name == "config.json"))
    revision = None if downloads_allowed() else _revision(name)
    if revision is None:
        verifier.load()  # which may fetch it, or a newer one
        revision = _revision(name)
    return revision or "unknown"


def _revision(name: str) -> str | None:
    """Look up the revision of a model that was fetched; None when there is none."""
    try:
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError
    except ImportError:
        return None
    try:
        found = try_to_load_from_cache(name, "config.json")
    except HFValidationError:  # a path that is not there
        return None
    return Path(found).parent.name[:DIGITS] if isinstance(found, str) else None
