"""What a mapping file says: which columns of which tables become which fields of a suite and of its papers. YAML.

A field is a column's name, or an object that says more. Nothing here reads data; `evals.mapping.importing` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from evals.case import KINDS, Kind
from evals.errors import SuiteError

REFERENCE = re.compile(r"\{([^{}]+)\}")  # a column in a template


def _listed(value: object) -> object:
    return value if isinstance(value, list) or value is None else [value]


def _column(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


def _constant(value: object) -> object:
    return {"default": value} if isinstance(value, str) else value


OneOrMore = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Conditions = dict[str, OneOrMore]  # column: the value, or the values of which it is to have one


class Part(BaseModel):
    """A part of a mapping file: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Files(Part):
    """A table: files of a folder. ``items`` names the list within a JSON document; ``optional`` ones may be missing."""

    files: str
    items: str | None = None
    optional: bool = False


class Cell(Part):
    """One text of a row: a column, or a ``template`` with columns in braces."""

    column: str | None = None
    template: str | None = None
    optional: bool = False

    @model_validator(mode="after")
    def _one(self) -> Cell:
        if (self.column is None) == (self.template is None):
            raise ValueError("give either column or template")
        return self

    def columns(self) -> Iterator[str]:
        """Give the columns that a table must have."""
        if not self.optional:
            yield from [self.column] if self.column is not None else REFERENCE.findall(self.template or "")


class KindOf(Part):
    """The kind of a question: of a column, by ``values`` where it has words of its own, else ``default``.

    Where the column says nothing and the column ``needs`` is empty, the question is unanswerable.
    """

    column: str | None = None
    values: dict[str, Kind] = {}
    default: Kind | None = None
    needs: str | None = None

    def columns(self) -> Iterator[str]:
        """Give the columns that a table must have."""
        if self.column is not None and self.default is None:
            yield self.column
        if self.needs is not None:
            yield self.needs


class Texts(Part):
    """Texts of a row: a column that holds one text, a list of them, or a list of objects.

    ``field`` is what to take of each object, ``where`` which objects; ``keys`` takes the keys of one object. ``first`` takes
    the first of alternatives. A text of fewer than ``least_words`` or more than ``most_words`` is passed over as a whole; a
    longer one may be ``split``, at a separator or into "sentences", and what is among ``skip`` is left out. ``spellings``
    separates the accepted spellings of a fact; with ``alternatives`` all texts are spellings of one. ``when`` says of which
    rows to take it.
    """

    column: str
    optional: bool = False
    when: Conditions = {}
    field: str | None = None
    where: Conditions = {}
    keys: bool = False
    first: bool = False
    least_words: int = 0
    most_words: int | None = None
    split: str | None = None
    skip: OneOrMore = ()
    spellings: str | None = None
    alternatives: bool = False

    def columns(self) -> Iterator[str]:
        """Give the columns that a table must have."""
        yield from self.when
        if not self.optional:
            yield self.column


class Judgements(Part):
    """Gold papers of a table of judgements: its columns for the question, the paper and the grade.

    Grades below ``minimum`` do not count as relevant; ``grades`` says what the others are in a suite (1 and more), where
    the table counts otherwise.
    """

    table: str
    question: str
    paper: str
    grade: str | None = None
    minimum: int = 1
    grades: dict[int, Annotated[int, Field(ge=1)]] | None = None
    when: Conditions = {}

    def columns(self) -> Iterator[str]:
        """Give the columns that the table of questions must have; those of the judgements are `judged`."""
        yield from self.when

    def judged(self) -> Iterator[str]:
        """Give the columns that the table of judgements must have."""
        yield from filter(None, (self.question, self.paper, self.grade))


class Numbered(Part):
    """Evidence by number: a column with an object ``{paper: [{numbers: [0, 3]}]}``, counted in the papers' column ``of``."""

    column: str
    numbers: str
    of: str

    def columns(self) -> Iterator[str]:
        """Give the columns that a table must have."""
        yield self.column


def _which(value: object) -> str:
    """Tell sources apart by what they say, so that an error is about the one that was meant."""
    said = value if isinstance(value, dict) else {}
    return "judgements" if "table" in said else "numbered" if "numbers" in said else "texts"


