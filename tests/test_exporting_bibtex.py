"""BibTeX: read back by a parser, by this program's own reader, and whole for LaTeX, whatever a paper says."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from bibtexparser.entrypoint import parse_string
from exported import ANSWER, HOSTILE, MADE, PLANNED, UNDATED, Shelf, hostile
from hypothesis import given
from hypothesis import strategies as st

from assistant.exporting import export, latex, of_answer
from assistant.exporting.bibtex import bibliography
from assistant.exporting.keys import keys
from ingestion.paper import Paper
from ingestion.readers import read

DANGEROUS = re.compile(r"(?<!\\)(?:\\\\)*[%&#]|\\(?:input|write|def|end|href|begin|include)\b")


def parsed(text: str) -> dict[str, dict[str, Any]]:
    """Parse BibTeX strictly: entries by key, each with its fields as they stand between the braces."""
    library = parse_string(text)
    assert library.failed_blocks == []
    assert library.comments == []
    return {entry.key: {field.key: field.value for field in entry.fields} for entry in library.entries}


def assert_whole(text: str) -> None:
    """Hold a file to what BibTeX itself counts: braces, without regard to backslashes."""
    for entry in text.strip().split("\n\n"):
        depths = list(accumulate((c == "{") - (c == "}") for c in entry))
        assert depths[-1] == 0
        assert all(depth > 0 for depth in depths[entry.index("{") : -1])
        assert re.fullmatch(r"@(article|misc)\{[a-z0-9-]+,\n(  [a-z]+ = \{.*\},\n)*\}", entry)
        assert r"\{" not in entry
        assert r"\}" not in entry


def test_a_paper_becomes_an_entry_with_all_that_is_known() -> None:
    found = parsed(bibliography([PLANNED, UNDATED]))
    assert found == {
        "muller2024codeplan": {
            "author": r"J{\"o}rg M{\"u}ller and Wei Li",
            "title": r"{CodePlan}: Gr{\"o}{\ss}e of a *plan*",
            "year": "2024",
            "journal": "Journal of Plans",
            "doi": "10.1000/x_1",
            "eprint": "2409.12452",
            "archiveprefix": "arXiv",
            "primaryclass": "cs.CL",
            "keywords": "cs.CL; cs.AI",
            "url": "https://example.org/p?a=1&b=2",
            "abstract": r"We plan first. On 13 tasks it gains 25.1\% over answering directly. Code \& data are free.",
        },
        "studywalnuts": {
            "title": "A study of walnuts",
            "abstract": "Walnuts are harvested in autumn. Robots help.",
        },
    }
    assert "abstract" not in parsed(bibliography([PLANNED], abstracts=False))["muller2024codeplan"]


@pytest.mark.parametrize("trap", HOSTILE)
def test_no_text_breaks_an_entry(trap: str) -> None:
    answer, shelf = hostile(trap)
    document = of_answer(answer, shelf, MADE)
    assert len(document.cited()) == 3
    text = bibliography(document.cited())
    assert_whole(text)
    found = parsed(text)
    assert len(found) == 3
    for fields in found.values():
        typeset = [fields.get(name, "") for name in ("author", "title", "journal", "keywords", "abstract")]
        assert not [value for value in typeset if DANGEROUS.search(value)]
        assert all(value.count("$") % 2 == 0 for value in (re.sub(r"\\\$", "", value) for value in typeset))
        assert not fields.get("url", "").startswith("javascript")


@given(st.text(max_size=40))
def test_any_text_is_one_whole_value(text: str) -> None:
    paper = replace(PLANNED, title=text, abstract=text, authors=(text, text), venue=text, url=f"http://a.org/{text}")
    written = bibliography([paper, replace(paper, id="other")])
    assert_whole(written)
    assert len(parsed(written)) == 2


@pytest.mark.parametrize(
    ("text", "latex_of"),
    [
        ("BERT and Vision-Language GPT-4o: iPhone", "{BERT} and Vision-Language {GPT}-4o: {iPhone}"),
        (r"25.1\% of $\alpha$ and {\em this}", r"25.1\% of {\ensuremath{\alpha}} and this"),
        ("H₂O x² ≥ ½", r"{H$_{2}$O} x$^{2}$ {\ensuremath{\geq}} {\textonehalf}"),
        ("Łódź 数据 🧭", r"{\L}{\'o}d{\'z} 数据 🧭"),
        (r"\input{x} a_b ~ ^", r"a\_b {\textasciitilde} {\textasciicircum}"),
        (r"\input{x a_b", r"{\textbackslash}input{\ensuremath{\lbrace}}x a\_b"),
    ],
)
def test_a_title_is_latex(text: str, latex_of: str) -> None:
    assert latex.title(text).startswith(latex_of)


@pytest.mark.parametrize(
    ("name", "author"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("Lovelace, Ada", "Lovelace, Ada"),
        ("Martin Luther King Jr.", "King, Jr., Martin Luther"),
        ("Barnes and Noble", "{Barnes and Noble}"),
        ("others", "{others}"),
        ("Tools, Parts, and Co", "{Tools, Parts, and Co}"),
        ("Łukasz Kaiser", r"{\L}ukasz Kaiser"),
    ],
)
def test_a_name_is_one_person(name: str, author: str) -> None:
    [fields] = parsed(bibliography([replace(PLANNED, authors=(name,))])).values()
    assert fields["author"] == author


def test_the_reader_reads_what_is_written(tmp_path: Path) -> None:
    titled = Paper(
        "", "Größe zählt: H₂O, 50% & α in {LLMs} <b> a_b ~x", "Plain words only.", ("Ada Lovelace", "Jan van der Berg"), 2020
    )
    papers = [PLANNED, UNDATED, titled, replace(titled, title="NitroFusion: Łódź #1 $5", authors=("Martin King Jr.",))]
    file = tmp_path / "papers.bib"
    file.write_text(bibliography(papers), encoding="utf-8")
    found = list(read(file))
    assert all(isinstance(paper, Paper) for paper in found)
    for wrote, got in zip(papers, found, strict=True):
        assert isinstance(got, Paper)
        same = ("title", "authors", "year", "venue", "doi", "arxiv_id", "url")
        assert {name: getattr(got, name) for name in same} == {name: getattr(wrote, name) for name in same}
        assert got.abstract == latex.escaped(wrote.abstract)


def test_keys_are_readable_and_the_same_in_every_export() -> None:
    one = replace(PLANNED, id="1", authors=("Ada Lovelace Jr.",), title="On the Engine")
    two, three = replace(one, id="2"), replace(one, id="3", year=None)
    alone, together = keys([one]), keys([three, two, one])
    assert alone == {"1": "lovelace2024engine"}
    assert together["3"] == "lovelaceengine"
    assert re.fullmatch(r"lovelace2024engine-[0-9a-f]{4}", together["1"])
    assert together == keys([one, two, three])
    assert len(set(together.values())) == 3


@pytest.mark.parametrize(
    ("authors", "title", "key"),
    [
        (("李伟",), "The 数据 of Walnuts", "2024walnuts"),
        ((), "量子", "x"),
        ((), "", "x"),
        (("Ludwig van Beethoven",), "Größe α", "beethoven2024grosse"),
        (("", "B"), "How to", "2024x"),
    ],
)
def test_a_key_is_ascii_and_never_empty(authors: tuple[str, ...], title: str, key: str) -> None:
    [found] = keys([replace(PLANNED, id="x", authors=authors, title=title)]).values()
    assert re.fullmatch(r"[a-z0-9]+", found)
    assert set(re.findall(r"\d+|[a-z]+", key)) <= set(re.findall(r"\d+|[a-z]+", found))


def test_many_of_the_same_name_are_told_apart() -> None:
    found = keys(replace(PLANNED, id=f"p{number}") for number in range(2000))
    assert len(set(found.values())) == 2000


def test_an_export_without_citations_says_so(tmp_path: Path) -> None:
    export(of_answer(replace(ANSWER, citations=()), Shelf(), MADE), tmp_path / "a.bib")
    assert (tmp_path / "a.bib").read_text(encoding="utf-8") == "% Nothing is cited, so there is no entry.\n"
    export(of_answer(ANSWER, Shelf(), MADE), tmp_path / "a.bib")
    text = (tmp_path / "a.bib").read_text(encoding="utf-8")
    assert list(parsed(text)) == ["muller2024codeplan", "studywalnuts", "paperleft"]
