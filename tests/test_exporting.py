"""Exports as Markdown, HTML and JSON: what they hold, what they escape, and how they are written."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import replace
from datetime import UTC
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from exported import ABSTAINED, ANSWER, GAIN, GONE, HOSTILE, MADE, PLANNED, Shelf, hostile
from markdown_it import MarkdownIt
from test_ui_render import Tags

from assistant.answer import Answer, Statement
from assistant.exporting import FORMATS, Document, ExportError, check, export, of_answer, of_chat, of_summary
from assistant.exporting.html import html
from assistant.exporting.markdown import markdown
from assistant.exporting.recalling import recalled
from assistant.summarizing.summary import Cell, Row, Section, Summary, Table

DOCUMENT = of_answer(ANSWER, Shelf(), MADE)
CHAT = of_chat("bread & plans", [ANSWER, ABSTAINED.to_dict()], Shelf(), MADE)


def read(document: Document) -> str:
    """Read a document's Markdown as GitHub does, but for its links that it makes of bare addresses."""
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown(document)))


def visible(text: str) -> str:
    """Give the characters of a text that can be seen."""
    return "".join(re.sub(r"[\x00-\x20\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", text).split())


def test_markdown_has_markers_verdicts_and_exact_quotes() -> None:
    text = markdown(DOCUMENT)
    assert text.startswith("# How much does CodePlan gain?\n\n*An answer by Vouched, 2025-03-04 05:06 UTC*\n")
    for said in (
        "\nIt gains 25.1% [1][4]. Walnuts ripen in spring [2]. **(? undetermined)**\n",
        "\n## More\n\n- It needs 40 GB [3]. **(✗ not supported)**\n- It **plans** first [4].\n",
        "\n> One paper was left out for room.\n",
        "\n- “It needs 40 GB.” Not supported: the quote does not say this. Do not rely on it (score 0.02). Not in the",
        "1 undetermined, 1 unsupported · written by some-model · 2 calls, 1,200 tokens read, 34 written · \\$0.0123",
        "**CodePlan: Größe of a \\*plan\\***  \nJörg Müller, Wei Li · Journal of Plans · 2024 · "
        "[DOI](<https://doi.org/10.1000/x_1>) · [arXiv](<https://arxiv.org/abs/2409.12452>) · "
        "[Link](<https://example.org/p?a=1&b=2>)\n\n"
        f"- [1] “{GAIN.quote}” (characters 15–66 of the abstract)\n- [4] “We plan first.” (characters 0–14",
        "- [3] “These words are gone.” (characters 7–28 of the abstract; the library no longer holds these words)",
        "```bibtex\n@article{muller2024codeplan,\n",
    ):
        assert said in text


def test_an_abstention_shows_the_reason_and_the_nearest() -> None:
    text = markdown(of_answer(ABSTAINED, Shelf(), MADE))
    assert (
        "Understood as: *How is bread baked, with walnuts?*\n\n**Not in the library.** No abstract speaks of bread.\n"
        in text
    )
    assert "## Nearest evidence\n\n**A study of walnuts**\n\n- [2] “Walnuts are harvested in autumn.”" in text
    page = Tags(html(of_answer(ABSTAINED, Shelf(), MADE)))
    assert "Understood as: How is bread baked, with walnuts?" in " ".join(page.text.split())
    assert "No abstract speaks of bread." in page.text
    assert "Nearest evidence" in page.text


def test_a_chat_has_every_turn_with_its_own_sources() -> None:
    text = markdown(CHAT)
    assert re.findall(r"^#+ .*", text, re.M) == [
        "# bread & plans",
        "## How much does CodePlan gain?",
        "### More",
        "### Sources",
        "## How is bread baked?",
        "### Nearest evidence",
        "## BibTeX",
    ]
    page = Tags(html(CHAT))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {"source-1-2", "source-2-2"} <= set(ids)


def test_every_marker_leads_to_its_quote_and_back() -> None:
    page = Tags(html(DOCUMENT))
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    markers = [a for a in page.all("a") if a.get("class") == "v-cite"]
    assert [a["href"] for a in markers] == [f"#source-1-{number}" for number in (1, 4, 2, 3, 4)]
    back = [a["href"] for a in page.all("a") if a.get("class") == "v-back"]
    assert sorted(map(str, back)) == sorted(f"#{a['id']}" for a in markers)
    inner = [str(a["href"])[1:] for a in page.all("a") if str(a["href"]).startswith("#")]
    assert set(inner) <= ids
    outer = {a["href"] for a in page.all("a") if not str(a["href"]).startswith("#")}
    assert outer == {"https://doi.org/10.1000/x_1", "https://arxiv.org/abs/2409.12452", "https://example.org/p?a=1&b=2"}


