"""Papers as BibTeX, which LaTeX, reference managers and `ingestion.readers.bibtex` read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from assistant.exporting import latex
from assistant.exporting.keys import keys
from assistant.ui.escaping import web_address
from ingestion.paper import Paper

SUFFIX = re.compile(r"(?P<given>.+) (?P<last>\S+),? (?P<suffix>Jr\.?|Sr\.?|II|III|IV)")
AND = re.compile(r"(^|\s)(and|others)(\s|$)", re.IGNORECASE)  # a name of its own kind to BibTeX
TURNED = re.compile(r"[^,]+, [^,]+")  # last name first
NONE = "% Nothing is cited, so there is no entry.\n"


def bibliography(papers: Iterable[Paper], *, abstracts: bool = True) -> str:
    """Write papers, in the order given, as the content of one file."""
    found = list(papers)
    named = keys(found)
    return "".join(entries(found, named, abstracts=abstracts)).removesuffix("\n") or NONE


def entries(papers: Iterable[Paper], named: Mapping[str, str], *, abstracts: bool = True) -> Iterator[str]:
    """Write papers one by one, each with its key of `keys`. A value is one line, so that no ``@`` begins one."""
    for paper in papers:
        lines = [f"  {name} = {{{value}}}," for name, value in _fields(paper, abstracts).items() if value]
        yield "\n".join([f"@{'article' if paper.venue else 'misc'}{{{named[paper.id]},", *lines, "}", "", ""])


def _fields(paper: Paper, abstracts: bool) -> dict[str, str]:
    arxiv = paper.arxiv_id
    return {
        "author": " and ".join(filter(None, map(_author, paper.authors))),
        "title": latex.title(paper.title),
        "year": str(paper.year or ""),
        "journal": latex.encoded(latex.plain(paper.venue or "")),
        "doi": latex.address(paper.doi or ""),
        "eprint": latex.address(arxiv or ""),
        "archiveprefix": "arXiv" if arxiv else "",
        "primaryclass": latex.address(paper.categories[0]) if arxiv and paper.categories else "",
        "keywords": latex.encoded(latex.plain("; ".join(paper.categories))),
        "pmid": latex.address(paper.pubmed_id or ""),
        "url": latex.address(web_address(paper.url) or ""),
        "abstract": latex.escaped(latex.plain(paper.abstract)) if abstracts else "",
    }


def _author(name: str) -> str:
    """Write a name so that BibTeX reads one person, or one body such as "Barnes and Noble, Inc."."""
    found = latex.plain(name)
    if match := SUFFIX.fullmatch(found):
        return ", ".join(latex.encoded(match[part]) for part in ("last", "suffix", "given"))
    whole = AND.search(found) or ("," in found and not TURNED.fullmatch(found))
    return f"{{{latex.encoded(found)}}}" if whole else latex.encoded(found)
