"""Sentences taken out of their abstract: which can stand alone, and how they read there."""

from __future__ import annotations

import re

from assistant.evidence import LEANS
from assistant.lexical import verbatim

# Openings that tie a sentence to the one before it and say nothing themselves.
ADVERBS = "|".join(
    [
        r"However|Moreover|Furthermore|Additionally|In addition|Besides|Also|Further|Meanwhile|In contrast|By contrast",
        r"Instead|Consequently|Therefore|Thus|Hence|Accordingly|As a result|Nevertheless|Nonetheless|Unfortunately",
        r"Overall|In summary|Specifically|More specifically|In particular|Particularly|Concretely|Notably|Remarkably",
        r"Interestingly|Importantly|Surprisingly|Crucially|Finally|Lastly|At last|First|Firstly|Second|Secondly|Third",
        r"Thirdly|Here|In short|In this context",
    ]
)
PURPOSES = "|".join(
    [
        r"(?:To|In order to) (?:this|that) end|Towards? this (?:goal|end)|For this (?:purpose|reason)|With this in mind",
        r"(?:To|In order to) (?:address|tackle|overcome|circumvent|solve|fill|bridge|mitigate|alleviate|remedy|meet"
        r"|close|handle|resolve|achieve|do)"
        r" (?:this|these|both|such|the (?:above|limitations?|gaps?|issues?|challenges?|problems?))(?: [\w-]+){0,3}",
        r"In (?:this|the present|our) (?:paper|work|study|article|survey|report|research)|Motivated by this(?: \w+)?",
    ]
)
TIES = re.compile(rf"(?:{ADVERBS}|{PURPOSES})(?:, (?=\S)| (?=we\b))|(?:Yet|But|And) (?=\w)")
# What refers to something that was said before, though it does not begin with a pronoun.
ITSELF = r"(?! (?:paper|work|study|survey|article|report)\b)"
ITSELF_FIRST = re.compile(r"This (?:survey|article|report|review|thesis)\b")
REFERS = re.compile(
    "|".join(
        [
            r"(?:One|Another|They|Similarly|Likewise|Conversely|Alternatively|Otherwise|Thereby|Then|Next)\b",
            r"The (?:former|latter|other|second|third|same|aforementioned|above)\b|For (?:example|instance)\b",
            r"(?:Each|Both|Among) (?:of )?(?:them|these|which)\b|Due to (?:its|their|this|these)\b",
            r"We (?:then|next|also|further|additionally|finally)"
            r" (?!show|find|demonstrate|observe|prove|propose|introduce|present)",
            r"While (?:\w+ly )?\w+ed\b[^,]*, (?:it|they)\b",
            rf"(?:[\w-]+ ){{1,4}}(?:(?:this|these){ITSELF}|such(?! as\b))\b",
        ]
    ),
    re.IGNORECASE,
)
# Where to get it, or what one hopes for, is no part of what a paper says.
ASIDE = re.compile(
    "|".join(
        [
            r"\b(?:is|are|be|made)(?: (?:publicly|freely|openly))? available\b|\bavailable (?:at|on|here|under|via|from)\b",
            r"\b(?:code|models?|data(?:sets?)?) (?:can be found|(?:is|are|will be) (?:released|open-sourced))\b",
            r"\bproject page\b",
            r"\bopen-source (?:our|the) (?:code|models?|data)|^(?:code|demo|github|website|keywords)\b",
            r"\b(?:further|future) (?:work|research)\b|\b(?:we|and) (?:hope|(?:\w+ )?discuss)\b",
        ]
    ),
    re.IGNORECASE,
)


def plain(quote: str) -> str:
    """Write a sentence so that it can begin a paragraph: without its ties to what came before, and without TeX's escapes.

    What is left is still word for word in the quote; where it would not be, only white space is put in order.
    """
    text = re.sub(r"\\([%&#_])", r"\1", _untied(quote))
    if text.count("http") == 1:
        text = re.sub(r"\s*\((?:e\.g\.,? )?https?://[^\s)]+\)", "", text)
    return text if verbatim(text, [quote]) else " ".join(quote.split())


def leans(quote: str) -> bool:
    """Tell whether a sentence, so written, refers to one before it."""
    text = _untied(quote)
    if ITSELF_FIRST.match(text) is not None:
        return False
    return LEANS.match(text) is not None or REFERS.match(text) is not None


def capital(text: str) -> str:
    """Begin a text with a capital, unless its first word has its own way: fMRI, p53."""
    return text if re.match(r"[^\W\d_]*[A-Z\d]|[^a-z]", text) else text[:1].upper() + text[1:]


def _untied(quote: str) -> str:
    text = " ".join(quote.split())
    while (tie := TIES.match(text)) is not None:
        text = text[tie.end() :]
        text = text[:1].upper() + text[1:]
    return text


def tells(quote: str) -> bool:
    """Tell whether a sentence says something of the work, and not where to find it or what to hope for."""
    return ASIDE.search(quote) is None and sum(character.isalnum() for character in quote) >= 20
