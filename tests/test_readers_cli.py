"""``vouched ingest`` with every format: files, folders, compressed ones, standard input, and the columns of tables."""

import gzip
import json
from pathlib import Path

import pytest
from command import vouched
from formats import FOLDER, PAGE, TITLE, pdf

TABLE = b"Name,Summary of It,Year\nA Title,It is short.,2020\nNo Summary,,\n"


def test_a_folder_of_every_format_becomes_one_library(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for path in FOLDER.iterdir():
        if path.suffix != ".txt":
            (inbox / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    (inbox / "made.pdf").write_bytes(pdf(PAGE))
    (inbox / "notes.md").write_text("Things to do\n")
    called = vouched("ingest", inbox, "--library", tmp_path / "library", "--json")
    assert called.code == 0
    assert "error" not in called.json
    assert called.json["added"] >= 15
    sources = {Path(refusal["source"]).name for refusal in called.json["refused"]}
    assert {"notes.md", "references.bib.gz", "pubmed.xml.gz"} <= sources
    listed = vouched("papers", "list", "--library", tmp_path / "library", "--json").json["papers"]
    assert TITLE in {paper["title"] for paper in listed}
    again = vouched("ingest", inbox, "--library", tmp_path / "library", "--json").json
    assert (again["added"], again["updated"], again["papers"]) == (0, 0, called.json["papers"])


@pytest.mark.parametrize("name", ["references.bib", "papers.json", "pubmed.xml"])
@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_read_as_a_file_is(name: str, packed: bool, tmp_path: Path) -> None:
    content = (FOLDER / name).read_bytes()
    called = vouched(
        "ingest", "-", "--library", tmp_path / "library", "--json", stdin=gzip.compress(content) if packed else content
    )
    assert called.code == 0
    assert called.json["added"] >= 3
    assert {refusal["source"] for refusal in called.json["refused"]} == {"standard input"}


def test_nothing_on_standard_input_is_told(tmp_path: Path) -> None:
    called = vouched("ingest", "-", "--library", tmp_path / "library", "--json")
    assert called.code == 1
    assert "standard input is empty" in called.json["error"]["message"]


def test_a_folder_without_a_paper_fails_with_the_first_reason(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    called = vouched("ingest", tmp_path / "inbox", "--library", tmp_path / "library", "--json")
    assert called.code == 1
    assert "is a folder without files" in called.json["error"]["message"]


def test_the_columns_of_a_table_are_named_by_the_user(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(TABLE)
    unnamed = vouched("ingest", tmp_path / "table.csv", "--library", tmp_path / "library", "--map", "title=Name", "--json")
    assert unnamed.code == 1
    message = unnamed.json["error"]["message"]
    assert "line 1 is a table, and no column of it is taken for abstract; it has: Name, Summary of It, Year" in message
    assert "--map abstract=COLUMN" in message
    named = vouched(
        *("ingest", tmp_path / "table.csv", "--library", tmp_path / "library", "--json"),
        *("--map", "title=Name", "--map", "abstract = summary of it"),
    )
    assert (named.code, named.json["added"]) == (0, 1)
    assert [(refusal["line"], refusal["reason"]) for refusal in named.json["refused"]] == [(3, "has no abstract")]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("abstract", "is no FIELD=COLUMN, such as abstract=Summary"),
        ("abstract=", "is no FIELD=COLUMN"),
        ("abstrct=Summary", "there is no field 'abstrct'; the fields are: id, title, abstract, authors"),
    ],
)
def test_a_wrong_map_says_what_is_wrong(given: str, said: str, tmp_path: Path) -> None:
    called = vouched("ingest", FOLDER / "table.csv", "--library", tmp_path / "library", "--map", given, "--json")
    assert called.code == 2
    assert said in called.json["error"]["message"]
    twice = ["--map", "abstract=A", "--map", "abstract=B"]
    called = vouched("ingest", FOLDER / "table.csv", "--library", tmp_path / "library", *twice, "--json")
    assert "two columns for abstract: A and B" in called.json["error"]["message"]
    assert not (tmp_path / "library").exists()


def test_help_names_the_formats_and_gives_examples() -> None:
    said = " ".join(vouched("ingest", "--help", env={"COLUMNS": "200"}).out.split())
    for part in ("BibTeX", "RIS", "PubMed XML", "OpenAlex", "PDF", ".gz", "--map", "standard input", "vouched ingest -"):
        assert part in said


def test_refusals_of_one_line_files_are_told_apart_for_a_person(tmp_path: Path) -> None:
    called = vouched("ingest", FOLDER / "openalex.json", "--library", tmp_path / "library")
    assert called.code == 0
    assert "line 1 has no abstract: A Work without an Abstract" in called.err
    assert json.loads((FOLDER / "openalex.json").read_text(encoding="utf-8"))["results"][1]["title"] in called.err
