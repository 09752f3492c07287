"""Worked examples: questions with evidence and good answers, from a file, the nearest to a question first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from assistant.errors import BankError
from assistant.grounding import Drafted, cited_text
from ingestion.embedding import PackagedEmbedding

PACKAGED = "strategies/demonstrations.jsonl"
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Statement(BaseModel):
    """A statement as a bank's file has it."""

    model_config = ConfigDict(strict=True)
    text: Words
    evidence: list[int]


class _Example(BaseModel):
    """A line of a bank's file."""

    model_config = ConfigDict(strict=True)
    question: Words
    evidence: list[Words]
    statements: Annotated[list[_Statement], Field(min_length=1)]
    cluster: int = 0


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A worked example: ``statements`` cite ``evidence`` by number from 1; ``cluster`` is of the question, by meaning."""

    question: str
    evidence: tuple[str, ...]
    statements: tuple[tuple[str, tuple[int, ...]], ...]
    cluster: int = 0

    def answer(self) -> str:
        """Write the answer with its markers."""
        return cited_text([Drafted(text, numbers) for text, numbers in self.statements])

    def as_object(self) -> str:
        """Write the answer as JSON."""
        items = [{"text": text, "evidence": list(numbers)} for text, numbers in self.statements]
        return json.dumps({"statements": items}, ensure_ascii=False)


class Bank:
    """Worked examples that can be searched by their questions."""

    def __init__(self, examples: Sequence[Demonstration]) -> None:
        """Embed the questions of the examples. Raises EmbeddingError."""
        self.examples = tuple(examples)
        self._embedding = PackagedEmbedding()
        self._vectors = self._embedding.encode([example.question for example in self.examples])

    def nearest(self, question: str, count: int) -> list[Demonstration]:
        """Give the examples nearest to a question, each of another cluster while there are such, nearest last."""
        similar = self._vectors @ self._embedding.encode([question])[0]
        found: list[Demonstration] = []
        later: list[Demonstration] = []
        for place in sorted(range(len(self.examples)), key=lambda place: -similar[place]):
            example = self.examples[place]
            (later if example.cluster in {e.cluster for e in found} else found).append(example)
        return [*found, *later][:count][::-1]


@lru_cache(maxsize=4)
def bank(path: Path | None = None) -> Bank:
    """Read a bank of examples, by default the packaged one. Raises BankError, which names the line."""
    if path is None:
        text, name = resources.files("assistant").joinpath(PACKAGED).read_text(encoding="utf-8"), PACKAGED
    else:
        try:
            text, name = path.read_text(encoding="utf-8-sig"), str(path)
        except (OSError, UnicodeDecodeError) as error:
            raise BankError(f"The examples {path} cannot be read ({error}). Mend VOUCHED_DEMONSTRATIONS.") from error
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        raise BankError(f"The examples {name} are none. Make some: vouched eval demonstrations SUITE --out FILE.")
    return Bank([_read(line, f"{name}, line {number}") for number, line in lines])


def _read(line: str, where: str) -> Demonstration:
    try:
        found = _Example.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        said = f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")
        raise BankError(
            f"{where} is no worked example ({said}); one is an object with question, evidence and statements."
        ) from error
    statements = tuple((statement.text, tuple(statement.evidence)) for statement in found.statements)
    cited = [number for _, numbers in statements for number in numbers]
    if not all(numbers for _, numbers in statements) or any(not 1 <= number <= len(found.evidence) for number in cited):
        raise BankError(f"{where} has a statement that cites nothing, or what is not in its evidence.")
    return Demonstration(found.question, tuple(found.evidence), statements, found.cluster)
