"""Pairs of records, made from real ones: of one paper written in two ways, and of two papers that look alike."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from ingestion.folding import title_words
from ingestion.paper import Paper
from ingestion.readers.record import paper_from_record
from ingestion.sentences import split_sentences

Fields = dict[str, Any]
EACH = 30  # pairs of a kind
REAL = 100  # pairs of real papers
SIBLINGS = "real: one first author, most similar titles"
GREEK = (("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("lambda", "λ"))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, what was done to make them, and whether they are of one paper."""

    kind: str
    one: Paper
    other: Paper
    is_same: bool


def pairs(papers: Sequence[Paper], seed: int = 0) -> Iterator[Pair]:
    """Make EACH pairs of each kind from papers that have authors and a year."""
    rng = random.Random(seed)  # noqa: S311 (a choice of examples)
    for kind, vary in SAME.items():
        yield from _made(kind, (vary(_fields(paper), rng) for paper in _shuffled(papers, rng)), is_same=True)
    for kind, confuse in DIFFERENT.items():
        others = _shuffled(papers, rng)
        two = ((one, other) for one, other in zip(_shuffled(papers, rng), others, strict=True) if one.id != other.id)
        made = (confuse(_fields(one), _fields(other), rng) for one, other in two)
        yield from _made(kind, made, is_same=False)
    yield from _made(SIBLINGS, _siblings(papers), is_same=False, most=REAL)


def _made(kind: str, made: Iterable[tuple[Fields, Fields] | None], *, is_same: bool, most: int = EACH) -> Iterator[Pair]:
    count = 0
    for pair in made:
        if pair is not None and pair[0] != pair[1]:
            one, other = (paper_from_record(fields, source, 1) for fields, source in zip(pair, "ab", strict=True))
            if isinstance(one, Paper) and isinstance(other, Paper):
                yield Pair(kind, one, other, is_same)
                count += 1
        if count == most:
            return


def _fields(paper: Paper) -> Fields:
    """Give a paper's record without its numbers."""
    return {"title": paper.title, "abstract": paper.abstract, "authors": list(paper.authors), "year": paper.year}


def _shuffled(papers: Sequence[Paper], rng: random.Random) -> list[Paper]:
    return rng.sample(papers, len(papers))


def _number(rng: random.Random) -> Fields:
    return {"arxiv_id": f"{rng.randint(1500, 2400)}.{rng.randint(10_000, 99_999)}"}


def _doi(rng: random.Random) -> str:
    return f"10.{rng.randint(1000, 9999)}/j.x.{rng.randint(10**6, 10**7)}"


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _last_first(name: str) -> str:
    *first, last = name.split()
    return f"{last}, {' '.join(first)}" if first else last


def _pubmed(name: str) -> str:
    *first, last = name.split()
    return f"{last} {''.join(word[0].upper() for word in first)}" if first else last


def _revised(abstract: str, rng: random.Random, kept: float = 0.7) -> str:
    """Leave out some sentences, and put another word for some of the rest, as a journal's version does."""
    sentences = [abstract[s.start : s.end] for s in split_sentences(abstract)]
    some = [s for s in sentences if rng.random() < kept] or sentences[:1]
    return re.sub(r"\b(propose|show|novel|method|results)\b", "present", " ".join(some)) + " Code will be released."


def _latex(title: str) -> str:
    for name, letter in GREEK:
        title = re.sub(rf"\b{name}\b|{letter}", rf"$\\{name}$", title, flags=re.IGNORECASE)
    first, _, rest = title.partition(" ")
    return f"\\textit{{{first}}} {rest}" if rest else title


def _html(title: str) -> str:
    words = title.replace("&", "&amp;").split(" ")
    return " ".join([f"<i>{words[0]}</i>", *words[1:]])


def _subtitled(fields: Fields) -> tuple[str, str] | None:
    head, colon, tail = fields["title"].partition(": ")
    return (head, tail) if colon and len(tail.split()) > 2 and not re.search(r"\d|\bpart\b", tail, re.IGNORECASE) else None


def _respelt(fields: Fields, rng: random.Random) -> tuple[Fields, Fields]:
    title = fields["title"].replace("-", " ").replace(":", " –").rstrip(".") + "."
    return fields | _number(rng), fields | {"title": title, "doi": _doi(rng)}


