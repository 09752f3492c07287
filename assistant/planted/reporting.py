"""An order that is spoken of, as research about prompts and attacks does, is none that is given."""

from __future__ import annotations

import re

QUOTED = re.compile(r"\"[^\"]{2,400}\"|“[^”]{2,400}”|(?<!\w)'[^']{2,400}'(?!\w)|`[^`]{2,400}`|\([^()]{2,400}\)")
# Words beside a quotation that tell that it is reported.
REPORTS = re.compile(
    r"\b(?:prompt(?:s|ed|ing)?|inject\w*|attack\w*|adversar\w*|jailbreak\w*|phras\w+|suffix\w*|prefix\w*|templates?"
    r"|instruct\w*|such as|[ei]\.[ge]|for example|like|words?|signs?|warn\w*|messages?|announc\w+|called|reads?|reading"
    r"|worded|asking|asked|say|saying|says|said|append\w*|prepend\w*|adding|insert\w*|tokens?|tags?|format|strings?"
    r"|commands?|requests?|entitled|hypothes\w+|question\w*|answers?|responses?|respond\w*|claims?|labels?|behaviou?rs?)\b"
)
BESIDE = 3  # words that must stand beside a quotation for it to be one in a sentence
KIND = r"(?:tokens?|tags?|formats?|templates?|markers?|delimiters?|blocks?|elements?|symbols?)"
AFTER_MARK = re.compile(rf"\W{{0,3}}(?:special |control |chat |native |and |or |comments? )*{KIND}\b")
BEFORE_MARK = re.compile(rf"\b{KIND}\b[^.!?]{{0,40}}$")
SUCH_AS = re.compile(r"\b(?:such as|like|for (?:example|instance),?|of the form)[:,]? ?\W?$")
SUBJECT = re.compile(r"\W*[a-z]{2,}\b")  # after a quotation: it is what the sentence speaks of, and gives no order
THAT_IS = re.compile(r"\b(?:e\.g|i\.e)\.?,? ?\W?$")
OF_LETTERS = ("roles", "forged", "markup")  # rules for marks, which are named as a kind of mark: "the token <|im_start|>"
NEVER = ("hidden", "markup")  # rules for what nobody quotes


def reported(text: str, match: re.Match[str], name: str) -> bool:
    """Tell whether what the rule of this name found in a text is only spoken of: quoted, named, or an example."""
    start, end = match.span()
    before = text[:start].casefold()
    if name in OF_LETTERS and (AFTER_MARK.match(text, end) or BEFORE_MARK.search(before)):
        return True
    if name in NEVER:
        return False
    if THAT_IS.search(before) or (SUCH_AS.search(before) and REPORTS.search(before)):
        return True
    for quoted in QUOTED.finditer(text):
        if quoted.start() <= start and end <= quoted.end() + 1:
            beside = f"{text[: quoted.start()]} {text[quoted.end() :]}"
            spoken_of = REPORTS.search(beside.casefold()) or (name == "order" and SUBJECT.match(text, quoted.end()))
            return len(beside.split()) >= BESIDE and bool(spoken_of)
    return False
