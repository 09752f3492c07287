"""What a refusal looks like in other systems' answers: a declared list, as they have no status that says so.

It is about English, and about the first sentence of an answer. Whoever adds a pattern adds worked examples to
``tests/test_evals_foreign.py``, of what it is to find and of what it is not: papers, too, say what is not known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.grounding import Drafted

_NOT = r"(?: not|n't|not|'t)"
_GIVEN = r"(?:provided|given|available|retrieved|supplied|above)"
# "the sources", "these provided abstracts", "the given text"; but not "the paper", which often says what it did not do
_SOURCES = (
    rf"(?:(?:the|these|this|your|any of the)(?: {_GIVEN})?"
    r" (?:sources?|contexts?|passages?|documents|excerpts|abstracts|papers|library|search results)"
    rf"|(?:the )?{_GIVEN} (?:papers?|abstracts?|texts?|information|documents?))"
)
_TELL = (
    r"(?:answer|contain|provide|mention|include|specify|say|state|address|discuss|describe|give|offer|indicate|explain|cover"
    r"|have|report)s?"
)
_TOLD = (
    r"(?:answered|contained|provided|mentioned|included|specified|said|stated|addressed|discussed|described|given|offered"
    r"|indicated|explained|covered|found|reported|determined|inferred)"
)
_NEWS = r"(?:\w+ )?(?:information|mention|answer|details?|reference)"

REFUSALS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # a word or two, all of it
        r"^\W*(?:unanswerable|not answerable|no answer(?: found)?|n/?a|none|unknown|empty response)\W*$",
        r"^\W*(?:not enough|insufficient) (?:information|context)\W*$",
        # "I don't know", "I am sorry, but …", "I could not find …"
        rf"\bi (?:do|can|could|did|am|was){_NOT} (?:able to )?"
        r"(?:know|answer|find|determine|tell|say|provide|have (?:enough|sufficient|any|the))\b",
        r"\bi(?:'m| am) (?:sorry|afraid|not sure|unable to)\b|\bi (?:was unable to|apologi[sz]e)\b",
        # "There is not enough information to …", "There is no mention of …", "No information … is provided"
        r"\b(?:is|are|was|were|have|has|provides?|contains?) (?:\w+ ){0,2}(?:not enough|insufficient)"
        r" (?:information|context|details?)\b",
        rf"(?:^|, )\W*there (?:is|are|was|were) no {_NEWS}"
        r" (?:provided|available|given|about|on|of|regarding|concerning|in|to)\b",
        rf"^\W*no {_NEWS}\b.{{0,120}}? (?:found|available|provided|given)\b",
        # "The provided sources do not mention …", "The sources contain no information …", "None of the sources is helpful"
        rf"\b{_SOURCES}(?: \w+){{0,3}} (?:do|does|did){_NOT}(?: \w+){{0,2}} {_TELL}\b",
        rf"\b{_SOURCES}(?: \w+){{0,3}} (?:contain|provide|offer|give|include|make|ha)(?:s|ve)? no {_NEWS}\b",
        r"\bnone of (?:the|these)(?: \w+)? (?:sources|passages|contexts|documents|papers|abstracts|excerpts)(?: \w+){0,2}"
        rf" (?:helpful|relevant|useful|about|{_TELL})\b",
        # "It is not stated in the sources", "This cannot be determined from the sources", "The question cannot be answered"
        rf"\b(?:is|are|was|were){_NOT}(?: \w+)? {_TOLD} (?:in|by) (?:any of )?{_SOURCES}",
        rf"\b(?:can|could){_NOT} be {_TOLD} (?:in|from|by|with|based on|using) {_SOURCES}",
        rf"\b(?:this|the|your|that) (?:question|query) (?:can|could){_NOT} be answered\b",
    )
)
# With a marker, what so begins after a refusal is an answer, at least in part.
YET = re.compile(r"(?:however|but|nevertheless|nonetheless|still|yet|that said|even so)\b", re.IGNORECASE)


def refuses(drafted: Sequence[Drafted]) -> bool:
    """Tell a refusal from an answer, given its sentences: none is there, or the first refuses and no later one starts over.

    What follows a refusal often tells what the sources are about instead, and is no answer.
    """
    if not drafted:
        return True
    first = drafted[0].text.replace("’", "'")
    if not any(pattern.search(first) for pattern in REFUSALS):
        return False
    return not any(YET.match(sentence.text) and sentence.numbers for sentence in drafted[1:])
