"""The readers: JSON Lines, one record a line."""

import json
from pathlib import Path
from typing import Any

import pytest

from ingestion.paper import Paper, Refusal
from ingestion.readers import read

ONE = "We study how models learn to compose skills. Our method improves accuracy by 4.2 points, and it is cheap to train."
TWO = "Memory is a kind of attention. This paper evaluates it on three tasks, and finds that it helps everywhere."


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source.jsonl"


def lines(path: Path, text: str) -> list[Paper | Refusal]:
    path.write_text(text, encoding="utf-8")
    return list(read(path))


def jsonl(path: Path, *records: Any) -> list[Paper | Refusal]:
    return lines(path, "\n".join(json.dumps(record) for record in records))


def test_jsonl_reads_our_names_and_their_synonyms(source: Path) -> None:
    ours = {
        "title": " A \n Title ",
        "abstract": f" {ONE}\u2028{TWO}\n",
        "authors": ["Ann", "Bob"],
        "year": 2021,
        "venue": "ACL",
    }
    theirs = {
        "title": "A Title",
        "text": f"{ONE}\u2028{TWO}",
        "author": "Ann and Bob",
        "published": "2021-03-04",
        "journal": "ACL",
    }
    one, two = jsonl(source, ours, theirs)
    assert isinstance(one, Paper)
    assert one == two
    assert (one.title, one.abstract, one.authors, one.year) == ("A Title", f"{ONE}\u2028{TWO}", ("Ann", "Bob"), 2021)
    assert lines(source, json.dumps(ours, ensure_ascii=False)) == [one]  # U+2028 as it is: no line ends there


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"id": 17}, "17"),
        ({"doi": "https://doi.org/10.1/AB"}, "doi:10.1/ab"),
        ({"arxiv_id": "arXiv:2101.00001v2"}, "arxiv:2101.00001"),
        ({"id": None, "doi": ""}, "a-title-"),
        ({"id": 1.5, "year": True, "authors": {"name": "x"}}, "a-title-"),
    ],
)
def test_ids_come_from_the_record_else_from_doi_arxiv_or_title(source: Path, record: dict[str, Any], expected: str) -> None:
    (paper,) = jsonl(source, {"title": "A Title", "abstract": ONE, **record})
    assert isinstance(paper, Paper)
    assert paper.id.startswith(expected)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"title": "A", "abstract"', "is not valid JSON"),
        ("[1, 2]", "is a list, not an object"),
        ('"text"', "is text, not an object"),
        ("null", "is null, not an object"),
        ('{"abstract": "Text."}', "has no title"),
        ('{"title": "A"}', "has no abstract"),
        ('{"title": "A", "abstract": " \\n "}', "has an empty abstract"),
        ('{"title": " ", "abstract": "Text."}', "has an empty title"),
        ('{"title": {"en": "A"}, "abstract": "Text."}', "its title is an object"),
        ('{"title": "A", "abstract": ["Text."]}', "its abstract is a list"),
        ('{"title": "A", "abstract": NaN}', "its abstract is a number"),
        ('{"title": "A", "abstract": "half \\ud83d of it"}', "lone surrogate"),
        ('{"title": "half \\ud83d of it", "abstract": "Text."}', "lone surrogate"),
        (json.dumps({"title": "A" * 10_000_000, "abstract": "Text."}), "a title of 10,000,000 characters"),
        ('{"title": "A", "abstract": ' + "[" * 200_000 + "]" * 200_000 + "}", "nested too deeply"),
        ('{"title": "A", "abstract": "Text.", "year": ' + "9" * 5_000 + "}", "is JSON that cannot be read"),
    ],
    ids=lambda value: value[:24],
)
def test_a_bad_line_is_refused_with_its_number_and_stops_no_other(source: Path, line: str, reason: str) -> None:
    good = {"title": "Good", "abstract": ONE}
    for rows, number in ((["", json.dumps(good), "", line], 4), ([line, json.dumps(good)], 1)):
        records = lines(source, "\n".join(rows))
        (refusal,) = [record for record in records if isinstance(record, Refusal)]
        assert refusal.line == number
        assert reason in refusal.reason
        assert [record.title for record in records if isinstance(record, Paper)] == ["Good"]


def test_repeated_records_are_passed_on_for_the_library_to_compare(source: Path) -> None:
    record = {"title": "A Title", "abstract": ONE}
    one, two = jsonl(source, record, {"title": "a TITLE!", "abstract": ONE, "extra": [1, {"deep": None}]})
    assert isinstance(one, Paper)
    assert isinstance(two, Paper)
    assert one.id == two.id
