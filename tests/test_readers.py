"""The readers: saved listing pages, and files that hold no papers."""

import json
import os
import textwrap
from pathlib import Path
from typing import Any

import pytest

from ingestion.paper import Paper, Refusal
from ingestion.readers import read

ONE = "We study how models learn to compose skills. Our method improves accuracy by 4.2 points, and it is cheap to train."
TWO = "Memory is a kind of attention. This paper evaluates it on three tasks, and finds that it helps everywhere."
LONG = f"{ONE} {TWO} {ONE}"
FURNITURE = """Hugging Face

Search models, datasets, users...

Papers

Jan 5, 2025
"""
BETWEEN = """128

4 authors

Submitted by akhaliq

View PDF

Jane Doe, John Smith and Wei Li

Add to collection

12 Mar
"""
FOOTER = """Previous 1 2 3 Next

© 2025 Hugging Face. All rights reserved, as is the custom. We are proud of it.

Privacy

All rights reserved.
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source"


def listing(path: Path, text: str) -> list[Paper | Refusal]:
    path.write_bytes(text.encode())
    return list(read(path))


def pairs(records: list[Paper | Refusal]) -> list[tuple[str, str]]:
    assert all(isinstance(record, Paper) for record in records), records
    return [(record.title, record.abstract) for record in records if isinstance(record, Paper)]


def test_the_sample_page_gives_its_92_papers_verbatim(sample_page: Path) -> None:
    lines = [line.strip() for line in sample_page.read_text(encoding="utf-8").split("\n") if line.strip()]
    papers = pairs(list(read(sample_page)))
    assert papers == list(zip(lines[5::2], lines[6::2], strict=True))
    assert len(papers) == 92
    assert papers[0][0] == "Community Research Earth Digital Intelligence Twin (CREDIT)"
    assert papers[-1][0] == "Catastrophic Interference is Mitigated in Naturalistic Power-Law Learning Environments"


@pytest.mark.parametrize(
    "page",
    [
        f"First Title\n\n{ONE}\n\nSecond Title\n\n{TWO}",
        f"First Title\n{ONE}\n\nSecond Title\n{TWO}",
        f"First Title\n{LONG}\nSecond Title\n{LONG}",
        f"  First  Title \n \t\n\t{ONE}\t\n\n\n\n\tSecond Title\t\n\n {TWO} \n\n",
        f"{FURNITURE}\nFirst Title\n\n{ONE}\n\n{BETWEEN}\nSecond Title\n\n{TWO}\n\n{FOOTER}",
        f"{FURNITURE}\nFirst Title\n\n{BETWEEN}\nAbstract\n\n{ONE}\n\nSecond Title\n\n{BETWEEN}\nAbstract\n\n{TWO}\n",
    ],
    ids=["blank lines", "title on the abstract", "no blank lines", "spaces", "furniture around", "furniture below titles"],
)
def test_titles_and_abstracts_are_told_from_what_is_around_them(source: Path, page: str) -> None:
    long = page.count(LONG) == 2
    expected = [("First Title", LONG if long else ONE), ("Second Title", LONG if long else TWO)]
    assert pairs(listing(source, page)) == expected


@pytest.mark.parametrize(
    "abstract",
    [
        f"{ONE}\n\n{TWO}",
        f"{ONE}\n \n\n{TWO}\n\n{ONE}",
        f"{ONE}\n\nCode: https://github.com/a/b",
        f"{ONE}\n\nOur code is available at https://github.com/a/b.",
        f"{ONE}\n\nCode and data are available.",
        f"{ONE}\n\nProject page: https://a.github.io",
        textwrap.fill(LONG, 80),
        textwrap.fill(LONG, 72, initial_indent="  ").strip(),
        "In one sentence, we show that larger models are not always better.",
        f"What do models forget? {LONG} Do they recover?",
        "我们提出了一种新的方法，用于训练大型语言模型。该方法在六个基准上取得了最好的结果。代码已经开源。",
        "نقترح طريقة جديدة لتدريب النماذج اللغوية الكبيرة. تحقق هذه الطريقة أفضل النتائج في ستة معايير مختلفة.",
    ],
)
def test_an_abstract_is_kept_to_the_letter(source: Path, abstract: str) -> None:
    page = f"Learning to See\n\n{abstract}\n\nLearning to Hear Without Ears\n\n{TWO}\n"
    assert pairs(listing(source, page)) == [("Learning to See", abstract), ("Learning to Hear Without Ears", TWO)]


@pytest.mark.parametrize("width", [72, 80, 100])
def test_a_title_right_above_a_wrapped_abstract_is_found(source: Path, width: int) -> None:
    page = "\n\n".join(f"{title}\n{textwrap.fill(LONG, width)}" for title in ("Learning to See", "Learning to Hear"))
    assert pairs(listing(source, page)) == [(t, textwrap.fill(LONG, width)) for t in ("Learning to See", "Learning to Hear")]


@pytest.mark.parametrize(
    "title",
    [
        "TÜLU 3: Pushing Frontiers",
        "大型语言模型的综述",
        "🦙 Llama 🚀 to the Moon",
        "Cafe\u0301 de\u0301ja\u0300 vu",
        "تعلم الآلة العميق للغة العربية",
        "GPT",
        "LLaMA 2",
        "Show and Tell",
        "May I Ask You Something",
        "Attention Is All You Need!",
        "Can Models Learn Skill Composition from Examples?",
        "Why is the sky of a language model blue? Which of our models have been there, and what is it that they can see?",
        "Scaling Laws Are Real and This Is Why We Should Care About It.",
    ],
)
def test_titles_of_every_kind_are_titles(source: Path, title: str) -> None:
    between = listing(source, f"First Title\n\n{ONE}\n\n{title}\n\n{TWO}\n\nLast Title of All\n\n{ONE}\n")
    assert pairs(between) == [("First Title", ONE), (title, TWO), ("Last Title of All", ONE)]
    assert pairs(listing(source, f"{title}\n\n{TWO}")) == [(title, TWO)]


def test_titles_that_all_end_in_a_full_stop_are_titles(source: Path) -> None:
    titles = [f"Effect of drug {name} on the risk of stroke." for name in "ABCD"] + ["Aspirin is associated with long life."]
    assert pairs(listing(source, "\n\n".join(f"{title}\n\n{LONG}" for title in titles))) == [(t, LONG) for t in titles]


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [("", f"Found One\n\n{ONE}\n\n", 5), (f"Found One\n\n{ONE}\n\n", "", 9)],
    ids=["between", "last"],
)
def test_a_title_without_abstract_is_refused_by_title_and_line(source: Path, before: str, after: str, line: int) -> None:
    lost = "The Lost Paper of the Page\n\n"
    first = f"Title Number One\n\n{TWO}\n\n"
    records = listing(source, first + (before + lost + after))
    (refusal,) = [record for record in records if isinstance(record, Refusal)]
    assert refusal == Refusal(str(source), line, "has no abstract below it: The Lost Paper of the Page")
    assert pairs([r for r in records if isinstance(r, Paper)]) == [("Title Number One", TWO), ("Found One", ONE)]


def test_a_first_title_without_abstract_is_told_from_the_furniture_above(source: Path) -> None:
    lost, paper = listing(source, f"{FURNITURE}\nThe Lost Paper of the Page\n\nTitle One\n\n{ONE}\n")
    assert lost == Refusal(str(source), 9, "has no abstract below it: The Lost Paper of the Page")
    assert pairs([paper]) == [("Title One", ONE)]


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    ],
    ids=["CRLF", "CR", "UTF-8 BOM", "UTF-16", "UTF-16 BE"],
)
def test_line_ends_and_encodings_do_not_change_a_paper(source: Path, encode: Any) -> None:
    page = f"TÜLU 3\n\n{ONE}\n\n{TWO}\n\nLearning to See\n{textwrap.fill(LONG, 80)}\n"
    expected = listing(source, page)
    assert len(expected) == 2
    source.write_bytes(encode(page))
    assert list(read(source)) == expected
    source.write_bytes(encode("\n".join(json.dumps({"title": t, "abstract": a}) for t, a in pairs(expected))))
    assert list(read(source)) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\t\r\n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a binary file"),
        (bytes(range(256)) * 20, "is a binary file"),
        ("café".encode("latin-1"), "is not valid UTF-8 (byte 0xE9 at column 4)"),
        (
            f"<!DOCTYPE html>\n<html><body><h1>A</h1>\n\n<p>{LONG}</p></body></html>".encode(),
            "is HTML; open it in a browser",
        ),
        (f"{ONE}\n\n{LONG}\n\n{TWO}".encode(), "no title with an abstract below it"),
        (b"Title One of Them\n\nTitle Two of Them\n", "no title with an abstract below it"),
        (b"[]", "is JSON without a record in it"),
        (b"[1, 2]", "no papers in a known format"),
    ],
    ids=["empty", "blank", "png", "random", "latin-1", "html", "prose", "titles", "empty array", "numbers"],
)
def test_what_holds_no_papers_is_refused_once_and_clearly(source: Path, content: bytes, reason: str) -> None:
    source.write_bytes(content)
    (refusal,) = read(source)
    assert isinstance(refusal, Refusal)
    assert refusal.source == str(source)
    assert reason in refusal.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".", "is a folder without files"),
        ("none", "No such file"),
        ("x" * 5_000, "too long"),
        ("a\0b", "null byte"),
    ],
)
def test_a_path_that_is_no_file_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    (refusal,) = read(tmp_path / name)
    assert isinstance(refusal, Refusal)
    assert reason in refusal.reason


def test_a_file_that_may_not_be_read_is_refused(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path, *_: Any, **__: Any) -> bytes:
        raise PermissionError(13, os.strerror(13), str(path))

    source.write_text("text")
    monkeypatch.setattr(Path, "open", denied)
    assert list(read(source)) == [Refusal(str(source), None, "cannot be read: Permission denied")]


def test_abstracts_of_a_few_words_are_abstracts(source: Path) -> None:
    papers = [
        ("Graph Widgets", "We propose widgets."),
        ("On Cats", "Our cats dream.\n\nThey purr as well."),
        ("On Dogs", "Dogs bark here."),
    ]
    page = "\n\n".join(f"{title}\n\n{abstract}" for title, abstract in papers)
    assert pairs(listing(source, f"{page}\n\nUpvote 12\n")) == papers
