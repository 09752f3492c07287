"""Authors' names, however a format writes them, as people say them: first name first."""

from __future__ import annotations

import re

from ingestion.readers.latex import unicode_of

MAX_NAME = 500  # characters; longer ones are no names
MAX_NAMES = 10_000  # the longest list of authors has some 5,000
SUFFIX = re.compile(r"(jr|sr|ph\.?d|m\.?d|dr|esq|ii|iii|iv)\.?", re.IGNORECASE)


def names_of(value: object) -> tuple[str, ...]:
    """Read names from a list (of names, ``{"name": …}`` or ``["Last", "First"]``), or from one string of them.

    In a string ``;`` stands between names, else ``and``, else commas where each part has a first and a last name.
    """
    if isinstance(value, str):
        value = _divided(value[: MAX_NAME * MAX_NAMES])
    if not isinstance(value, list | tuple):
        return ()
    names = (_name(item) for item in value[:MAX_NAMES])
    return tuple(name for name in names if name)


def _divided(text: str) -> list[str]:
    if ";" in text:
        return text.split(";")
    parts = re.split(r",?\s+and\s+", text)
    if len(parts) > 2 or (
        len(parts) == 2 and all(part.count(",") == 1 for part in parts)
    ):  # as BibTeX has it: "Doe, Jane and Li, Wei"
        return parts
    return [name for part in parts for name in _by_commas(part)]


def _by_commas(text: str) -> list[str]:
    """Divide "Jane Doe, Wei Li", but not "Doe, Jane", nor "Doe, Jane, Jr."."""
    parts = [part.strip() for part in text.split(",")]
    return parts if all(" " in part or "\u00a0" in part for part in parts) else [text]


def _name(item: object) -> str:
    if isinstance(item, dict):
        whole = next((item[key] for key in ("name", "display_name", "literal") if isinstance(item.get(key), str)), None)
        parts = (_flat(item.get(key)) for key in ("first", "given", "middle", "last", "family", "suffix"))
        return _clean(first_name_first(whole) if whole else " ".join(filter(None, parts)))
    if isinstance(item, list | tuple):  # arXiv's ["Last", "First", "Jr."]
        last, first, suffix = (*(_flat(part) for part in item[:3]), "", "", "")[:3]
        return _clean(" ".join(filter(None, (first, last, suffix))))
    return _clean(first_name_first(item)) if isinstance(item, str) else ""


def first_name_first(name: str) -> str:
    """Turn "Last, First" and "Last, Jr., First" around; leave what has another number of commas as it is."""
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 3 and (SUFFIX.fullmatch(parts[1]) or SUFFIX.fullmatch(parts[2])):
        last, *rest = parts
        suffix, first = rest if SUFFIX.fullmatch(rest[0]) else reversed(rest)
        return " ".join(filter(None, (first, last, suffix)))
    if len(parts) == 2 and all(parts) and not SUFFIX.fullmatch(parts[1]) and len(parts[1].split()) <= 4:
        return f"{parts[1]} {parts[0]}"
    return name


def _flat(value: object) -> str:
    if isinstance(value, list):
        return " ".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _clean(name: str) -> str:
    clean = " ".join(unicode_of(name).encode("utf-8", "ignore").decode().split())
    return clean[:MAX_NAME]
