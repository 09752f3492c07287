"""Fit the weights of the evidence selector: a logistic regression over the features of ``assistant.features``.

    python -m assistant.models.fit_evidence --train train.jsonl.gz --dev dev.jsonl.gz

Each line of the data is a paper, ``{"id", "title", "sentences", "qa": [{"q": question, "e": [indices of evidence]}]}``.
Needs scikit-learn (extra ``dev``). Deterministic.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.features import FEATURES, inverse_document_frequency, sentence_features
from ingestion.embedding import PackagedEmbedding
from ingestion.words import terms

OUTPUT = Path(__file__).parent / "evidence.json"
Example = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]  # features (n, f) and evidence (n,) of one question

logger = logging.getLogger(__name__)


def examples(path: Path) -> list[Example]:
    """Measure every sentence of every paper against the paper's own questions."""
    papers: list[dict[str, Any]] = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    embedding = PackagedEmbedding()
    vectors = iter(embedding.encode([sentence for paper in papers for sentence in paper["sentences"]]))
    questions = iter(embedding.encode([qa["q"] for paper in papers for qa in paper["qa"]]))
    frequency = Counter(t for paper in papers for t in set(terms(" ".join([paper["title"], *paper["sentences"]]))))
    found = []
    for paper in papers:
        matrix = np.stack([next(vectors) for _ in paper["sentences"]])
        for qa in paper["qa"]:
            features = sentence_features(
                qa["q"],
                paper["title"],
                paper["sentences"],
                (matrix @ next(questions)).astype(np.float64),
                lambda term: inverse_document_frequency(len(papers), frequency[term]),
            )
            found.append((features, np.isin(np.arange(len(features)), qa["e"])))
    return found


def main() -> None:
    """Fit on the training papers, measure on the others, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    from sklearn.linear_model import LogisticRegression

    train = examples(arguments.train)
    features = np.concatenate([x for x, _ in train])
    evidence = np.concatenate([y for _, y in train])
    mean, scale = features.mean(axis=0), features.std(axis=0)
    model = LogisticRegression(C=1.0, max_iter=2_000).fit((features - mean) / scale, evidence)
    weights = model.coef_[0] / scale
    bias = float(model.intercept_[0] - weights @ mean)
    dev = [(x @ weights, y) for x, y in examples(arguments.dev)]
    measured = {
        "evidence_first": float(np.mean([y[np.argmax(s)] for s, y in dev])),
        "evidence_in_three": float(np.mean([y[np.argsort(-s)[:3]].any() for s, y in dev])),
        "questions": len(dev),
    }
    logger.info("dev: %s", measured)
    rounded = {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)}
    content = {"weights": rounded, "bias": round(bias, 4), "trained_on_questions": len(train), "dev": measured}
    OUTPUT.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
