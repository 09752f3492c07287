"""What the reader learns from: questions with their papers, near misses, and look-alike papers found by the embedder."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.progress import track

from assistant.packing import Packed, pack_reading, tokenizer, tokens
from ingestion.embedding import PACKAGED_FOLDER, PackagedEmbedding
from ingestion.sentences import split_sentences

OWN = Path(__file__).parents[1] / "data" / "reader-questions.jsonl.gz"  # written for this project, over other papers


@dataclass(frozen=True, slots=True)
class Example:
    """A question with a paper; ``evidence`` are the sentences that answer it, none where it is not answered there."""

    packed: Packed
    evidence: tuple[int, ...]
    kind: str  # fact, method, discovery; near-miss; distractor


@dataclass(slots=True)
class ReadPaper:
    """A paper as token ids."""

    id: str
    title: list[int]
    sentences: list[list[int]]
    questions: list[tuple[str, list[int], tuple[int, ...]]]  # kind, tokens, evidence
    unanswered: list[list[int]]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read a compressed JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def read_papers(path: Path) -> tuple[list[ReadPaper], list[str]]:
    """Tokenize papers with their questions; gives the texts of title and abstract too, for the embedder."""
    spell = tokenizer(PACKAGED_FOLDER / "tokenizer.json")
    papers, texts = [], []
    for line in lines(path):
        qa = line["qa"]
        ids = tokens(spell, [line["title"], *(q["q"] for q in qa), *line["u"], *line["sentences"]])
        asked = list(zip((q["k"] for q in qa), ids[1 : 1 + len(qa)], (tuple(q["e"]) for q in qa), strict=True))
        first = 1 + len(qa) + len(line["u"])
        papers.append(ReadPaper(line["id"], ids[0], ids[first:], asked, ids[1 + len(qa) : first]))
        texts.append(f"{line['title']}. {' '.join(line['sentences'])}")
    return papers, texts


def pool_papers(path: Path, count: int, seed: int, without: set[str]) -> tuple[list[ReadPaper], list[str]]:
    """Take papers without questions, at random, as look-alikes."""
    spell = tokenizer(PACKAGED_FOLDER / "tokenizer.json")
    rows = [row for row in lines(path) if row["id"] not in without]
    papers, texts = [], []
    rows.sort(key=lambda row: hashlib.sha256(f"{seed}:{row['id']}".encode()).digest())  # whatever else is left out
    for row in rows[:count]:
        abstract = " ".join(row["abstract"].split())
        title, *sentences = tokens(spell, [row["title"], *(abstract[s.start : s.end] for s in split_sentences(abstract))])
        papers.append(ReadPaper(row["id"], title, sentences, [], []))
        texts.append(f"{row['title']}. {abstract}")
    return papers, texts


class ReaderData:
    """The mixture, drawn anew each epoch."""

    def __init__(self, data: Path, config: dict[str, Any], cache: Path) -> None:
        """Read the papers and find each question's look-alikes; their embeddings are kept in the folder ``cache``."""
        self._config = config
        self.papers: list[ReadPaper] = []
        texts: list[str] = []
        for path in [*(data / name for name in config["written"]), OWN]:
            if path.exists():
                papers, more = read_papers(path)
                self.papers += papers
                texts += more
        dev, _ = read_papers(data / config["dev"])
        if shared := {p.id for p in dev} & {p.id for p in self.papers}:
            raise ValueError(f"papers in both train and dev: {sorted(shared)[:3]}")
        known = {p.id for p in [*self.papers, *dev]}
        pool, more = pool_papers(data / config["pool"], config["pool_papers"], config["seed"], known)
        self.everything = [*self.papers, *pool]
        vectors = _embedded([*texts, *more], cache)
        self._nearest = self._look_alikes(vectors)

    def _look_alikes(self, vectors: npt.NDArray[np.float32]) -> list[list[list[int]]]:
        """Find, for each paper's questions, the nearest other papers."""
        spell = tokenizer(PACKAGED_FOLDER / "tokenizer.json")
        asked = [spell.decode(q) for paper in self.papers for _, q, _ in paper.questions]
        questions = PackagedEmbedding().encode(asked)
        own = [place for place, paper in enumerate(self.papers) for _ in paper.questions]
        first, last = self._config["distractor_ranks"]
        found: list[list[list[int]]] = [[] for _ in self.papers]
        for place, question in zip(own, questions, strict=True):
            scores = vectors @ question
            scores[place] = -2.0
            found[place].append([int(i) for i in np.argsort(-scores)[first - 1 : last]])
        return found

    def epoch(self, number: int) -> list[Example]:
        """Draw an epoch's examples, in random order."""
        draw = random.Random(self._config["seed"] * 1000 + number)  # noqa: S311 (no secret)
        examples = []
        for place, paper in enumerate(self.papers):
            for which, (kind, question, evidence) in enumerate(paper.questions):
                examples.append(_example(question, paper, evidence, kind))
                if draw.random() < self._config["distractors"]:
                    other = self.everything[draw.choice(self._nearest[place][which])]
                    examples.append(_example(question, other, (), "distractor"))
            examples += [
                _example(question, paper, (), "near-miss")
                for question in paper.unanswered
                if draw.random() < self._config["near_miss_share"]
            ]
        draw.shuffle(examples)
        return examples


def dev_examples(path: Path) -> list[list[Example]]:
    """Give, for each held-out paper, its questions: answered and near misses."""
    papers, _ = read_papers(path)
    return [
        [_example(q, paper, evidence, kind) for kind, q, evidence in paper.questions]
        + [_example(q, paper, (), "near-miss") for q in paper.unanswered]
        for paper in papers
    ]


def _example(question: list[int], paper: ReadPaper, evidence: Sequence[int], kind: str) -> Example:
    packed = pack_reading(question, paper.title, paper.sentences)
    return Example(packed, tuple(i for i in evidence if i < packed.read), kind)


def _embedded(texts: list[str], cache: Path) -> npt.NDArray[np.float32]:
    """Embed texts; what was embedded before is taken from the folder ``cache``."""
    keys = [hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest() for text in texts]
    kept = cache / "papers.npz"
    known: dict[str, npt.NDArray[np.float16]] = {}
    if kept.exists():
        with np.load(kept) as stored:
            known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    missing = [text for key, text in zip(keys, texts, strict=True) if key not in known]
    model = PackagedEmbedding()
    parts = [missing[i : i + 256] for i in range(0, len(missing), 256)]
    vectors = [model.encode(part).astype(np.float16) for part in track(parts, "embedding the papers", disable=not parts)]
    fresh = iter(np.concatenate(vectors) if vectors else ())
    known.update({key: next(fresh) for key in keys if key not in known})
    if missing:
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(kept, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
    return np.stack([known[key] for key in keys]).astype(np.float32)
