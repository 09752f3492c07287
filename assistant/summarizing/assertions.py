"""What a sentence of an abstract asserts: whether it tells a finding at all, and whether it denies something.

Seen by rule: the packaged verifier takes "X does not affect Y" for support of "X affects Y" as often as not.
"""

from __future__ import annotations

import re
from typing import Literal

from assistant.alarms import alarms

Turn = Literal["denial", "direction"]

# An aim, a question, a method, or what is not known: no finding.
NO_FINDING = re.compile(
    "|".join(
        [
            r"\b(?:whether|aim(?:s|ed)?|objectives?|purpose|goal|sought|hypothes\w+|questions?|outcome measures?)\b",
            r"\b(?:investigat\w+|explored?|evaluated|examined?|studied|assessed|reviewed)\b",
            r"\b(?:unclear|unknown|uncertain|controvers\w+|debat\w+|may or may not)\b|\?",
            r"\bto (?:\w+ )?(?:assess|determine|evaluate|study|compare|test|find out|identify|analy[sz]e|estimate)\b",
        ]
    ),
    re.IGNORECASE,
)
NOUNS = (
    r"effects?|influence|impact|associations?|relation\w*|correlations?|differences?|evidence|benefits?|improvements?"
    r"|advantages?|role|gains?|reduction|increase|support|indications?|data|change|consensus|link|need|value"
)
DENIES = re.compile(
    "|".join(
        [
            r"(?<!who )\b(?:do|does|did|is|are|was|were|be|can|could|should|may|might|has|have|had|will|would|but|and|or"
            r"|seems?|these|this|it)(?: \w+ly| also)? not\b(?! only)",
            r"\bnot (?:\w+ly )?(?:be|\w+ed|\w+(?:able|ful|ive))\b|n['’]t\b|\bcannot\b|\b(?:neither|never)\b",
            rf"\b(?:no|little) (?:[\w-]+ ){{0,3}}?(?:{NOUNS}|more|less|better|worse)\b",
            r"\black(?:s|ed)?\b|\bfail(?:s|ed)? to\b",
            r"\b(?:un|in)(?:necessary|effective|sufficient|adequate|suitable|reliable|related|able|appropriate|aware|likely)\b",
            r"\b(?:regardless|independent) of\b|\bcontrary to\b|\b(?:contradicts?|refutes?|disproves?)\b",
        ]
    ),
    re.IGNORECASE,
)


def finds(sentence: str) -> bool:
    """Tell a sentence that may state a finding from an aim, a question, a method, or what is not known."""
    return NO_FINDING.search(sentence) is None


def turns(claim: str, sentence: str) -> Turn | None:
    """Say how a sentence about the same thing turns a claim round: it denies what is claimed, or has it the other way.

    A claim that denies is turned round by a sentence that does not. To deny the other way ("does not lower" of "raises")
    turns nothing round.
    """
    denied, reversed_ = _denied(claim, sentence), "direction" in alarms(claim, [sentence])
    if denied == reversed_:
        return None
    return "denial" if denied else "direction"


def agrees(claim: str, sentence: str) -> bool:
    """Tell whether a sentence denies where the claim denies, and only there, in any words, and has the same direction."""
    return not _denied(claim, sentence) and not {"negation", "direction"} & set(alarms(claim, [sentence]))


def _denied(claim: str, sentence: str) -> bool:
    return (DENIES.search(claim) is None) != (DENIES.search(sentence) is None)
