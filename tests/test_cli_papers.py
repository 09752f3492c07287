"""``vouched ingest`` and ``vouched papers``: what goes in, what is refused, and what comes out again."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from command import IDS, RECORDS, small_library, vouched, written

from ingestion.library import Library
from ingestion.paper import Paper
from ingestion.readers import read

REPORT = {"added", "updated", "unchanged", "refused", "merged", "papers", "seconds"}
NUMBERS = ("doi", "arxiv_id", "url", "source", "categories", "pubmed_id", "sources")
PAPER = ("id", "title", "abstract", "authors", "year", "venue", *NUMBERS)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("papers"))


def counts(report: dict[str, Any]) -> tuple[int, int, int, int, int]:
    return (*(report[name] for name in ("added", "updated", "unchanged")), len(report["refused"]), report["papers"])


def test_ingest_tells_new_changed_and_unchanged_papers(tmp_path: Path) -> None:
    library, file = tmp_path / "library", tmp_path / "records.jsonl"
    first = vouched("ingest", written(file, RECORDS), "--library", library, "--json")
    assert first.code == 0
    assert set(first.json) == REPORT
    assert counts(first.json) == (3, 0, 0, 0, 3)
    shuffled = written(tmp_path / "elsewhere.jsonl", RECORDS[::-1])
    assert counts(vouched("ingest", shuffled, "--library", library, "--json").json) == (0, 0, 3, 0, 3)
    corrected = [RECORDS[2] | {"abstract": "Walnuts are harvested in spring."}]
    assert counts(vouched("ingest", written(file, corrected), "--library", library, "--json").json) == (0, 1, 0, 0, 3)
    answer = vouched("ask", "When are walnuts harvested?", "--library", library, "--json").json
    assert "in spring" in answer["answer"]
    assert "autumn" not in answer["answer"]


def test_bad_records_are_refused_by_line_and_stop_no_other(tmp_path: Path) -> None:
    file = tmp_path / "mixed.jsonl"
    good = [json.dumps(record) for record in RECORDS]
    contradiction = json.dumps(RECORDS[0] | {"abstract": "Something else."})
    bad = ['{"title": "cut', '{"title": "No abstract"}', "[1]", '{"title": 5, "abstract": "text"}']
    file.write_text(
        "\n".join([good[0], bad[0], bad[1], "", good[1], bad[2], bad[3], good[2], contradiction]), encoding="utf-8"
    )
    called = vouched("ingest", file, "--library", tmp_path / "library", "--json")
    assert (called.code, counts(called.json)[0]) == (0, 3)
    assert "error" not in called.json
    assert [refusal["line"] for refusal in called.json["refused"]][:4] == [2, 3, 6, 7]
    assert all(set(refusal) == {"source", "line", "reason"} for refusal in called.json["refused"])
    assert {refusal["source"] for refusal in called.json["refused"]} == {str(file)}
    reasons = " ".join(refusal["reason"] for refusal in called.json["refused"])
    for part in (
        "not valid JSON",
        "has no abstract",
        "is a list",
        "title is a number, not text",
        f"same id as a paper before it, {IDS[0]}",
    ):
        assert part in reasons
    for_people = vouched("ingest", file, "--library", tmp_path / "library")
    assert for_people.out.startswith("0 added, 0 updated, 3 unchanged, 5 refused; 3 papers in the library")
    assert f"Refused: {file}, line 2 is not valid JSON" in for_people.err


def test_a_source_without_papers_fails_and_the_others_are_kept(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    good = written(tmp_path / "good.jsonl", RECORDS)
    called = vouched("ingest", tmp_path / "empty", good, "--library", tmp_path / "library", "--json")
    assert (called.code, counts(called.json)) == (1, (3, 0, 0, 1, 3))
    assert f"{tmp_path / 'empty'} is empty" in called.json["error"]["message"]


def test_the_format_is_told_by_content(tmp_path: Path, sample_page: Path) -> None:
    papers = written(tmp_path / "records.txt", RECORDS)
    page = tmp_path / "page.jsonl"
    page.write_text("\n\n".join(sample_page.read_text(encoding="utf-8").split("\n\n")[:8]), encoding="utf-8")
    called = vouched("ingest", papers, page, "--library", tmp_path / "library", "--json")
    assert called.code == 0
    assert called.json["added"] > len(RECORDS)


def test_ingesting_the_sample_again_changes_nothing(sample_library: Library) -> None:
    called = vouched("ingest", "--sample", "--library", sample_library.path, "--json")
    assert (called.code, counts(called.json)) == (0, (0, 0, 92, 0, 92))


def test_list_and_show_give_papers_as_the_contract_has_them(library: Path) -> None:
    listed = vouched("papers", "list", "--library", library, "--json").json["papers"]
    assert [paper["id"] for paper in listed] == IDS
    assert all(tuple(paper) == PAPER for paper in listed)
    assert vouched("papers", "show", IDS[1], "--library", library, "--json").json == listed[1]
    for paper, record in zip(listed, RECORDS, strict=True):
        known = {name: paper[name] for name in paper if paper[name] is not None and name not in ("id", "source", "sources")}
        assert known == record


def test_list_and_show_read_well_without_json(library: Path) -> None:
    listed = vouched("papers", "list", "--library", library)
    assert listed.out.splitlines()[1] == f"{IDS[1]}  2023  {RECORDS[1]['title']}"
    assert listed.err == "3 papers\n"
    shown = vouched("papers", "show", IDS[0], "--library", library).out
    assert "Ada Lovelace, Alan Turing, 2021, @Journal of {Braces & Tables, 10.1000/182" in shown
    assert "They run 25.1\\% of the time" in shown


def test_an_unknown_id_removes_nothing(tmp_path: Path) -> None:
    library = small_library(tmp_path)
    called = vouched("papers", "remove", IDS[0], "no-such-paper", "--library", library, "--json")
    assert (called.code, called.json["error"]["type"]) == (1, "LibraryError")
    assert "no-such-paper" in called.json["error"]["message"]
    assert len(vouched("papers", "list", "--library", library, "--json").json["papers"]) == 3


def test_removed_papers_are_found_no_more(tmp_path: Path) -> None:
    library = small_library(tmp_path)
    removed = vouched("papers", "remove", IDS[2], IDS[2], "--library", library, "--json").json
    assert ([paper["id"] for paper in removed["removed"]], removed["papers"]) == ([IDS[2]], 2)
    found = vouched("search", "walnut", "--library", library, "--json").json["results"]
    assert {paper["paper_id"] for paper in found} == set(IDS[:2])
    again = vouched("ingest", tmp_path / "records.jsonl", "--library", library, "--json").json
    assert counts(again) == (1, 0, 2, 0, 3)


def test_an_export_as_jsonl_keeps_ids_and_text(library: Path, sample_library: Library, tmp_path: Path) -> None:
    export = tmp_path / "export.jsonl"
    export.write_text(vouched("papers", "export", "--library", library).out, encoding="utf-8")
    second = tmp_path / "second"
    assert counts(vouched("ingest", export, "--library", second, "--json").json) == (3, 0, 0, 0, 3)
    both = [vouched("papers", "list", "--library", place, "--json").json["papers"] for place in (library, second)]
    where = {name: both[0][0][name] for name in ("source", "sources")}
    assert both[0] == [paper | where for paper in both[1]]
    export.write_text(vouched("papers", "export", "--library", sample_library.path).out, encoding="utf-8")
    before, after = list(sample_library.papers()), list(read(export))
    assert all(isinstance(paper, Paper) for paper in after)
    assert [(p.id, p.title, p.abstract) for p in after if isinstance(p, Paper)] == [
        (p.id, p.title, p.abstract) for p in before
    ]


def test_an_export_as_csv_holds_no_formulas(library: Path) -> None:
    rows = list(
        csv.DictReader(io.StringIO(vouched("papers", "export", "--format", "csv", "--library", library).out, newline=""))
    )
    assert [row["id"] for row in rows] == IDS
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@\t\r" and cell]
    assert rows[0]["title"] == "'" + str(RECORDS[0]["title"])
    assert rows[0]["venue"].startswith("'@Journal")
    assert rows[0]["abstract"] == RECORDS[0]["abstract"]
    assert (rows[0]["authors"], rows[2]["year"]) == ("Ada Lovelace; Alan Turing", "")


def test_an_export_as_bibtex_has_balanced_entries(tmp_path: Path) -> None:
    stray = {
        "title": "Closing } before opening {",
        "abstract": "A {\\bf bold} claim & {nested {braces}} at 5\\% #1.",
        "doi": "10.1/a b%c",
    }
    written(tmp_path / "stray.jsonl", [stray])
    library = small_library(tmp_path)
    vouched("ingest", tmp_path / "stray.jsonl", "--library", library)
    entries = vouched("papers", "export", "--format", "bibtex", "--library", library).out.strip().split("\n\n")
    heads = [entry.split(",")[0] for entry in entries]
    assert heads[:3] == ["@article{lovelace2021hyperlink", "@misc{grosse2023zahlt", "@misc{undatedstudy"]
    for entry in entries:
        depth = 0
        for place, character in enumerate(entry):
            depth += (character == "{") - (character == "}")
            assert depth > 0 or place < entry.index("{") or place == len(entry) - 1
        assert depth == 0
    assert "author = {Ada Lovelace and Alan Turing}," in entries[0]
    assert "title = {Closing {\\ensuremath{\\rbrace}} before opening {\\ensuremath{\\lbrace}}}," in entries[3]
    assert "abstract = {A bold claim \\& nested braces at 5\\% \\#1.}," in entries[3]
    assert "doi = {10.1/a%20b%c}," in entries[3]