def test_the_page_marks_quotes_in_abstracts_and_says_verdicts_in_words() -> None:
    page = html(DOCUMENT)
    assert f"<mark>We plan first.</mark> <mark>{GAIN.quote}</mark> Code &amp; data are free.</p></details>" in page
    assert page.count("<details><summary>Abstract") == 2  # none of the paper that left
    for said in ('<span class="v-sr"> (undetermined)</span>', ">not supported</span>", "Not in the quotes: a number."):
        assert said in page
    assert "the library no longer holds these words" in page


def test_the_page_is_one_file_that_may_load_and_run_nothing() -> None:
    page = Tags(html(DOCUMENT))
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    assert not [
        name for _, attributes in page.tags for name in attributes if name in {"src", "style"} or name.startswith("on")
    ]
    [policy] = [str(m["content"]) for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "url(" not in html(DOCUMENT)


@pytest.mark.parametrize("trap", HOSTILE)
def test_hostile_text_is_text_in_html(trap: str) -> None:
    answer, shelf = hostile(trap)
    known = {tag for tag, _ in Tags(html(CHAT)).tags} | {"strong", "em", "code", "ol"}
    for document in (of_answer(answer, shelf, MADE), of_chat(trap, [answer, answer], shelf, MADE)):
        page = Tags(html(document))
        assert {tag for tag, _ in page.tags} <= known
        assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
        assert all(re.match(r"#(source|mark)-\d|https?://", link["href"] or "") for link in page.all("a"))
        assert visible(trap) in visible(page.text)


@pytest.mark.parametrize("trap", HOSTILE)
def test_hostile_text_is_text_in_markdown(trap: str) -> None:
    answer, shelf = hostile(trap)
    document = of_answer(answer, shelf, MADE)
    page = Tags(read(document))
    expected = {"h1", "h2", "p", "em", "strong", "ol", "ul", "li", "blockquote", "pre", "code", "a", "br"}
    assert {tag for tag, _ in page.tags} <= expected
    links = [str(link["href"]) for link in page.all("a")]
    assert len(links) == 3  # the paper's DOI, arXiv and address
    assert all(link.startswith(("https://doi.org/10.1/", "https://arxiv.org/abs/", "http://127.0.0.1:9/")) for link in links)
    assert len(page.all("h1")) == 1
    # the answer's own, the sources, BibTeX; and a line that a model began with "#"
    assert len(page.all("h2")) == 3 + trap.startswith("# ")
    assert len(page.all("pre")) == 1
    quotes = [line for line in page.text.split("\n") if "characters 0–" in line]
    assert len(quotes) == 3
    assert all(visible(trap.replace("\ud800", "?")) in visible(quote.replace("\ud800", "?")) for quote in quotes)


def test_bare_addresses_are_no_links_in_markdown() -> None:
    said = "See http://a.org/x, HTTPS://B.org, ftp://c.org and www.d.org at 10:30 or a:b."
    text = markdown(of_answer(replace(ANSWER, question=said), Shelf(), MADE)).splitlines()[0]
    assert not re.search(r"\w://|www\.\w", text)
    assert unescape(str(MarkdownIt("gfm-like", {"linkify": False}).render(text))) == f"<h1>{said}</h1>\n"


def test_a_marker_makes_no_link_of_what_follows_it() -> None:
    text = "[1](javascript:window.hacked=1) [2]: http://evil.org [3][x] [4]{.c}\n\n[1]: /evil"
    document = of_answer(replace(ANSWER, answer=text, statements=()), Shelf(), MADE)
    page = Tags(read(document))
    assert not [link for link in page.all("a") if "evil" in str(link["href"]) or "javascript" in str(link["href"])]
    assert "[1](javascript:window.hacked=1) [2]: http://evil.org [3][x] [4]{.c}" in page.text
    assert "[1]: /evil" in page.text


def table_summary() -> Summary:
    """Summarize two papers in two sections and a table whose last statement stands in no section."""
    statements = (*ANSWER.statements[:3], Statement("It | costs <b>.", (3,), "unsupported", 0.1))
    table = Table(
        ("Problem", "Cost"),
        (Row(PLANNED.id, PLANNED.title, (Cell(0), None)), Row("gone", "Left | behind", (Cell(2), Cell(3)))),
    )
    text = "## One\n\n**Problem:** It gains 25.1% [1][4].\n\nWalnuts ripen in spring [2].\n\n## Two\n\nIt needs 40 GB [3]."
    summary = Summary(
        replace(ANSWER, answer=text, statements=statements, notes=()), (Section("One", (0, 1)), Section("Two", (2,))), table
    )
    whole = f"{text}\n\n{summary.table_markdown()}"
    return replace(summary, answer=replace(summary.answer, answer=whole))


def test_a_summary_keeps_its_sections_and_its_table() -> None:
    document = of_summary(table_summary(), Shelf(), MADE)
    text = markdown(document)
    assert (
        "## One\n\n**Problem:** It gains 25.1% [1][4].\n\nWalnuts ripen in spring [2]. **(? undetermined)**\n\n## Two\n"
        in text
    )
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows == [
        "| Paper | Problem | Cost |",
        "| --- | --- | --- |",
        "| CodePlan: Größe of a \\*plan\\* | It gains 25.1% [1][4]. | — |",
        "| Left \\| behind | It needs 40 GB [3]. **(✗ not supported)** | It \\| costs \\<b\\> [3]. **(✗ not supported)** |",
    ]
    page = Tags(html(document))
    assert [len(page.all(tag)) for tag in ("table", "tr", "td", "b")] == [1, 3, 4, 0]
    assert "Left | behind" in page.text
    assert page.text.count("It needs 40 GB.") == 3  # said, in the table, and among the doubts


def test_json_is_the_contract_s_object(tmp_path: Path) -> None:
    export(DOCUMENT, tmp_path / "a.json")
    export(of_summary(table_summary(), Shelf(), MADE), tmp_path / "s.json")
    export(CHAT, tmp_path / "c.json")
    found = {name: json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8")) for name in "asc"}
    assert found["a"] == json.loads(json.dumps(ANSWER.to_dict()))
    assert found["s"] == json.loads(json.dumps(table_summary().to_dict()))
    assert found["c"]["chat"] == "bread & plans"
    assert found["c"]["turns"] == json.loads(json.dumps([ANSWER.to_dict(), ABSTAINED.to_dict()]))


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("trap", [HOSTILE[-1], ""])
def test_any_text_can_be_written_and_read(tmp_path: Path, suffix: str, trap: str) -> None:
    answer, shelf = hostile(trap)
    export(of_answer(answer, shelf, MADE), tmp_path / f"x{suffix}")
    text = (tmp_path / f"x{suffix}").read_text(encoding="utf-8")
    assert text.endswith("\n")
    if suffix == ".json":
        assert json.loads(text)["question"] == trap


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    old = tmp_path / "real.html"
    old.write_text("old")
    old.chmod(0o640)
    link = tmp_path / "link.html"
    link.symlink_to(old)
    export(DOCUMENT, link)
    assert link.is_symlink()
    assert old.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    export(DOCUMENT, tmp_path / "new.MD")
    assert stat.S_IMODE((tmp_path / "new.MD").stat().st_mode) == 0o666 & ~_umask()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.html", "new.MD", "real.html"]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.txt", "one of .md, .html, .json, .bib"),
        ("a", "one of .md, .html, .json, .bib"),
        ("folder.md", "it is a folder"),
        ("pipe.md", "it is no ordinary file"),
        ("none/a.md", "there is no folder"),
        ("file.bib/a.md", "Not a directory"),
        ("a\0.md", "null"),
        ("x" * 300 + ".md", "too long"),
        ("loop.md", "loop"),
    ],
)
def test_what_cannot_be_written_is_told_before_and_leaves_nothing(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "file.bib").write_text("kept")
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    os.mkfifo(tmp_path / "pipe.md")
    before = sorted(path.name for path in tmp_path.iterdir())
    for act in (check, lambda path: export(DOCUMENT, path)):
        with pytest.raises(ExportError, match=f"cannot be written: .*{reason}"):
            act(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "file.bib").read_text() == "kept"


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.md"
    file.write_text("old")

    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as stream:
            stream.write(data[:10])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ExportError, match="No space left"):
        export(DOCUMENT, file)
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]
    assert file.read_text() == "old"


