"""Are two records of one paper? By DOI, arXiv id or PubMed id, else by title with first author, year or abstract.

docs/library.md says the rules in words, and how often they err: ``python -m evals.identity`` measures it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal
from urllib.parse import unquote

from ingestion.folding import squeezed, title_words, words_of
from ingestion.paper import Paper, is_generic
from ingestion.people import Name, name_of, same_person

Kind = Literal["doi", "arxiv", "pmid", "preprint"]
# The strongest first.
KINDS: Mapping[Kind, str] = {"doi": "DOI", "arxiv": "arXiv id", "pmid": "PubMed id", "preprint": "preprint's DOI"}

DOI = re.compile(r"10\.\d{4,9}/\S+")
OF_ARXIV = "10.48550/arxiv."
# Servers of preprints. A paper can have a DOI of one of them beside that of its journal.
PREPRINT = re.compile(
    r"10\.(?:1101/\d{4}\.\d\d\.\d\d|1101/\d{6}|2139/ssrn|5281/zenodo|6084/m9|20944/preprints|21203/rs\.|22541/|26434/chemrxiv"
    r"|31\d{3}/osf|31219/|31234/|36227/|64898/)"
)
VERSION = re.compile(r"[./]?v\d+$")
ARXIV = re.compile(
    r"(?:10\.48550/arxiv\.|arxiv:\s*|\S*arxiv\.org/(?:abs|pdf|html)/)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z-]+)?/\d{7})(?:v\d+)?(?:\.pdf)?"
)
PUBMED = re.compile(r"(?:pmid:?\s*|\S*ncbi\.nlm\.nih\.gov/(?:pubmed/)?)?0*([1-9]\d{0,8})/?")

SUBTITLE = re.compile(r"(?<=\w)[:?.] | [-–—|] ")  # stands between a title and its subtitle
# Behind a title these make it another paper's, as numbers do.
OTHER = re.compile(
    r"\b(?:errat\w+|corrigend\w+|correct\w+|retract\w*|reply|repl\w+|comment\w*|response|addendum|supplement\w*|part|vol\w*"
    r"|extended|revisited|continued|[ivx]+)\b|\d",
    re.IGNORECASE,
)
MOST_AUTHORS = 100  # that are looked at
YEARS = 4  # at most, from a preprint to its journal
SHORT = 3  # words; a shorter title says little
FEW = 12  # different words; fewer make no text that could be compared
# Shares of the words of the shorter text. Of 20,000 random pairs of abstracts of one field 1 in 1,000 shares .29, none .36.
ALIKE, UNLIKE = 0.8, 0.35


def strong_keys(paper: Paper) -> dict[Kind, str]:
    """Give the numbers that name a paper wherever it is, the strongest first; a DOI of arXiv's is its arXiv id."""
    found: dict[Kind, str] = {}
    of_id = dict([paper.id.split(":", 1)]) if re.match(r"(doi|arxiv|pmid):", paper.id) else {}
    url = paper.url or ""
    for text in (paper.doi, of_id.get("doi"), url if "doi.org/" in url else None):
        if doi := normal_doi(text):
            if PREPRINT.match(doi):
                found.setdefault("preprint", VERSION.sub("", doi))
            elif not doi.startswith(OF_ARXIV):
                found.setdefault("doi", doi)
    for text in (paper.arxiv_id, of_id.get("arxiv"), of_id.get("doi"), paper.doi, url if "arxiv.org" in url else None):
        if match := ARXIV.fullmatch((text or "").lower().strip()):
            archive, slash, number = match.group(1).rpartition("/")
            found.setdefault("arxiv", archive.partition(".")[0] + slash + number)  # math.GT/0309136 is math/0309136
    for text in (paper.pubmed_id, of_id.get("pmid"), url if "ncbi.nlm.nih.gov/" in url else None):
        if match := PUBMED.fullmatch((text or "").lower().strip()):
            found.setdefault("pmid", match.group(1))
    return {kind: found[kind] for kind in KINDS if kind in found}


def normal_doi(text: str | None) -> str | None:
    """Give a DOI in lower case without what stands around it, as in ``https://doi.org/10.1000/ABC.``; None if it is none."""
    match = DOI.search(unquote(text or "").lower().strip())
    if match is None:
        return None
    doi = match.group().rstrip(".,;:]}>\"'")
    return doi[:-1] if doi.endswith(")") and doi.count("(") < doi.count(")") else doi


