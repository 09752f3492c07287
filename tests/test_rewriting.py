"""Sentences said again by rule, for training: the right ones mean the same, the wrong ones do not."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from assistant.models.train.rewriting import reworded, swapped, turned
from assistant.models.train.verifier_data import LABELS, kept_apart, said_again


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("Compared with BERT, AntNet is 2x faster.", "AntNet is 2x faster compared with BERT."),
        ("AntNet outperforms BERT on GLUE.", "BERT fall short of AntNet on GLUE."),
        ("Our model surpasses BERT.", "BERT fall short of our model."),
        ("AntNet is fast.", "AntNet is fast."),
    ],
)
def test_a_comparison_is_turned_round_with_the_same_meaning(said: str, other: str) -> None:
    assert turned(said) == other


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("AntNet outperforms BERT on tasks.", "BERT outperforms AntNet on tasks."),
        ("Our method is faster than BERT.", "BERT is faster than Our method."),
        ("It rises from 12 to 40 in a year.", "It rises from 40 to 12 in a year."),
        ("Nothing relates to nothing here.", None),
        ("GPT improves GPT.", None),
    ],
)
def test_names_or_numbers_change_their_places(said: str, other: str | None) -> None:
    assert swapped(said, random.Random(0)) == other  # noqa: S311 (no secret)


def test_rewording_keeps_names_and_numbers() -> None:
    said = "Extensive experiments show that our AntNet significantly outperforms BERT by 12.5% (on GLUE), enabling more."
    draw = random.Random(1)  # noqa: S311 (no secret)
    for _ in range(40):
        again = reworded(said, draw)
        assert {"AntNet", "BERT", "12.5"} <= set(again.replace("%", " ").split())
        assert again[0].isupper()
        assert "Extensive" not in again


def test_each_sentence_is_said_rightly_and_wrongly_and_what_is_measured_is_apart(tmp_path: Path) -> None:
    rows = [
        {"id": f"p{n}", "abstract": f"We rest. Our AntNet outperforms the older BERT by {n + 10} points on tasks. We rest."}
        for n in range(60)
    ]
    file = tmp_path / "pool.jsonl.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    learnt = list(said_again(file, 60_000, 0))
    measured = list(said_again(file, 60_000, 0, held_out=True))
    assert [pair.label for pair in learnt[:2]] == [LABELS["entailment"], LABELS["contradiction"]]
    assert 80 < len(learnt) <= 2 * sum(not kept_apart(row["id"]) for row in rows)  # some come out as they were
    assert 0 < len(measured) <= 2 * sum(kept_apart(row["id"]) for row in rows)
    assert not {pair.premise for pair in learnt} & {pair.premise for pair in measured}
    assert all(pair.hypothesis not in pair.premise for pair in learnt)
