"""An answer of the contract's object, as a chat keeps it, perhaps written by another version of this program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, get_args

from assistant.answer import Answer, Citation, RetrievedPaper, Statement, Status, Timings, Usage, Verdict
from assistant.exporting.errors import ExportError

Made = TypeVar("Made", Answer, Citation, RetrievedPaper, Statement, Timings, Usage)
KINDS: dict[str, type | tuple[type, ...]] = {"str": str, "int": int, "float": (int, float)}
CHOICES = {"Verdict": get_args(Verdict), "Status": get_args(Status)}


def recalled(record: Mapping[str, Any], where: str) -> Answer:
    """Make an answer again of its object. Fields that this version does not know are left out.

    Raises:
        ExportError: a field that an answer needs is missing, or is of another kind; the message begins with ``where``.
    """
    try:
        return _made(
            Answer,
            {
                **record,
                "statements": tuple(_statement(found) for found in record["statements"]),
                "citations": tuple(_made(Citation, found) for found in record["citations"]),
                "retrieved": tuple(_made(RetrievedPaper, found) for found in record.get("retrieved") or ()),
                "usage": _made(Usage, record.get("usage") or {}),
                "timings": _made(Timings, record.get("timings") or {}),
                "notes": tuple(map(str, record.get("notes") or ())),
            },
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ExportError(f"{where} is no answer that can be exported: {type(error).__name__}: {error}.") from error


def _statement(record: Mapping[str, Any]) -> Statement:
    return _made(
        Statement,
        {**record, "citations": tuple(map(int, record["citations"])), "alarms": tuple(record.get("alarms") or ())},
    )


def _made(kind: type[Made], record: Mapping[str, Any]) -> Made:
    """Make a record of the fields that it knows. Raises TypeError for one of another kind than it should be."""
    made = kind(**{field.name: record[field.name] for field in fields(kind) if field.name in record})
    for field in fields(kind):
        value, wanted = getattr(made, field.name), str(field.type)
        if wanted in KINDS and not isinstance(value, KINDS[wanted]):
            raise TypeError(f"{field.name} is {type(value).__name__}, not {wanted}")
        if wanted in CHOICES and value not in CHOICES[wanted]:
            raise TypeError(f"{field.name} is {value!r}, not one of {', '.join(CHOICES[wanted])}")
    return made