@dataclass(frozen=True)
class Traits:
    """What a record shows of its paper. ``own`` means that its id was given by its source, not made of its other fields."""

    paper: Paper
    own: bool = False
    sources: frozenset[str] = frozenset()

    @cached_property
    def strong(self) -> dict[Kind, str]:
        """Its `strong_keys`."""
        return strong_keys(self.paper)

    @cached_property
    def title(self) -> str:
        """Its title, squeezed: without case, accents, spaces and punctuation."""
        return squeezed(title_words(self.paper.title)) or "".join(self.paper.title.split())

    @cached_property
    def is_vague(self) -> bool:
        """Whether many papers may have its title."""
        return is_generic(self.paper.title) or len(title_words(self.paper.title)) < SHORT

    @cached_property
    def head(self) -> tuple[str, str]:
        """Its title, squeezed, up to its subtitle, and the subtitle as it is."""
        parts = SUBTITLE.split(self.paper.title, maxsplit=1)
        return squeezed(title_words(parts[0])), parts[1] if len(parts) > 1 else ""

    @cached_property
    def author(self) -> Name | None:
        """Its first author."""
        return name_of(self.paper.authors[0]) if self.paper.authors else None

    @property
    def words(self) -> frozenset[str]:
        """The longer words of its abstract."""
        return _long_words(self.paper.abstract)

    @cached_property
    def weak(self) -> tuple[str, ...]:
        """Keys made of its title: two records of one paper without a number in common share one, and so may others."""
        opening = words_of(self.paper.abstract[:300])[:10] if self.is_vague else ()
        keys = [_digest("title", self.title, *opening)]
        if self.author and self.head[0]:
            keys.append(_digest("head", self.head[0], self.author.surname))
        return tuple(keys)

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys under which it is looked up, its numbers first."""
        return (*(f"{kind}:{value}" for kind, value in self.strong.items()), *self.weak)


def strangers(one: Traits, other: Traits) -> bool:
    """Tell whether two records say wholly different things: they may share a number, but are not of one paper."""
    if one.title == other.title:
        return False
    titles = [{word for word in title_words(t.paper.title) if len(word) > 3} for t in (one, other)]
    return _share(titles[0], titles[1], few=1) < 0.5 and _share(one.words, other.words) < UNLIKE


def clash(one: Traits, other: Traits) -> bool:
    """Tell whether two records with one id are of two papers; an id made of title and author says less than a number."""
    is_made = not (one.strong or other.strong or one.own or other.own)
    return strangers(one, other) or (is_made and _share(one.words, other.words) < UNLIKE)


def conflict(one: Traits, other: Traits) -> bool:
    """Tell whether two records name different papers by number, or are `strangers`."""
    return any(other.strong.get(kind, value) != value for kind, value in one.strong.items()) or strangers(one, other)


def differ(one: Traits, other: Traits) -> bool:
    """Tell whether anything says that two records are of two papers, whatever their titles say."""
    if _share(one.words, other.words) < UNLIKE or conflict(one, other):
        return True
    if one.author and other.author and not (_is_among(one.author, other) or _is_among(other.author, one)):
        return True
    if one.paper.year and other.paper.year and abs(one.paper.year - other.paper.year) > YEARS and not _alike(one, other):
        return True
    return one.own and other.own and one.paper.id != other.paper.id and bool(one.sources & other.sources)


def likeness(one: Traits, other: Traits) -> str | None:
    """Say by what two records without a number in common are of one paper; None when they may be of two."""
    if one.title != other.title and not _shortened(one, other) and not _shortened(other, one):
        return None
    if differ(one, other):
        return None
    is_alike = _alike(one, other)
    same_author = one.author is not None and other.author is not None and same_person(one.author, other.author)
    if one.title != other.title:
        return "title without subtitle, first author and abstract" if is_alike and same_author else None
    if not one.is_vague and same_author:
        return "title and first author"
    years = one.paper.year, other.paper.year
    if not one.is_vague and years[0] and years[1] and abs(years[0] - years[1]) <= 1:
        return "title and year"
    return "title and abstract" if is_alike else None


def reason(one: Traits, other: Traits) -> str | None:
    """Say by what two records are of one paper: a number that they share, else their `likeness`."""
    for kind, name in KINDS.items():
        if (value := one.strong.get(kind)) is not None and value == other.strong.get(kind):
            return f"{name} {value}"
    return likeness(one, other)


@lru_cache(4096)  # not kept with each record: those of a large library take gigabytes
def _long_words(text: str) -> frozenset[str]:
    return frozenset(word for word in words_of(text) if len(word) > 3)


def _is_among(author: Name, record: Traits) -> bool:
    names = [record.author, *map(name_of, record.paper.authors[1:MOST_AUTHORS])]
    return any(name is not None and same_person(author, name) for name in names)


def _alike(one: Traits, other: Traits) -> bool:
    return min(len(one.words), len(other.words)) >= FEW and _share(one.words, other.words) >= ALIKE


def _shortened(short: Traits, long: Traits) -> bool:
    """Tell whether a title is another one without its subtitle."""
    head, tail = long.head
    return bool(tail) and short.title == head and OTHER.search(tail) is None


def _share(one: Set[str], other: Set[str], few: int = FEW) -> float:
    """Give the share of the words of the smaller set that the larger has; 1 where there are too few to say."""
    small, large = sorted((one, other), key=len)
    return len(small & large) / len(small) if len(small) >= few else 1.0


def _digest(kind: str, *parts: str) -> str:
    return f"{kind}:{hashlib.blake2b(' '.join(parts).encode(), digest_size=10).hexdigest()}"
