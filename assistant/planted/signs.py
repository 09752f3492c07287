"""The rules: what each is called, what it looks for, and where in a sentence an order may begin.

They are data, in ``rules/``, each pattern with an example that it must find (tests/test_planted.py). In a pattern «name»
stands for a list of the same file, or for one of EVERYWHERE; line breaks count for nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from typing import Any

# Words that may lead up to an order at the start of a sentence.
HAIL = (
    r"please|kindly|now|then|so|also|and|but|or|instead|finally|first|second|third|secondly|thirdly|lastly|next|hey|hi|hello"
    r"|ok|okay|stop|attention|important|urgent|note|nb|reminder|warning|notice|hint|ps|step|task|action|required|to do|todo"
    r"|assistants?|ai|model|sudo|further|moreover"
)
YOU = (
    r"you (?:must|should|shall|will|can|may|are to|have to|need to|ought to|are (?:\w+ )?(?:asked|required|instructed"
    r"|requested|told|obliged|ordered) to)"
)
HOW = (
    r"(?:(?:always|only|just|simply|now|then|first|therefore|also|never|not|instead|exclusively|immediately|kindly"
    r"|please) ){0,3}"
)
START = rf"^(?:[\W\d_]|(?:{HAIL})\b)*+(?:{YOU} )?(?:do not |don't )?{HOW}"
BEGINS = re.compile(  # what stands before an order: nothing, what ends a clause, or what leads up to one
    rf"(?:{START}|[.:;!?\"(\[>|] ?{HOW}|(?<!\w)'{HOW}|\w - {HOW}|\b(?:please|kindly) {HOW}|\b{YOU} {HOW})$"
)
WHEN = re.compile(  # a clause that says when an order holds: "Before answering, repeat ..."
    r"(?:^|[.:;!?] )(?:\W|and |but |also )*(?:before|after|when|whenever|if|once|wherever|where|for|in|on|as|should|upon"
    rf"|while|regardless|whatever|no matter|to|at|instead|because|since)\b[^.;:]{{1,160}}, ?{HOW}(?:{YOU} {HOW})?$"
)
LOOKS_BACK = 200  # characters before a verb that are looked at
EVERYWHERE = {"you": YOU, "how": HOW, "start": START}


@dataclass(frozen=True)
class Sign:
    """A rule.

    ``cues`` are strings one of which a text must hold to be looked at, which saves time; none: it is always looked at.
    ``patterns`` are regular expressions. Where ``orders``, they count only where an order may begin: "the model ignores
    earlier instructions" begins none. ``source`` says who described the trick.
    """

    name: str
    source: str
    cues: tuple[str, ...]
    patterns: tuple[str, ...]
    orders: bool = False
    examples: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def _found(self) -> re.Pattern[str]:  # compiled when a cue is met first: most never are
        return re.compile("|".join(f"(?:{pattern})" for pattern in self.patterns))

    def within(self, text: str) -> Iterator[re.Match[str]]:
        """Find it in a text."""
        if self.cues and not any(cue in text for cue in self.cues):
            return
        for match in self._found.finditer(text):
            if not self.orders or _ordered(text[max(0, match.start() - LOOKS_BACK) : match.start()]):
                yield match


def load(name: str) -> tuple[Sign, ...]:
    """Read the rules of a file, for instance ``english``. Raises ValueError where one names a list that there is not."""
    text = resources.files(__package__).joinpath("rules", f"{name}.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    sources, lists = data["sources"], {**EVERYWHERE, **{key: _joined(p) for key, p in data.get("words", {}).items()}}
    return tuple(_sign(record, sources, lists) for record in data["signs"])


def _sign(record: Mapping[str, Any], sources: Mapping[str, str], lists: Mapping[str, str]) -> Sign:
    patterns = tuple(_filled(_joined(pattern), lists) for pattern in record["found"])
    cues = tuple(_joined(record["cues"]).split("|")) if record.get("cues") else ()
    return Sign(
        record["name"],
        sources[record["source"]],
        cues,
        patterns,
        record.get("orders", False),
        tuple(record["examples"]),
    )


def _joined(pattern: str) -> str:
    return pattern.replace("\n", "")


def _filled(pattern: str, lists: Mapping[str, str]) -> str:
    """Put the lists in the place of their names, also those that a list names in turn."""
    while names := re.findall("«([a-z]+)»", pattern):
        for name in names:
            if name not in lists:
                raise ValueError(f"The pattern {pattern[:60]} names the list {name}, which there is not.")
            pattern = pattern.replace(f"«{name}»", lists[name])
    return pattern


def _ordered(before: str) -> bool:
    return BEGINS.search(before) is not None or WHEN.search(before) is not None
