"""Reading and verifying: each model's work and its loading, by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from assistant.claims import Claim
from assistant.lexical import LexicalVerifier
from assistant.reading import Abstract, PackagedReader
from assistant.verifying import PackagedVerifier
from evals.bench.corpora import SUITE, questions, sample
from evals.bench.measuring import Figure, Recorder, Told
from evals.errors import SuiteError
from evals.suite import load_suite
from ingestion.embedding import PackagedEmbedding
from ingestion.passages import passages_of

ABSTRACTS, STATEMENTS = 20, 3
READ, EMBED = f"read {ABSTRACTS} abstracts", f"embed {ABSTRACTS} abstracts"  # sentence by sentence
VERIFY, WORDS = f"verify {STATEMENTS} statements", f"verify {STATEMENTS} by words"
LOADED = {  # what each model's user waits for in a new process: its libraries too
    "load embedder": "from ingestion.embedding import PackagedEmbedding as Model",
    "load reader": "from assistant.reading import PackagedReader as Model",
    "load verifier": "from assistant.verifying import PackagedVerifier as Model",
}
LOADING = "import time; started = time.perf_counter(); {}; Model().load(); print(time.perf_counter() - started)"
FIGURES = (
    Figure(EMBED), Figure(READ, EMBED), Figure(WORDS), Figure(VERIFY, WORDS),
    *(Figure(name, "load embedder" if name != "load embedder" else None) for name in LOADED),
)  # fmt: skip


def measure(recorder: Recorder, repeats: int, loads: int, told: Told) -> None:
    """Read, verify and load, so many times each, after a first time that does not count."""
    embedding, reader, verifier, words = PackagedEmbedding(), PackagedReader(), PackagedVerifier(), LexicalVerifier()
    abstracts = [
        Abstract(paper.title, tuple(passage.text for passage in passages_of(paper))) for paper in sample()[:ABSTRACTS]
    ]
    sentences = [sentence for abstract in abstracts for sentence in abstract.sentences]
    [question], stated = questions(1), claims()
    work: dict[str, Callable[[], object]] = {
        EMBED: lambda: embedding.encode(sentences),
        READ: lambda: reader.read(question, abstracts),
        WORDS: lambda: words.verify(stated),
        VERIFY: lambda: verifier.verify(stated),
    }
    for do in work.values():
        do()
    with recorder.series("read", *FIGURES) as samples:
        for turn in range(repeats):
            for name, do in work.items():
                samples.timed(name, do)
            told("Reading and verifying", turn + 1, repeats)
        for turn in range(loads):
            for name, imported in LOADED.items():
                samples.note(name, 1000 * loading(imported))
            told("Loading models, each in a new process", turn + 1, loads)


def claims() -> list[Claim]:
    """Give statements that no quote says word for word: else they would be supported unread."""
    evidence = [case.evidence[0] for case in load_suite(SUITE).cases if case.evidence]
    return [Claim(evidence[place], (evidence[place + STATEMENTS],)) for place in range(STATEMENTS)]


def loading(imported: str) -> float:
    """Load a model in a new process and give the seconds that it took there."""
    done = subprocess.run([sys.executable, "-c", LOADING.format(imported)], capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    if done.returncode:
        raise SuiteError(f"A model could not be loaded: {done.stderr.strip()[-300:]} Run: vouched doctor")
    return float(done.stdout)
