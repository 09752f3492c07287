"""The readers: CSV and TSV, whose columns are matched by name or as the user says."""

import csv
import io
import json

import pytest
from formats import papers, records, refusals, the_paper, the_refusal

HEADER = ["Title", "Abstract", "Authors", "Year"]
ROW = ["A Title", "It is, as they say, short.", "Doe, Jane; Li, Wei", "2020"]


def table(*rows: list[str], separator: str = ",") -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=separator).writerows(rows)
    return buffer.getvalue().encode()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_by_the_header(separator: str) -> None:
    paper = the_paper(records(table(HEADER, ROW, separator=separator)))
    assert (paper.title, paper.abstract, paper.authors, paper.year) == (ROW[0], ROW[1], ("Jane Doe", "Wei Li"), 2020)


@pytest.mark.parametrize(
    ("header", "year"),
    [
        (["title", "ABSTRACT", "author", "date"], 2020),
        (["Article Title", "abstract", "Author Full Names", "Publication Year"], 2020),
        (["Document Title", "Abstract", "Authors", "Publication_Year"], 2020),
        ([" TITLE ", "Abstract Note", "Authors", "Funding"], None),
    ],
)
def test_columns_are_matched_by_their_usual_names(header: list[str], year: int | None) -> None:
    paper = the_paper(records(table(header, ROW)))
    assert (paper.title, paper.abstract, paper.authors, paper.year) == (ROW[0], ROW[1], ("Jane Doe", "Wei Li"), year)


def test_the_user_says_which_column_is_what() -> None:
    content = table(["Name", "Abstract", "What It Says", "Year"], ["A Title", "no", "It is so.", "2020"])
    paper = the_paper(records(content, {"title": "name", "abstract": "What It Says"}))
    assert (paper.title, paper.abstract, paper.year) == ("A Title", "It is so.", 2020)
    line, reason = the_refusal(records(content, {"title": "Name", "abstract": "Summary"}))
    assert line == 1
    assert reason == (
        'is a table without a column "Summary", which --map takes for abstract; it has: Name, Abstract, What It Says, Year'
    )


def test_a_table_without_a_column_for_the_abstract_names_those_that_it_has() -> None:
    _, reason = the_refusal(records(table(["Title", "What It Says", "Year"], ["A", "B", "2020"])))
    assert reason == (
        "is a table, and no column of it is taken for abstract; it has: Title, What It Says, Year."
        " Say which: --map abstract=COLUMN"
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,b", "has 2 cells, and the header has 4"),
        ("a,b,c,2020,e", "has 5 cells, and the header has 4"),
        ('a,"b" c,d,2020', "has a quotation mark where none may stand"),
        (f'a,"{"b" * 200_000}",d,2020', "has a cell of more than 131,072 characters"),
        ("a,,c,2020", "has no abstract"),
        (",b,c,2020", "has no title"),
        ("a, ,c,2020", "has an empty abstract"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_stops_no_other(row: str, reason: str) -> None:
    good = table(ROW).decode()
    multi = '"Over\ntwo lines","It\n\nis.",,\r\n'
    found = records(f"{','.join(HEADER)}\n{multi}\n{row}\n{good}".encode())
    assert [paper.title for paper in papers(found)] == ["Over two lines", "A Title"]
    ((line, said),) = refusals(found)
    assert (line, reason in said) == (7, True), said


def test_a_quotation_mark_that_is_not_closed_at_the_end_is_told() -> None:
    content = table(HEADER, ROW, ["B", "It goes\non and", "", ""])
    found = records(content[: content.index(b"on and")])
    assert [paper.title for paper in papers(found)] == ["A Title"]
    assert refusals(found) == [(3, "has a quotation mark that is opened and not closed; the file may be cut off")]


def test_a_column_may_bear_the_name_of_another_field_and_cells_may_hold_anything() -> None:
    rows = [["id", "text", "title", "label"], ["7", '{"a": 1}\n@misc{x,', "A", "1"]]
    paper = the_paper(records(table(*rows)))
    assert (paper.id, paper.abstract) == ("7", rows[1][1])


def test_lines_with_commas_are_no_table() -> None:
    prose = (
        b"Memory, attention, and a title\n\nOne, two, three. We are many, they say, and so on, and on, and on, as ever.\n"
    )
    assert [paper.title for paper in papers(records(prose))] == ["Memory, attention, and a title"]
    assert "no papers in a known format" in the_refusal(records(json.dumps("title,abstract").encode()))[1]
