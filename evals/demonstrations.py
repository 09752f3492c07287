"""A bank of worked examples for the strategy ``demonstrations``, made from a suite, or from the reader's training questions.

    vouched eval demonstrations mine.yaml --library library --out examples.jsonl
    python -m evals.demonstrations        # writes the packaged bank anew, from assistant/models/data

An example is a question, its evidence among other sentences of the same paper, and an answer whose every statement the
verifier finds supported. The packaged bank is of papers that no packaged suite is about: a model must not be shown what it
is to be asked. Spread over subjects by k-means on the questions' embeddings, as in Auto-CoT (Zhang et al. 2022, section 4).
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path

import numpy as np

from assistant.answer import Evidence, Statement
from assistant.claims import Claim, Verifier
from assistant.demonstrations import PACKAGED, Demonstration
from assistant.vouching import reattributed
from evals.errors import SuiteError
from evals.suite import Suite
from ingestion.embedding import PackagedEmbedding
from ingestion.library import Library
from ingestion.passages import passages_of

EXAMPLES, CLUSTERS, SEED = 60, 20, 7
SHOWN = 4  # sentences of evidence in an example, those that answer and others


def of_suite(suite: Suite, library: Library, verifier: Verifier) -> list[Demonstration]:
    """Make examples of a suite's answerable questions with one paper, from their nuggets. Raises SuiteError for none."""
    found = []
    for case in suite.cases:
        if len(case.papers) != 1 or not case.nuggets or not case.evidence:
            continue
        sentences = [passage.text for passage in passages_of(library.paper(case.papers[0]))]
        gold = [place for place, text in enumerate(sentences) if any(text in e or e in text for e in case.evidence)]
        evidence = [Evidence(n, "", "", text, 0, 0, 0.0) for n, text in enumerate(_shown(sentences, gold), start=1)]
        said = reattributed([Statement(text, (), "unsupported", 0.0) for text in case.nuggets], evidence, verifier)
        if gold and all(statement.verdict == "supported" for statement in said):
            texts = tuple(item.quote for item in evidence)
            found.append(Demonstration(case.question, texts, tuple((s.text, s.citations) for s in said)))
    if not found:
        raise SuiteError(f"No question of {suite.name} makes an example: one paper, evidence, and nuggets that it supports.")
    return found


def of_training_questions(file: Path, count: int, verifier: Verifier) -> list[Demonstration]:
    """Make examples of the questions that the reader was trained on, drawn with a fixed seed."""
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        papers = random.Random(SEED).sample(list(stream), count)  # noqa: S311 (no secret)
    found = []
    for line in papers:
        paper = json.loads(line)
        answer = random.Random(paper["id"]).choice(paper["qa"])  # noqa: S311
        shown = _shown(paper["sentences"], answer["e"])
        numbers = tuple(shown.index(paper["sentences"][place]) + 1 for place in answer["e"])
        found.append(Demonstration(answer["q"], tuple(shown), ((answer["s"], numbers),)))
    claims = [Claim(e.statements[0][0], tuple(e.evidence[n - 1] for n in e.statements[0][1])) for e in found]
    verdicts = verifier.verify(claims)
    return [example for example, verdict in zip(found, verdicts, strict=True) if verdict.verdict == "supported"]


def spread(examples: Sequence[Demonstration], most: int = EXAMPLES, clusters: int = CLUSTERS) -> list[Demonstration]:
    """Keep examples of all subjects: those nearest to the middle of each cluster of questions, with its number."""
    from scipy.cluster.vq import kmeans2

    vectors = PackagedEmbedding().encode([example.question for example in examples]).astype(np.float64)
    clusters = min(clusters, len(examples))
    middles, labels = kmeans2(vectors, clusters, minit="++", seed=SEED)
    away = np.linalg.norm(vectors - middles[labels], axis=1)
    kept: list[Demonstration] = []
    for cluster in range(clusters):
        members = sorted(np.flatnonzero(labels == cluster), key=lambda place: away[place])
        kept += [replace(examples[int(place)], cluster=cluster) for place in members[: -(-most // clusters)]]
    return kept[:most]


def write(examples: Iterable[Demonstration], file: Path) -> None:
    """Write examples, one JSON object a line. Raises SuiteError when the file cannot be written."""
    lines = []
    for example in examples:
        statements = [{"text": text, "evidence": numbers} for text, numbers in example.statements]
        lines.append(json.dumps({**asdict(example), "statements": statements}, ensure_ascii=False) + "\n")
    try:
        file.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise SuiteError(f"The examples cannot be written to {file}: {error.strerror}. Give another --out.") from error


def _shown(sentences: Sequence[str], gold: Sequence[int]) -> list[str]:
    """Take the sentences that answer, and others, in an order drawn anew for each paper.

    Answers stand late in abstracts: in their order nine examples of ten would cite the last of their sentences, and a model
    would learn that from them.
    """
    drawn = random.Random(sentences[0])  # noqa: S311 (no secret)
    others = [place for place in range(len(sentences)) if place not in gold]
    taken = [*gold, *drawn.sample(others, max(0, min(SHOWN - len(gold), len(others))))]
    return [sentences[place] for place in drawn.sample(taken, len(taken))]


def main() -> None:
    """Write the packaged bank anew."""
    from assistant.verifying import PackagedVerifier

    root = Path(str(resources.files("assistant")))
    file = root / "models" / "data" / "reader-questions.jsonl.gz"
    write(spread(of_training_questions(file, 300, PackagedVerifier())), root / PACKAGED)


if __name__ == "__main__":
    main()
