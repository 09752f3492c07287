"""Alarms: what a statement says and its sources plainly do not: a number, a name, a negation, a direction.

They are seen by rule, in words that a person can check, and stand beside the verdict of a model, which may overlook them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

from assistant.answer import Alarm
from ingestion.sentences import split_sentences
from ingestion.words import terms

ALARMS: tuple[Alarm, ...] = get_args(Alarm)

DIGITS = re.compile(r"(?<![\w.,])\d+(?:\.\d+)?(?=[x×]?(?!\w|[.,]\d))")  # also the 4 of "4x"
WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
NEGATES = re.compile(
    r"\b(no|not|never|neither|nor|none|without|cannot|nothing|hardly|lacks?|lacking|fail(s|ed|ing)?)\b|n['’]t\b|[-\w](free|less)\b"
)
# Numbers in words, and what is said in their place.
SPELT = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60",
    "seventy": "70", "eighty": "80", "ninety": "90", "hundred": "100", "thousand": "1000", "both": "2", "twice": "2",
    "double": "2", "doubled": "2", "doubles": "2", "pair": "2", "triple": "3", "thrice": "3", "half": "50", "halved": "50",
    "third": "33", "quarter": "25", "first": "1", "second": "2", "single": "1", "once": "1", "dozen": "12",
}  # fmt: skip
# Each word with its opposite, as stems of the index.
OPPOSITES = (
    ("increase", "decrease"), ("higher", "lower"), ("high", "low"), ("more", "less"), ("more", "fewer"), ("most", "least"),
    ("improve", "worsen"), ("improve", "degrade"), ("better", "worse"), ("best", "worst"), ("faster", "slower"),
    ("larger", "smaller"), ("large", "small"), ("longer", "shorter"), ("raise", "reduce"), ("rise", "fall"),
    ("rose", "fell"), ("gain", "lose"), ("gain", "loss"), ("outperform", "underperform"), ("above", "below"),
    ("before", "after"),
    ("stronger", "weaker"), ("strong", "weak"), ("positive", "negative"), ("benefit", "harm"), ("promote", "inhibit"),
    ("activate", "suppress"), ("upregulate", "downregulate"), ("increase", "reduce"), ("always", "never"),
    ("accept", "reject"), ("early", "late"), ("earlier", "later"), ("succeed", "fail"), ("majority", "minority"),
    ("easier", "harder"),
    ("sensitive", "robust"), ("significant", "insignificant"), ("maximum", "minimum"), ("maximize", "minimize"),
    ("supervised", "unsupervised"), ("online", "offline"), ("agree", "disagree"), ("win", "lose"), ("older", "younger"),
)  # fmt: skip


def alarms(statement: str, sources: Sequence[str]) -> tuple[Alarm, ...]:
    """Say what in a statement stands in none of its sources.

    ``number``: digits that they do not hold, neither in digits nor in words. ``name``: a name, an acronym or a symbol that
    they do not hold. ``negation``: it denies, and the sentence most like it does not, or the reverse. ``direction``: it says
    "higher", and they say only "lower".
    """
    together = " ".join(sources)
    found: dict[Alarm, bool] = {
        "number": not _digits(statement) <= _digits(together) | _spelt(together),
        "name": _unnamed(statement, together),
        "negation": _denies(statement) != _denies(_nearest(statement, sources)),
        "direction": _opposed(set(terms(statement)), set(terms(together))),
    }
    return tuple(name for name in ALARMS if found[name])


def _digits(text: str) -> set[str]:
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text.replace("\\", ""))
    return {number.rstrip("0").rstrip(".") if "." in number else number for number in DIGITS.findall(text)}


def _spelt(text: str) -> set[str]:
    return {SPELT[word] for word in re.findall(r"[a-z]+", text.casefold()) if word in SPELT}


def _unnamed(statement: str, together: str) -> bool:
    held = _folded(together)
    sentences = [statement[s.start : s.end] for s in split_sentences(statement)]
    for sentence in sentences:
        for place, match in enumerate(WORD.finditer(sentence)):
            word = match.group().removesuffix("'s").removesuffix("’s")
            inner = any(character.isupper() for character in word[1:]) or (
                word[:1].isalpha() and any(map(str.isdigit, word))
            )
            if (inner or (place > 0 and word[:1].isupper() and len(word) > 1)) and _folded(word) not in held:
                return True
    return False


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _nearest(statement: str, sources: Sequence[str]) -> str:
    said = set(terms(statement))
    sentences = [source[s.start : s.end] for source in sources for s in split_sentences(source)]
    return max(sentences, key=lambda sentence: len(said & set(terms(sentence))), default="")


def _denies(text: str) -> bool:
    return NEGATES.search(text.casefold()) is not None


def _opposed(said: set[str], held: set[str]) -> bool:
    for one, other in _OPPOSED:
        for mine, theirs in ((one, other), (other, one)):
            if mine in said and theirs not in said and theirs in held and mine not in held:
                return True
    return False


_OPPOSED = [(terms(one)[0], terms(other)[0]) for one, other in OPPOSITES]
