"""The readers under fire: mutated samples of every format, and any bytes at all. No crash, no hang, no record half-read."""

import contextlib
import gzip
import io
import json
import random
from collections.abc import Callable

import pytest
from formats import AUTHORS, PAGE, SAMPLES, STAMP, papers, pdf, records
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ingestion.paper import MAX_ABSTRACT, MAX_TITLE, Paper, Refusal
from ingestion.readers import READERS, read_stream
from ingestion.readers.source import Source
from ingestion.readers.streams import SourceError

CONTENTS = {path.name: path.read_bytes() for path in SAMPLES} | {
    "made.pdf": pdf(PAGE, about={"/Author": "; ".join(AUTHORS)}, stamp=STAMP)
}
TOKENS = [
    *(
        b"{",
        b"}",
        b'"',
        b"'",
        b"\\",
        b"[",
        b"]",
        b",",
        b":",
        b"\n",
        b"\r",
        b"\n\n",
        b"\0",
        b"\xff",
        b"\xe9",
        b"\xed\xa0\x80",
    ),
    *(
        b"<",
        b">",
        b"&",
        b"]]>",
        b"<!--",
        b"<![CDATA[",
        b"<!DOCTYPE x [",
        b"&#0;",
        b"</entry>",
        b"@",
        b"@misc{",
        b"#",
        b"=",
        b"$",
    ),
    *(
        b"TY  - ",
        b"ER  - ",
        b"PMID- ",
        b"AB  - ",
        b"null",
        b"1e999",
        b"-",
        b"\\ud800",
        b"\\u0000",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
    ),
    *(b"stream", b"endobj", b"/Length 999999999", b"obj", b"%%EOF", b";", b"\t", b"9" * 5_000, b"(" * 200, b"[" * 2_000),
]
quick = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=True,
)


def checked(found: list[Paper | Refusal]) -> None:
    """Hold every record against what a record has to be."""
    assert found
    for record in found:
        assert record.source == "source"
        if isinstance(record, Paper):
            assert record.id
            assert 0 < len(record.title) <= MAX_TITLE
            assert record.title == " ".join(record.title.split())
            assert 0 < len(record.abstract) <= MAX_ABSTRACT
            assert record.abstract == record.abstract.strip()
            json.dumps(record.to_dict(), ensure_ascii=False).encode()  # no lone surrogates anywhere
            assert "\0" not in record.title + record.abstract
        else:
            assert record.reason
            assert record.line is None or record.line > 0
            assert len(record.reason.encode()) < 1_500  # as UTF-8, which has no lone surrogates
            assert "Traceback" not in record.reason


Mutation = Callable[[bytes], bytes]


@some.composite
def mutations(draw: some.DrawFn) -> Mutation:
    """Give a change that cuts, doubles, moves, replaces or inserts, at places that shrink well."""
    kind = draw(some.sampled_from(["cut", "drop", "double", "token", "byte", "swap"]))
    where, size = draw(some.floats(0, 1)), draw(some.integers(1, 200))
    token, byte = draw(some.sampled_from(TOKENS)), draw(some.integers(0, 255))

    def mutated(content: bytes) -> bytes:
        place = int(where * len(content))
        before, part, after = content[:place], content[place : place + size], content[place + size :]
        return {
            "cut": before,
            "drop": before + after,
            "double": before + part + part + after,
            "token": before + token + part + after,
            "byte": before + bytes([byte]) + part[1:] + after,
            "swap": after + before + part,
        }[kind]

    return mutated


@pytest.mark.parametrize("name", CONTENTS)
@quick
@given(changes=some.lists(mutations(), min_size=1, max_size=4))
def test_a_mutated_sample_is_read_or_refused(name: str, changes: list[Mutation]) -> None:
    content = CONTENTS[name]
    for change in changes:
        content = change(content)
    checked(records(content))


@quick
@given(content=some.binary(max_size=3_000) | some.lists(some.sampled_from(TOKENS), max_size=60).map(b"".join))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    checked(records(content))
    checked(records(gzip.compress(content)))
    checked(records(gzip.compress(content)[: len(content) // 2 + 1] or b"\x1f\x8b"))


@quick
@given(content=some.text(max_size=2_000) | some.lists(some.sampled_from(TOKENS), max_size=60).map(b"".join))
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_each_reader_stands_what_it_would_not_have_taken(reader: object, content: str | bytes) -> None:
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    with contextlib.suppress(SourceError):
        source = Source("source", io.BytesIO(raw))
        for record in reader.read(source):  # type: ignore[attr-defined]
            checked([record])


text = some.text(
    some.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=200
)


@quick
@given(rows=some.lists(some.tuples(text, text), min_size=1, max_size=5), indent=some.sampled_from([None, 0, 2]))
def test_what_json_holds_comes_out_verbatim(rows: list[tuple[str, str]], indent: int | None) -> None:
    made = [{"title": f"A {title}", "abstract": f"x{abstract}x"} for title, abstract in rows]
    for content in (json.dumps(made, indent=indent, ensure_ascii=False), "\n".join(json.dumps(row) for row in made)):
        assert [paper.abstract for paper in papers(records(content.encode()))] == [row["abstract"] for row in made]


json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    *("id", "title", "abstract", "authors", "author", "year", "venue", "doi", "DOI", "arxiv_id", "url", "categories"),
    *("abstract_inverted_index", "authorships", "primary_location", "locations", "topics", "ids", "host_venue"),
    *("paperId", "externalIds", "publicationVenue", "journal", "s2FieldsOfStudy", "fieldsOfStudy", "citingPaper"),
    *("authors_parsed", "journal-ref", "report-no", "submitter", "versions", "update_date", "results", "data"),
]


@settings(quick, max_examples=400)
@given(record=some.dictionaries(some.sampled_from(FIELDS), json_values, max_size=8))
def test_no_field_of_a_json_record_may_be_too_odd(record: dict[str, object]) -> None:
    whole = {"title": "A Title", "abstract": "It is.", **record}
    for made in (record, whole, {**whole, "id": "x", "submitter": 1, "report-no": None}, {**whole, "paperId": "0"}):
        for content in (json.dumps(made), json.dumps([made], indent=1)):
            checked(list(read_stream(io.BytesIO(content.encode()), "source")))


def test_no_sample_is_slow_however_it_is_repeated() -> None:
    """Ten thousand records of each format, shuffled line by line: whatever comes, it ends."""
    for name, content in CONTENTS.items():
        if name == "made.pdf":
            continue
        lines = (content * 100).split(b"\n")
        random.Random(5).shuffle(lines)  # noqa: S311 (no secret)
        checked(records(b"\n".join(lines[:20_000])))