Named = Annotated[Cell, BeforeValidator(_column)]
AnyTexts = Annotated[Texts, BeforeValidator(_column)]
AnyPapers = Annotated[
    Annotated[Texts, Tag("texts")] | Annotated[Judgements, Tag("judgements")],
    Discriminator(_which),
    BeforeValidator(_column),
]
AnyEvidence = Annotated[
    Annotated[Texts, Tag("texts")] | Annotated[Numbered, Tag("numbered")], Discriminator(_which), BeforeValidator(_column)
]


class Papers(Part):
    """The papers of the set: a table, and where a record of `vouched ingest` finds its fields."""

    table: str
    id: Named
    title: Named
    abstract: Named
    year: Named | None = None
    venue: Named | None = None
    doi: Named | None = None
    arxiv_id: Named | None = None
    url: Named | None = None

    def cells(self) -> dict[str, Cell]:
        """Give the fields that are mapped, by their name in a record."""
        found = {name: getattr(self, name) for name in type(self).model_fields if name != "table"}
        return {name: cell for name, cell in found.items() if cell is not None}


class Questions(Part):
    """The questions of the set: rows that ``keep`` to these conditions, or the first ``limit`` of them."""

    table: str
    id: Named | None = None
    question: Named
    kind: Annotated[KindOf, BeforeValidator(_constant)]
    facts: Annotated[tuple[AnyTexts, ...], BeforeValidator(_listed)] = ()
    nuggets: Annotated[tuple[AnyTexts, ...], BeforeValidator(_listed)] = ()
    papers: Annotated[tuple[AnyPapers, ...], BeforeValidator(_listed)] = ()
    evidence: Annotated[tuple[AnyEvidence, ...], BeforeValidator(_listed)] = ()
    keep: Conditions = {}
    limit: Annotated[int, Field(ge=1)] | None = None

    def columns(self) -> Iterator[str]:
        """Give the columns that the table must have."""
        yield from self.keep
        cells = (self.question, *([self.id] if self.id else []))
        for part in (*cells, self.kind, *self.facts, *self.nuggets, *self.papers, *self.evidence):
            yield from part.columns()


class Mapping(Part):
    """A mapping file. ``licence`` and ``source`` are of the data, for whoever reads the suite."""

    name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    version: int = 1
    licence: str | None = None
    source: str | None = None
    tables: dict[str, Files]
    corpus: Papers | None = None
    questions: Questions

    @model_validator(mode="after")
    def _known_tables(self) -> Mapping:
        judgements = [part.table for part in self.questions.papers if isinstance(part, Judgements)]
        for table in (self.questions.table, *([self.corpus.table] if self.corpus else []), *judgements):
            if table not in self.tables:
                raise ValueError(f"there is no table {table!r}; tables has {', '.join(self.tables)}")
        return self


def load_mapping(name: str) -> Mapping:
    """Read a mapping, given by the name of a packaged one or by its path. Raises SuiteError, which names the field."""
    file = _find(name)
    try:
        return Mapping.model_validate(yaml.safe_load(file.read_bytes()))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SuiteError(f"{name} is not valid YAML: {error}.") from error
    except ValidationError as error:
        wrong = "; ".join(_said(found) for found in error.errors()[:5])
        raise SuiteError(f"The mapping {name} is wrong: {wrong}. See docs/suites.md for what a mapping says.") from error


def packaged() -> list[str]:
    """List the mappings that come with Vouched."""
    folder = resources.files("evals").joinpath("mappings")
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def _said(found: Any) -> str:  # noqa: ANN401 (pydantic's ErrorDetails)
    place = ".".join(map(str, found["loc"]))
    message = str(found["msg"]).removeprefix("Value error, ")
    if found["type"] == "extra_forbidden":
        message = "there is no such field"
    if found["type"] == "literal_error":
        message = f"{found['input']!r} is none of {', '.join(KINDS)}"
    return f"{place}: {message}" if place else message


def _find(name: str) -> Traversable:
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        if not path.is_file():
            raise SuiteError(f"There is no mapping file {name}.")
        return path
    if name not in packaged():
        raise SuiteError(f"There is no mapping {name}. Give a YAML file, or one of: {', '.join(packaged())}.")
    return resources.files("evals").joinpath("mappings", f"{name}.yaml")
