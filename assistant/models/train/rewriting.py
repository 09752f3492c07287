"""Sentences said again by rule, rightly and wrongly: close to the source's own words, the wrong ones with a change.

Both are reworded alike, so that only what was changed tells them apart.
"""

from __future__ import annotations

import random
import re

LEADS = re.compile(
    r"^(?:(?:(?:Extensive |Our |Comprehensive |Empirical |The )*"
    r"(?:[Ee]xperiments?|[Rr]esults?|[Ee]valuations?|[Aa]nalys[ei]s)"
    r"(?: \w+){0,4} (?:show|shows|demonstrate|demonstrates|reveal|reveals|indicate|indicates|suggest) that )"
    r"|(?:We (?:also |further )?(?:find|show|demonstrate|observe|prove|report) that )"
    r"|(?:(?:Moreover|Additionally|In addition|However|Specifically|Notably|Furthermore|In this paper|In this work|"
    r"To this end|Finally|Importantly|Here|Overall|Consequently|Thus|Therefore|Further), ))"
)
TAIL = re.compile(
    r",? (?:while|whereas|thereby|demonstrating|highlighting|making|suggesting|underscoring|showing|paving|enabling)"
    r" [^.]*\.$"
)
ASIDE = re.compile(r" \([^()]{1,40}\)")
SOFT = re.compile(
    r" (?:significantly|substantially|effectively|consistently|also|further|notably|successfully|remarkably)\b"
)
SAME = (
    (r"\boutperforms\b", ("performs better than", "surpasses", "beats", "is better than")),
    (r"\boutperform\b", ("perform better than", "surpass", "beat")),
    (r"\bachieves\b", ("reaches", "attains", "obtains")),
    (r"\bdemonstrates\b", ("shows",)),
    (r"\butilizes?\b", ("uses",)),
    (r"\brequires\b", ("needs",)),
    (r"\bintroduces?\b", ("presents",)),
    (r"\bproposes?\b", ("presents",)),
    (r"\bcompared (?:to|with)\b", ("relative to", "in comparison with")),
    (r"\brelative to\b", ("compared with",)),
    (r"\benhances\b", ("improves",)),
    (r"\bdecreases\b", ("reduces", "lowers")),
    (r"\breduces\b", ("lowers", "cuts")),
    (r"\bapproximately\b", ("about", "roughly")),
    (r"\bmultiple\b", ("several",)),
    (r"\bnumerous\b", ("many",)),
    (r"\bin terms of\b", ("in",)),
    (r"\bfaster than\b", ("quicker than",)),
    (r"\b[Oo]ur\b", ("the", "their")),
    (r"\b[Ww]e\b", ("the authors",)),
    (r"(?<=\d)x\b", (" times",)),
    (r"(?<=\d)\\?%", (" percent", "%")),
)
COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NAME = re.compile(r"\b(?:[A-Z][a-z]*[A-Z0-9][\w-]*|[a-z]+[A-Z][\w-]*|[A-Z]{2,}[\w-]*)\b|\b(?:[Oo]ur|[Tt]he proposed) \w+\b")
COMPARES = re.compile(
    r"\b(?:than|over|compared (?:to|with)|relative to|outperforms?|surpass(?:es)?|exceeds?|beats?|rather than|instead of|"
    r"from|into|by|causes?|leads? to|using|improves|replaces?)\b"
)
FRONTED = re.compile(r"^(Compared (?:to|with)|Relative to|Unlike|In contrast to) ([^,]{3,60}), (.+?)\.$")
BEATS = re.compile(
    r"^(.{3,60}?) (?:significantly |consistently |also )?(?:outperforms?|surpass(?:es)?)"
    r" (.{3,70}?)( (?:on|in|by|across) .+)?\.$"
)
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*[A-Za-z]{2})")


def turned(said: str) -> str:
    """Put a comparison the other way about, with the same meaning; a sentence without one stays as it is."""
    if found := FRONTED.match(said):
        how, other, rest = found.groups()
        return f"{rest[:1].upper()}{rest[1:]} {how[:1].lower()}{how[1:]} {other}."
    if found := BEATS.match(said):
        one, other, where = found.groups()
        plain = one[:1].lower() + one[1:] if one.split()[0] in {"Our", "The", "This"} else one
        return f"{other[:1].upper()}{other[1:]} fall short of {plain}{where or ''}."
    return said


def reworded(said: str, draw: random.Random) -> str:
    """Say a sentence again in nearly its own words: openings, asides and adverbs go, words change for like ones."""
    said = LEADS.sub("", said)
    said = said[:1].upper() + said[1:]
    if draw.random() < 0.5:
        said = turned(said)
    if draw.random() < 0.5:
        said = TAIL.sub(".", said)
    if draw.random() < 0.5:
        said = ASIDE.sub("", said)
    if draw.random() < 0.7:
        said = SOFT.sub("", said)
    for pattern, others in SAME:
        if draw.random() < 0.7:
            said = re.sub(pattern, draw.choice(others), said)
    for number, word in enumerate(COUNTS, start=2):
        if draw.random() < 0.4:
            said = re.sub(rf"\b{word}\b", str(number), said)
    return said[:1].upper() + said[1:]


def swapped(said: str, draw: random.Random) -> str | None:
    """Change the places of two names on both sides of what relates them, or of two numbers; None where there are none."""
    for relation in draw.sample(found := list(COMPARES.finditer(said)), len(found)):
        before = [m for m in NAME.finditer(said, 0, relation.start())]
        after = [m for m in NAME.finditer(said, relation.end())]
        if before and after and before[-1].group().lower() != after[0].group().lower():
            one, other = before[-1], after[0]
            return said[: one.start()] + other.group() + said[one.end() : other.start()] + one.group() + said[other.end() :]
    numbers = list(NUMBER.finditer(said))
    if len(numbers) > 1:
        one, other = numbers[0], numbers[-1]
        if one.group() != other.group():
            return said[: one.start()] + other.group() + said[one.end() : other.start()] + one.group() + said[other.end() :]
    return None