Vary = Callable[[Fields, random.Random], tuple[Fields, Fields] | None]
SAME: Mapping[str, Vary] = {
    "title in capitals": lambda f, rng: (f | _number(rng), f | {"title": f["title"].upper()}),
    "accents lost": lambda f, rng: (
        (f | _number(rng), {**f, "title": _plain(f["title"]), "authors": [_plain(n) for n in f["authors"]]})
        if not all(n.isascii() for n in f["authors"][:1])
        else None
    ),
    "LaTeX in the title": lambda f, rng: (f | _number(rng), f | {"title": _latex(f["title"]), "doi": _doi(rng)}),
    "HTML in the title": lambda f, rng: (f | _number(rng), f | {"title": _html(f["title"]), "doi": _doi(rng)}),
    "punctuation, hyphens": _respelt,
    "subtitle dropped": lambda f, rng: (
        (f | _number(rng), f | {"title": parts[0], "doi": _doi(rng)}) if (parts := _subtitled(f)) else None
    ),
    "Last, First": lambda f, rng: (f | _number(rng), f | {"authors": "; ".join(map(_last_first, f["authors"]))}),
    "names as PubMed has them": lambda f, rng: (f | _number(rng), f | {"authors": [_pubmed(n) for n in f["authors"]]}),
    "no year": lambda f, rng: (f | _number(rng), f | {"year": None}),
    "no authors": lambda f, rng: (f | _number(rng), f | {"authors": None}),
    "no authors, no year": lambda f, rng: (f | _number(rng), f | {"authors": None, "year": None}),
    "arXiv v1 and v2, with a new title": lambda f, rng: (
        f | {"arxiv_id": (number := _number(rng)["arxiv_id"]) + "v1"},
        {
            "title": f"Towards {f['title']}",
            "abstract": _revised(f["abstract"], rng),
            "url": f"https://arxiv.org/pdf/{number}v2",
        },
    ),
    "arXiv id and arXiv's DOI": lambda f, rng: (
        f | (number := _number(rng)),
        f | {"doi": f"https://doi.org/10.48550/ARXIV.{number['arxiv_id']}", "authors": None},
    ),
    "DOI as address, in capitals": lambda f, rng: (
        f | {"doi": (doi := _doi(rng)).upper()},
        f | {"doi": f"https://dx.doi.org/{doi}", "title": f["title"].upper(), "abstract": _revised(f["abstract"], rng)},
    ),
    "one PubMed id": lambda f, rng: (
        f | {"pmid": (pmid := str(rng.randint(10**6, 10**8)))},
        f | {"pmid": pmid, "doi": _doi(rng), "title": f"{f['title']} [Review]", "abstract": _revised(f["abstract"], rng)},
    ),
    "preprint, then journal": lambda f, rng: (
        f | _number(rng),
        f | {"doi": _doi(rng), "abstract": _revised(f["abstract"], rng), "year": f["year"] + rng.randint(0, 2)},
    ),
    "preprint server's DOI, then journal": lambda f, rng: (
        f | {"doi": f"10.1101/2020.01.02.{rng.randint(100_000, 999_999)}v2"},
        f | {"doi": _doi(rng), "abstract": _revised(f["abstract"], rng), "year": f["year"] + 1},
    ),
    "abstract half rewritten": lambda f, rng: (
        f | _number(rng),
        f | {"doi": _doi(rng), "abstract": _revised(f["abstract"], rng, kept=0.4)},
    ),
    "first two authors swapped": lambda f, rng: (
        (f | _number(rng), f | {"doi": _doi(rng), "authors": [f["authors"][1], f["authors"][0], *f["authors"][2:]]})
        if len(f["authors"]) > 1
        else None
    ),
    "one letter of the title wrong": lambda f, rng: (
        f | _number(rng),
        f | {"doi": _doi(rng), "title": f["title"][:9] + ("x" if f["title"][9:10] != "x" else "y") + f["title"][10:]},
    ),
    "new title, no number in common": lambda f, rng: (
        f | _number(rng),
        f | {"doi": _doi(rng), "title": f"Towards {f['title']}"},
    ),
    "journal six years later": lambda f, rng: (f | _number(rng), f | {"doi": _doi(rng), "year": f["year"] + 6}),
    "abstract cut off": lambda f, rng: (f | _number(rng), f | {"abstract": f["abstract"][:200] + "…", "doi": _doi(rng)}),
}


Confuse = Callable[[Fields, Fields, random.Random], tuple[Fields, Fields] | None]


