"""What the packaged models read: a question with an abstract, or a statement with its quotes, as tokens.

Training and the road use the same functions, so that a model never meets an input of another shape than it learnt on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

CLS, SEP = 101, 102  # of the vocabulary that all packaged models share
MAX_TOKENS = 512  # positions the backbone knows
QUESTION_TOKENS = 96
TITLE_TOKENS = 64
MAX_CHARACTERS = 32_768  # far beyond 512 tokens of any writing; keeps a pasted book from being tokenized whole

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Packed:
    """One input: token ids, the token's type (0 asked, 1 read; see `pack_checking`), and its sentence (0: none).

    Sentence i of the abstract is number i + 1. ``sentences`` is how many were given, ``read`` how many found room.
    """

    ids: list[int]
    types: list[int]
    sentence_of: list[int]
    sentences: int
    read: int


@cache
def tokenizer(path: Path) -> Tokenizer:
    """Load a tokenizer, once a process."""
    return Tokenizer.from_file(str(path))


def tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Tokenize texts, without the marks at their ends."""
    clean = [text[:MAX_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]  # lone surrogates
    return [encoding.ids for encoding in tokenizer.encode_batch_fast(clean, add_special_tokens=False)]


def pack_reading(question: list[int], title: list[int], sentences: Sequence[list[int]]) -> Packed:
    """Pack ``[CLS] question [SEP] title [SEP] sentence 1 [SEP] sentence 2 [SEP] ...``; a last sentence may be cut short."""
    ids = [CLS, *question[:QUESTION_TOKENS], SEP]
    types = [0] * len(ids)
    ids += [*title[:TITLE_TOKENS], SEP]
    sentence_of = [0] * len(ids)
    read = 0
    for number, sentence in enumerate(sentences, start=1):
        room = MAX_TOKENS - len(ids) - 1
        if room < min(8, len(sentence)):
            break
        part = [*sentence[:room], SEP]
        ids += part
        sentence_of += [number] * len(part)
        read = number
    types += [1] * (len(ids) - len(types))
    return Packed(ids, types, sentence_of, len(sentences), read)


# Types of the tokens of a statement with its quote: said or read; and standing in the other with the token beside it,
# standing there alone, or not at all. So a changed number is seen at once, and not after long training.
SAID, READ, CHECKING_TYPES = 0, 3, 6


def pack_checking(statement: list[int], quote: list[int]) -> Packed:
    """Pack ``[CLS] statement [SEP] quote [SEP]``; what is read is cut to the room that is left.

    Types are 0 to 2 for what is said, 3 to 5 for what is read: with its neighbour in the other, alone in it, not in it.
    """
    said = statement[:QUESTION_TOKENS]
    read = quote[: MAX_TOKENS - len(said) - 3]
    ids = [CLS, *said, SEP, *read, SEP]
    types = [SAID, *_echoes(said, read, SAID), SAID, *_echoes(read, said, READ), READ]
    return Packed(ids, types, [0] * len(ids), 0, 0)


def _echoes(these: list[int], others: list[int], first: int) -> list[int]:
    alone, pairs = set(others), set(pairwise(others))
    beside = [pair in pairs for pair in pairwise(these)]  # one fewer than tokens
    return [
        first if left or right else first + (1 if token in alone else 2)
        for token, left, right in zip(these, [False, *beside], [*beside, False], strict=False)
    ]


def batches(inputs: Sequence[Packed], limit: int) -> list[list[int]]:
    """Group inputs of like length, at most ``limit`` tokens a group with padding; gives their places."""
    order = sorted(range(len(inputs)), key=lambda place: len(inputs[place].ids))
    groups: list[list[int]] = []
    for place in order:
        width = len(inputs[place].ids)
        if groups and width * (len(groups[-1]) + 1) <= limit:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def padded(inputs: Sequence[Packed]) -> dict[str, Ints]:
    """Stack inputs: ``input_ids``, ``attention_mask``, ``token_type_ids``, ``sentence_of``, each of shape (n, length)."""
    width = max(len(item.ids) for item in inputs)
    stacked = {name: np.zeros((len(inputs), width), dtype=np.int64) for name in NAMES}
    for row, item in enumerate(inputs):
        end = len(item.ids)
        stacked["input_ids"][row, :end] = item.ids
        stacked["attention_mask"][row, :end] = 1
        stacked["token_type_ids"][row, :end] = item.types
        stacked["sentence_of"][row, :end] = item.sentence_of
    return stacked


NAMES = ("input_ids", "attention_mask", "token_type_ids", "sentence_of")
