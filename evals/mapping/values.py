"""What a field of a mapping file gives for a row: one text, several texts, facts, or a kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evals.case import KINDS, Kind
from evals.errors import SuiteError
from evals.mapping.file import REFERENCE, Cell, Conditions, KindOf, Texts
from evals.mapping.records import Row, as_text
from ingestion.sentences import split_sentences

SENTENCES = "sentences"  # a `split` that is no separator


def meets(conditions: Conditions, row: Row) -> bool:
    """Tell whether a row has, in each column, one of the values."""
    return all(row.text(column) in values for column, values in conditions.items())


def cell(part: Cell, row: Row) -> str:
    """Give one text; "" where a column of it is empty."""
    if part.column is not None:
        return row.text(part.column)
    template = part.template or ""
    if not all(row.text(column) for column in REFERENCE.findall(template)):
        return ""
    return REFERENCE.sub(lambda found: row.text(found.group(1)), template)


def kind_of(part: KindOf, row: Row) -> Kind:
    """Give the kind of a question. Raises SuiteError for a word that is no kind and that the mapping gives none."""
    said = row.text(part.column) if part.column is not None else ""
    if said:
        kind = part.values.get(said, said)
        if kind not in KINDS:
            there = ", ".join(dict.fromkeys((*part.values, *KINDS)))
            raise SuiteError(f"{row.where}: the column {part.column} holds {said!r}; there are {there}.")
        return kind  # type: ignore[return-value]  # it is one of them
    if part.needs is not None and not row.cells.get(part.needs):
        return "unanswerable"
    if part.default is None:
        raise SuiteError(f"{row.where}: the column {part.column} is empty, and the mapping gives kind no default.")
    return part.default


def texts(part: Texts, row: Row) -> list[str]:
    """Give the texts that a field finds in a row."""
    return [text for item in _items(part, row) for text in ([item] if isinstance(item, str) else item)]


def facts(part: Texts, row: Row) -> list[list[str]]:
    """Give facts, each a list of spellings. A full stop at the end of one would have to stand in the answer: it goes."""
    found = [item if isinstance(item, list) else _split(item, part.spellings) for item in _items(part, row)]
    if part.alternatives:
        found = [[spelling for spellings in found for spelling in spellings]]
    bare = [list(dict.fromkeys(filter(None, (spelling.rstrip(".").strip() for spelling in fact)))) for fact in found]
    return [fact for fact in bare if fact]


def _items(part: Texts, row: Row) -> list[str | list[str]]:
    """Give what the column holds: texts, or lists of them where a list holds lists."""
    if not meets(part.when, row):
        return []
    items = [item for item in _read(part, row) if item]
    items = items[:1] if part.first else items
    found: list[str | list[str]] = []
    for item in items:
        if isinstance(item, list):
            found.append(item)
        elif part.least_words <= len(item.split()) <= (part.most_words or len(item)):
            found += [text for text in _split(item, part.split) if text.rstrip(".!").casefold() not in part.skip]
    return found


def _read(part: Texts, row: Row) -> Iterator[str | list[str]]:
    value = row.cells.get(part.column)
    if part.keys:
        if value is not None and not isinstance(value, dict):
            raise SuiteError(f"{row.where}: the column {part.column} holds no object, of which to take the keys.")
        value = list(value or ())
    for item in value if isinstance(value, list) else [value]:
        taken = item
        if part.field is not None:
            if not isinstance(item, dict):
                raise SuiteError(f"{row.where}: the column {part.column} holds no objects with a field {part.field!r}.")
            if any(as_text(item.get(name)) not in values for name, values in part.where.items()):
                continue
            taken = item.get(part.field)
        if isinstance(taken, dict):
            raise SuiteError(f"{row.where}: the column {part.column} holds an object; say which `field` of it to take.")
        yield [as_text(text) for text in taken if as_text(text)] if isinstance(taken, list) else as_text(taken)


def _split(text: str, separator: str | None) -> list[str]:
    if separator is None:
        return [text]
    if separator == SENTENCES:
        return [text[sentence.start : sentence.end] for sentence in split_sentences(text)]
    return [part.strip() for part in text.split(separator) if part.strip()]


def plain_list(value: Any, row: Row, column: str) -> list[Any]:  # noqa: ANN401 (any JSON value)
    """Give a list, none for what is missing. Raises SuiteError for anything else."""
    if value is not None and not isinstance(value, list):
        raise SuiteError(f"{row.where}: the column {column} holds no list.")
    return value or []