def _half(one: Fields, other: Fields) -> str:
    """Give an abstract that begins as one does, and ends as another."""
    middle = len(one["abstract"]) // 2
    return str(one["abstract"][:middle] + other["abstract"][len(other["abstract"]) // 2 :])


def _namesake(name: str) -> str:
    *_, last = name.split()
    return f"Zeno {last}"


DIFFERENT: Mapping[str, Confuse] = {
    "same title, other authors": lambda f, g, rng: (f | _number(rng), g | {"title": f["title"], "year": f["year"]}),
    "same title, first author's namesake": lambda f, g, rng: (
        f | _number(rng),
        f | {"abstract": _half(f, g), "authors": [_namesake(f["authors"][0])]},
    ),
    "same title and first author, other abstract": lambda f, g, rng: (
        f | _number(rng),
        g | {"title": f["title"], "authors": f["authors"], "doi": _doi(rng)},
    ),
    "same title, year and no authors": lambda f, g, rng: (
        f | _number(rng) | {"authors": None},
        g | {"title": f["title"], "authors": None, "year": f["year"]},
    ),
    "Part I, Part II": lambda f, g, rng: (
        f | {"title": f"{f['title']}: Part I"} | _number(rng),
        f | {"title": f"{f['title']}: Part II", "abstract": _half(f, g)},
    ),
    "a paper and its Part 2": lambda f, g, rng: (
        f | _number(rng),
        f | {"title": f"{f['title']}. Part 2: More", "abstract": _half(f, g)},
    ),
    "other subtitle": lambda f, g, rng: (
        (f | _number(rng), f | {"title": f"{parts[0]}: {' '.join(parts[1].split()[::-1])}", "doi": _doi(rng)})
        if (parts := _subtitled(f))
        else None
    ),
    "erratum": lambda f, g, rng: (f | _number(rng), f | {"title": f"Erratum: {f['title']}", "doi": _doi(rng)}),
    "erratum behind": lambda f, g, rng: (f | _number(rng), f | {"title": f"{f['title']}: Erratum", "doi": _doi(rng)}),
    "reply": lambda f, g, rng: (f | _number(rng), f | {"title": f"Reply to “{f['title']}”", "abstract": _half(f, g)}),
    "comment": lambda f, g, rng: (f | _number(rng), g | {"title": f"Comment on “{f['title']}”"}),
    "Editorial, same editor and year": lambda f, g, rng: (
        f | {"title": "Editorial", "doi": _doi(rng)},
        g | {"title": "Editorial.", "authors": f["authors"], "year": f["year"]},
    ),
    "Introduction, no numbers": lambda f, g, rng: (
        f | {"title": "Introduction", "authors": None},
        g | {"title": "Introduction", "authors": None, "year": f["year"]},
    ),
    "two journals' DOIs": lambda f, g, rng: (
        f | {"doi": _doi(rng)},
        f | {"doi": _doi(rng), "abstract": _revised(f["abstract"], rng)},
    ),
    "two arXiv ids": lambda f, g, rng: (f | _number(rng), f | _number(rng)),
    "a book's DOI for two chapters": lambda f, g, rng: (f | {"doi": (doi := _doi(rng))}, g | {"doi": doi}),
    "one id for two papers": lambda f, g, rng: (f | {"id": "17"}, g | {"id": "17"}),
    "other title, same abstract": lambda f, g, rng: (f | _number(rng), f | {"title": g["title"], "doi": _doi(rng)}),
    "C, C++": lambda f, g, rng: (
        f | {"title": f"{f['title']} in C"} | _number(rng),
        f | {"title": f"{f['title']} in C++", "doi": _doi(rng)},
    ),
    "revisited": lambda f, g, rng: (
        f | _number(rng),
        f | {"title": f"{f['title']}: Revisited", "doi": _doi(rng), "abstract": _half(f, g)},
    ),
    "last year's report": lambda f, g, rng: (
        f | {"title": f"{f['title']} 2023"} | _number(rng),
        f | {"title": f"{f['title']} 2024", "year": f["year"] + 1, "doi": _doi(rng)},
    ),
}


def _siblings(papers: Sequence[Paper]) -> list[tuple[Fields, Fields]]:
    """Give pairs of real papers by one first author, without their numbers, the most similar titles first."""
    by_author: dict[str, list[Paper]] = {}
    for paper in papers:
        by_author.setdefault(paper.authors[0], []).append(paper)
    found = [(a, b) for group in by_author.values() if len(group) < 6 for i, a in enumerate(group) for b in group[:i]]

    def likeness(pair: tuple[Paper, Paper]) -> float:
        one, other = (title_words(paper.title) for paper in pair)
        return SequenceMatcher(None, one, other, autojunk=False).ratio()

    return [(_fields(a), _fields(b)) for a, b in sorted(found, key=likeness, reverse=True)]
