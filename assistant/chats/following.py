"""Follow-up questions: one that leans on what was said before is made whole, so that it can be searched for.

"And how does it compare to the second one?" finds nothing by itself. The rule carries over what was named: for "it" the
systems of the last question, for "the second one" the second paper of the last answer. It changes nothing in a question that
stands by itself. A language model does it better (see `assistant.chats.chat`); what it writes is held to the rule's limits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.question import MAX_QUESTION
from ingestion.words import terms

# CodePlan, GSM8K, GPT-4, MALT, Chain-of-Thought; not "I", nor a word that only begins a sentence.
NAME = re.compile(
    r"\b(?=\w*[A-Z])(?:\w*[a-z0-9][A-Z]\w*|[A-Z]{2,}\w*|\w*[A-Z]\w*\d\w*)(?:-\w+)*|\b[A-Z]\w+(?:-\w+)*-[A-Z]\w+"
)
CAPITAL = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b(?:-\w+)*(?: [A-Z][a-z]+\b)*")  # Aviary, in the middle of a sentence
LEAD = re.compile(r"^(?:and|but|so|then|also|ok(?:ay)?|thanks?|what about|how about|same for)\b[\s,.:;—-]*", re.IGNORECASE)
ABOUT = re.compile(r"^(?:and |but |so )?(?:what about|how about|same for|and for|and)\b", re.IGNORECASE)
KIND = r"(?:method|approach|model|system|framework|paper|study|work|technique|algorithm|strategy|dataset|benchmark)"
ORDER = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1, "former": 0, "latter": 1}
ORDINAL = re.compile(rf"\bthe ({'|'.join(ORDER)})(?: (?:one|{KIND}))?\b", re.IGNORECASE)
POSSESSIVE = re.compile(r"\b(its|their|his|her)\b(?! own)", re.IGNORECASE)
PRONOUN = re.compile(
    rf"\b(it|they|them|this|these|those|that(?= {KIND})|this(?= {KIND})|the same(?= {KIND}))\b(?: (?:same )?{KIND}s?\b)?"
    rf"|\bthe (?:same )?(?:{KIND}|authors?)s?\b",
    re.IGNORECASE,
)
ANOTHER = re.compile(r"\b(?:a|an|any|another|which|that|this) (?:\w+ )?ones?\b|\banother\b|\bthe others?\b", re.IGNORECASE)
DUMMY = re.compile(r"\b(?:is|was|does|would|can) it (?:true|possible|known|clear|likely|matter|take)\b|\bit is\b", re.I)
PLURAL = frozenset({"they", "them", "their"})
OWN = 3  # words of its own before a pronoun, which then stands for them
SHORT = 4  # words: "On which datasets?", "How much faster?"
BARE = 2  # words: "Why?", "How so?"


@dataclass(frozen=True, slots=True)
class Said:
    """A finished turn, as far as the next one may lean on it: the question as it was understood, and the papers cited."""

    question: str
    answer: str = ""
    titles: tuple[str, ...] = ()


def leans(question: str) -> bool:
    """Tell whether a question may need what was said before."""
    names = names_in(question)
    if ORDINAL.search(question) or ANOTHER.search(question):
        return True
    pronoun = POSSESSIVE.search(question) or PRONOUN.search(DUMMY.sub("", question))
    if pronoun is not None and pronoun.group().casefold() in PLURAL:
        # "how do language models represent colour in their states": what comes before is what it stands for
        return len(set(terms(question[: pronoun.start()]))) < OWN
    if pronoun is not None:
        # "the method of CodePlan", "this CodePlan paper": said by name in the same question, before or after
        return not (names and pronoun.group().casefold().startswith(("the ", "this ", "that ")))
    return bool(ABOUT.match(question)) or (not names and len(question.split()) <= SHORT)


def whole(question: str, history: Sequence[Said]) -> str:
    """Make a question whole by rule: it is given back as it is where it leans on nothing, or there is nothing to lean on."""
    if not history or not leans(question):
        return question
    last, subjects = history[-1], _subjects(history)
    asked = ORDINAL.sub(lambda match: _nth(last, match.group(1)) or match.group(), question)
    if swapped := _swapped(asked, last):
        return swapped[:MAX_QUESTION]
    elliptic = ABOUT.match(question) is not None and len(question.split()) <= SHORT
    asked = LEAD.sub("", asked) or asked
    if subjects:
        asked = _named(asked, " and ".join(subjects))
    if len(question.split()) <= BARE or elliptic:  # "Why?" asks of what was asked before
        asked = f"{asked.rstrip('?. ')} ({last.question.rstrip('?. ')})?"
    elif not names_in(asked) and not any(subject in asked for subject in subjects):
        about = " and ".join(subjects) if subjects else last.question.rstrip("?. ")
        asked = f"{asked.rstrip('?. ')}, about {about}?"
    return (asked[:1].upper() + asked[1:])[:MAX_QUESTION]


def _named(question: str, name: str) -> str:
    """Put a name in the place of each pronoun; the "it" of "is it possible" is none."""
    kept = DUMMY.sub(lambda match: re.sub(r"\bit\b", "\0", match.group(), flags=re.IGNORECASE), question)
    return PRONOUN.sub(lambda _: name, POSSESSIVE.sub(lambda _: f"{name}'s", kept)).replace("\0", "it")


def names_in(text: str) -> list[str]:
    """Find the names of systems, datasets and methods in a text, each once."""
    found = [*NAME.finditer(text), *CAPITAL.finditer(text)]
    return list(dict.fromkeys(match.group() for match in sorted(found, key=lambda match: match.start())))


def short_title(title: str) -> str:
    """Give the name that a paper is called by: what stands before the colon of its title, else the title."""
    head = title.partition(":")[0].strip()
    return head if head != title and len(head.split()) <= 4 else f"“{title}”"


def _subjects(history: Sequence[Said]) -> list[str]:
    """Give what "it" stands for: the names in the last question that has any, else the last answer's first paper."""
    for said in reversed(history):
        if names := names_in(said.question):
            return names[:3]
        if said.titles:
            return [short_title(said.titles[0])]
    return []


def _nth(said: Said, word: str) -> str | None:
    """Name the n-th thing: of the two or more systems that the question named, else of the papers cited."""
    named = names_in(said.question)
    things = named if len(named) > 1 else [short_title(title) for title in dict.fromkeys(said.titles)]
    place = ORDER[word.casefold()]
    return things[place] if -len(things) <= place < len(things) else None


def _swapped(question: str, last: Said) -> str | None:
    """Ask the last question of another system: "And MALT?" after "What does CodePlan improve?"."""
    new, old = names_in(LEAD.sub("", question)), names_in(last.question)
    alone = ABOUT.match(question) and len(new) == 1 and ABOUT.sub("", question).strip(" ?.!,") == new[0]
    return last.question.replace(old[0], new[0]) if alone and len(old) == 1 and new != old else None
