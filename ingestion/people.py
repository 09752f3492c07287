"""Authors' names: are two of one person, and does a name answer to what someone types?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ingestion.folding import words_of

IGNORED = {"jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "the"}
INITIALS = re.compile(r"(?:[A-Z]\.?-?){1,3}")  # after a surname, as PubMed has them: "Doe JA"
UMLAUT = re.compile(r"(?:(?<=[ao])|(?<=[^q]u))e(?=\w)")  # Mueller is Müller


@dataclass(frozen=True, slots=True)
class Name:
    """A name in folded words: the ``given`` ones, initials among them, before the ``surname``'s last one."""

    given: tuple[str, ...]
    surname: str

    @property
    def words(self) -> tuple[str, ...]:
        """All words, the surname last."""
        return (*self.given, self.surname)


@lru_cache(65_536)
def name_of(text: str) -> Name | None:
    """Read "Jane A. Doe", "Doe, Jane A." or "Doe JA"; None where there is no letter."""
    last, comma, first = text.partition(",")
    if comma and _words(first):
        return _name([*_words(first), *_words(last)])
    before, _, end = text.strip().rpartition(" ")
    if INITIALS.fullmatch(end) and not before.isupper() and _words(before):
        return _name([*re.sub(r"[^a-z]", "", end.lower()), *_words(before)])
    return _name(_words(text))


def same_person(one: Name, other: Name) -> bool:
    """Tell whether two names can be one person's: surnames and first given names agree, in either order of the words."""
    if sorted(one.words) == sorted(other.words):
        return True
    if one.surname == other.surname:
        return _agree(one.given, other.given)
    shared = [word for word in one.words if len(word) > 1 and word in other.words]  # García Márquez, cited as García
    rests = [([w for w in one.words if w != word], [w for w in other.words if w != word]) for word in shared]
    return any(a and b and _agree(a, b) for a, b in rests)


def answers_to(name: Name, wanted: Name) -> bool:
    """Tell whether a name is meant by one that someone typed: a surname, or a full name with or without initials."""
    if not wanted.given:
        return wanted.surname == name.surname or wanted.surname in name.given[1:]
    return name.words[-len(wanted.words) :] == wanted.words or same_person(name, wanted)


def _agree(one: tuple[str, ...] | list[str], other: tuple[str, ...] | list[str]) -> bool:
    """Tell whether given names agree, as J., Jan and Janet do, but not Li and Lin."""
    if not one or not other:
        return True
    short, long = sorted((one[0], other[0]), key=len)
    return short == long or (len(short) != 2 and long.startswith(short))


def _words(text: str) -> list[str]:
    return [UMLAUT.sub("", word) for word in words_of(text) if word not in IGNORED]


def _name(words: list[str]) -> Name | None:
    return Name(tuple(words[:-1]), words[-1]) if words else None
