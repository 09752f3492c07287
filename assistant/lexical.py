"""The lexical verifier: it knows only words that stand in a quote, and never calls a paraphrase supported."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.claims import Claim, Verified
from ingestion.words import terms

NUMBER = re.compile(r"(?<![^\W\d_])[^\W\d_]*+\d+(?:[.,]\d+)*")  # with the letters before it: F1 is no 1
DENIES = re.compile(
    r"\b(no|not|nor|never|neither|without|cannot|hardly|unlike|whether|if|than|instead|fail\w*|lack\w*|false|wrong|myth"
    r"|assum\w*|belie[fv]\w*|hypothe\w*)\b|n't\b"
)
LITTLE_OVERLAP = 0.5  # below this share of a statement's terms, its quotes are of something else


class LexicalVerifier:
    """Supported: a quote contains the statement, word for word. Unsupported: its words or numbers are not there."""

    def load(self) -> None:
        """Nothing to load."""

    def verify(self, claims: Sequence[Claim]) -> list[Verified]:
        """Hold statements against their quotes by words alone; what they cannot tell is ``undetermined``."""
        return [self._verify(claim.text, claim.quotes) for claim in claims]

    @staticmethod
    def _verify(statement: str, quotes: Sequence[str]) -> Verified:
        if not quotes:
            return Verified("unsupported", 0.0)
        if verbatim(statement, quotes):
            return Verified("supported", 1.0)
        said = normalised(statement)
        together = " ".join(normalised(quote) for quote in quotes)
        asked = set(terms(statement))
        overlap = len(asked & set(terms(" ".join(quotes)))) / len(asked) if asked else 0.0
        numbers_there = set(NUMBER.findall(said)) <= set(NUMBER.findall(together))
        if overlap < LITTLE_OVERLAP or not numbers_there:
            return Verified("unsupported", round(0.2 * overlap, 3))
        return Verified("undetermined", round(0.49 * overlap, 3))


def normalised(text: str) -> str:
    """Fold what does not change the meaning: case, white space, LaTeX escapes, quotation marks, 1,000, a last full stop."""
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = text.replace("\\", "").replace("“", '"').replace("”", '"').replace("’", "'").replace("‘", "'")
    return re.sub(r"\s+", " ", text).strip().strip("\"'").rstrip(".!?").casefold()


def verbatim(statement: str, quotes: Sequence[str]) -> bool:
    """Tell whether a statement is one of the quotes, or a clause of one that is neither denied nor doubted there."""
    said = normalised(statement)
    return bool(said) and any(_contains(normalised(quote), said) for quote in quotes)


def _contains(quote: str, said: str) -> bool:
    """Find the statement as the whole quote, or as three words or more of one: "up" stands in every quote.

    Its clause must not deny or doubt it: "X helps" is not what "We find no evidence that X helps" says.
    """
    if said == quote:
        return True
    found = re.search(rf"(?<!\w){re.escape(said)}(?!\w)", quote)
    if found is None or len(said.split()) < 3:
        return False
    before, after = re.split("[,;:]", quote[: found.start()])[-1], re.split("[,;:]", quote[found.end() :])[0]
    return DENIES.search(f"{before} … {after}") is None
