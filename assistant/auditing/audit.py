"""Each sentence of a draft is held against what the library has that is most like it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from assistant.answer import Citation, Evidence, Statement
from assistant.auditing.drafts import Said
from assistant.claims import Claim, Verified, Verifier
from assistant.grounding import citations
from assistant.planted import shown, sign_of, sound_passages
from assistant.retrieval import Hit, HybridRetriever
from ingestion.passages import Passage
from ingestion.words import terms

Outcome = Literal["supported", "contradicted", "not found", "undetermined", "no claim"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

PAPERS = 4  # found for a sentence and held against it
PASSAGES = 2  # of each paper, those most like the sentence; each alone, and with its neighbours
# Chosen on held-out pairs of abstracts (docs/checking.md): few contradictions are called so, and nearly all of them rightly.
CONTRADICTED = 0.7
ALIKE = 0.5  # the share of a sentence's terms that what contradicts it must hold: else it is about something else
# What a draft says of itself, or asks. Only what is said of a part of it: "in this paper we ..." may be of the library.
PART = r"(?:sub)?(?:section|chapter|survey|overview|appendix|paragraph)"
TELLS = (
    r"(?:review|discuss|describe|present|summari[sz]e|outline|cover|survey|introduce|provide|give|focus|compare|turn|begin)"
)
NO_CLAIM = re.compile(
    rf"in (?:this|the (?:following|next)) {PART}s?,? (?:we|i) |(?:this|the (?:following|next)) {PART}s? {TELLS}s?\b"
    rf"|(?:we|i) (?:now |first |then |next |briefly )*{TELLS}\b.*\b(?:below|in (?:this|the (?:following|next)) {PART}s?)\W*$"
    r"|the (?:rest|remainder) of (?:this|the) \w+ is (?:organi[sz]ed|structured)\b|.*\?[\"”’)]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Audited(Statement):
    """A sentence of a draft and how the check came out; its one citation is what supports or denies it, or comes nearest.

    ``contradicted`` is the probability that the citation denies it. ``line`` and ``cites`` are those of the draft.
    """

    found: Outcome = "not found"
    contradicted: float = 0.0
    line: int = 1
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audit:
    """A text's sentences with their verdicts, each with the quote that supports it, or the one that comes nearest."""

    statements: tuple[Audited, ...]
    citations: tuple[Citation, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the audit as the JSON object of the contract."""
        return asdict(self)

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many sentences came out how; every outcome is there."""
        counted = Counter(statement.found for statement in self.statements)
        return {outcome: counted[outcome] for outcome in OUTCOMES}

    @property
    def share(self) -> float:
        """The share of the sentences that are supported, those that claim nothing left out; 1 where nothing is claimed."""
        claims = len(self.statements) - self.counts["no claim"]
        return self.counts["supported"] / claims if claims else 1.0

    @property
    def summary(self) -> str:
        """Say it in a line: "7 of 12 supported, 2 contradicted, 3 not found"."""
        counts = self.counts
        first = f"{counts['supported']} of {len(self.statements) - counts['no claim']} supported"
        others = [f"{counts[outcome]} {outcome}" for outcome in OUTCOMES[1:-1] if counts[outcome]]
        without = [f"{counts['no claim']} without a claim"] if counts["no claim"] else []
        return ", ".join([first, *others, *without])


def audit(
    said: Sequence[Said], retriever: HybridRetriever, verifier: Verifier, progress: Callable[[int], None] = lambda _: None
) -> Audit:
    """Audit a whole text; see `audits`. ``progress`` is called with the number of sentences done."""
    found = Audit((), ())
    for found in audits(said, retriever, verifier):
        progress(len(found.statements))
    return found


def audits(said: Sequence[Said], retriever: HybridRetriever, verifier: Verifier) -> Iterator[Audit]:
    """Find for each sentence what supports it best, else what contradicts it, else what is most like it.

    Yields the audit as far as it has come, after each sentence.

    Args:
        said: the sentences, see `assistant.auditing.drafts.sentences`.
        retriever: finds papers of the library for each.
        verifier: holds each against what was found.

    Raises:
        LibraryError: the library cannot be read.
        ModelError: the verifier cannot be used.
    """
    statements: list[Audited] = []
    evidence: dict[tuple[str, int, int], Evidence] = {}  # in order of first use, as citations are numbered
    for sentence in said:
        claim = sentence.claim or sentence.text
        offered = [item for hit in retriever.search(retriever.query(claim), PAPERS) for item in _offered(hit)]
        verified = verifier.verify([Claim(claim, (item.quote,), (item.title,)) for item in offered])
        found, place = _outcome(claim, offered, verified)
        if NO_CLAIM.match(claim) and (place is None or verified[place].score < 1):  # 1: the library says the very words
            found = "no claim"
        if sign_of(claim) is not None:  # an order claims nothing, whatever a verifier makes of it
            found, place = "no claim", None
        if place is None:
            statements.append(Audited(sentence.text, (), "unsupported", 0.0, (), found, 0.0, sentence.line, sentence.cites))
        else:
            item, known = offered[place], verified[place]
            key = item.paper_id, item.start, item.end
            number = evidence.setdefault(key, replace(item, number=len(evidence) + 1, score=known.score)).number
            of_draft = known.contradicted, sentence.line, sentence.cites
            statements.append(Audited(sentence.text, (number,), known.verdict, known.score, known.alarms, found, *of_draft))
        yield Audit(tuple(statements), citations(list(evidence.values())))


def _outcome(claim: str, offered: Sequence[Evidence], verified: Sequence[Verified]) -> tuple[Outcome, int | None]:
    """Say how a sentence came out, and by which of the quotes offered: contradicted only where each gives no support."""
    best = max(range(len(offered)), key=lambda i: (verified[i].score, -len(offered[i].quote)), default=None)
    if best is None:
        return "not found", None
    verdict = verified[best].verdict
    if verdict != "unsupported":
        return verdict, best
    denying = [i for i, item in enumerate(offered) if _denies(claim, item, verified[i])]
    if denying:
        return "contradicted", max(denying, key=lambda i: (verified[i].contradicted, -len(offered[i].quote)))
    return "not found", 0  # none supports it: the first is what is most like it


def _denies(claim: str, item: Evidence, known: Verified) -> bool:
    """Tell whether a quote denies a claim: the verifier is sure, and the quote is of the same thing and holds its names."""
    if known.contradicted < CONTRADICTED or "name" in known.alarms:
        return False
    said = set(terms(claim))
    return len(said & set(terms(f"{item.title} {item.quote}"))) >= ALIKE * len(said)


def _offered(hit: Hit) -> Iterator[Evidence]:
    """Give the passages of a paper that are most like what was sought, each alone, and with its neighbours.

    What is planted (`assistant.planted`) is passed over.
    """
    paper, passages = hit.paper, sound_passages(hit.paper)
    sound = [i for i, passage in enumerate(passages) if passage.text]
    nearest = sorted((i for i in sound if i in hit.passages), key=lambda i: -hit.passages[i])[:PASSAGES]
    spans = [(i, i) for i in nearest or sound[:1]]
    spans += [(_beside(passages, i, -1), _beside(passages, i, 1)) for i, _ in spans]
    for first, last in dict.fromkeys(spans):
        start, end = passages[first].start, passages[last].end
        yield Evidence(0, paper.id, shown(paper.title), paper.abstract[start:end], start, end, 0.0)


def _beside(passages: Sequence[Passage], place: int, step: int) -> int:
    """Give the place of a passage's neighbour, or its own where it has none that may be quoted."""
    beside = place + step
    return beside if 0 <= beside < len(passages) and passages[beside].text else place
