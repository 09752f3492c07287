"""An audit: a text that someone else wrote is held against the library, sentence by sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from assistant.answer import Citation, Evidence, Statement
from assistant.claims import Claim, Verifier
from assistant.grounding import BULLET, parse_draft, renumber
from assistant.retrieval import Hit, HybridRetriever
from ingestion.passages import passages_of

PAPERS = 4  # found for a sentence and held against it
PASSAGES = 2  # of each paper, those most like the sentence; each alone, and with its neighbours


@dataclass(frozen=True, slots=True)
class Audit:
    """A text's sentences with their verdicts, each with the quote that supports it, or the one that comes nearest."""

    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the audit as the JSON object of the contract."""
        return asdict(self)


def sentences(text: str) -> list[str]:
    """Split a text, whose lines may be wrapped, into its sentences, without Markdown's headings, bullets and markers."""
    lines: list[str] = []
    for line in map(str.strip, text.splitlines()):
        goes_on = (
            lines and lines[-1] and not lines[-1].startswith("#") and not line.startswith("#") and not BULLET.match(line)
        )
        if line and goes_on:
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return [drafted.text for drafted in parse_draft("\n".join(lines), [])]


def audit(
    said: Sequence[str], retriever: HybridRetriever, verifier: Verifier, progress: Callable[[int], None] = lambda _: None
) -> Audit:
    """Find for each sentence what supports it best.

    Args:
        said: the sentences.
        retriever: finds papers of the library for each.
        verifier: holds each against what was found.
        progress: called with the number of sentences done.

    Raises:
        LibraryError: the library cannot be read.
        ModelError: the verifier cannot be used.
    """
    statements: list[Statement] = []
    evidence: dict[tuple[str, int, int], Evidence] = {}
    for done, sentence in enumerate(said, start=1):
        offered = [item for hit in retriever.search(retriever.query(sentence), PAPERS) for item in _offered(hit)]
        found = verifier.verify([Claim(sentence, (item.quote,), (item.title,)) for item in offered])
        best = max(range(len(offered)), key=lambda i: (found[i].score, -len(offered[i].quote)), default=None)
        if best is None:
            statements.append(Statement(sentence, (), "unsupported", 0.0))
        else:
            if found[best].verdict == "unsupported":  # then all are, and what is most like the sentence is the nearest
                best = 0
            verdict, item = found[best], offered[best]
            key = item.paper_id, item.start, item.end
            numbered = evidence.setdefault(key, replace(item, number=len(evidence) + 1, score=verdict.score))
            statements.append(Statement(sentence, (numbered.number,), verdict.verdict, verdict.score, verdict.alarms))
        progress(done)
    return Audit(*renumber(statements, list(evidence.values())))


def _offered(hit: Hit) -> Iterator[Evidence]:
    """Give the passages of a paper that are most like what was sought, each alone, and with its neighbours."""
    paper, passages = hit.paper, passages_of(hit.paper)
    nearest = sorted((i for i in hit.passages if i < len(passages)), key=lambda i: -hit.passages[i])[:PASSAGES]
    spans = [(i, i) for i in nearest or [0]]
    spans += [(max(0, i - 1), min(len(passages) - 1, i + 1)) for i, _ in spans]
    for first, last in dict.fromkeys(spans):
        start, end = passages[first].start, passages[last].end
        yield Evidence(0, paper.id, paper.title, paper.abstract[start:end], start, end, 0.0)