def test_an_answer_comes_back_from_its_object() -> None:
    record = json.loads(json.dumps(ANSWER.to_dict()))
    assert recalled(record, "It") == ANSWER
    older = {name: value for name, value in record.items() if name not in {"understood", "denied_by", "timings", "usage"}}
    assert recalled(older | {"of a later version": 1}, "It").statements == ANSWER.statements
    assert recalled(ABSTAINED.to_dict(), "It") == ABSTAINED


@pytest.mark.parametrize(
    "damage",
    [
        {"statements": None}, {"citations": [{"number": 1}]}, {"status": "maybe"}, {"question": 5}, {"answer": None},
        {"statements": [{"text": "x", "citations": ["y"], "verdict": "supported", "score": 1}]},
        {"statements": [{"text": "x", "citations": [1], "verdict": "fine", "score": 1}]},
        {"statements": ["x"]}, {"citations": [GONE.__class__.__name__]}, {"usage": 3},
    ],
)  # fmt: skip
def test_a_damaged_turn_is_no_answer(damage: dict[str, Any]) -> None:
    with pytest.raises(ExportError, match=r"Turn 2 of the chat c is no answer that can be exported: \w+"):
        of_chat("c", [ANSWER, ANSWER.to_dict() | damage], Shelf())


def test_now_is_when_it_is_made_unless_told() -> None:
    assert of_answer(ANSWER, Shelf()).made.tzinfo is UTC
    empty: Answer = replace(ANSWER, answer="", statements=(), citations=(), notes=())
    document = of_answer(empty, Shelf(), MADE)
    assert "BibTeX" not in markdown(document)
    assert "BibTeX" not in html(document)
