"""The readers: where text comes from. Compressed files, folders, streams, other encodings, and what is far too large."""

import bz2
import gzip
import io
import json
import lzma
import os
import random
import string
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from formats import FOLDER, PAGE, SAMPLES, drawing, drawn_on, papers, pdf, records, refusals, the_refusal, written
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, FloatObject, NameObject

from ingestion import readers
from ingestion.paper import Paper, Refusal
from ingestion.readers import read, read_stream, streams
from ingestion.readers import source as sources

GOOD = [{"title": f"Record {number}", "abstract": f"It is number {number}."} for number in range(3)]
LINES = "".join(json.dumps(record) + "\n" for record in GOOD).encode()
TITLES = [record["title"] for record in GOOD]


def titles(found: list[Paper | Refusal]) -> list[str]:
    return [paper.title for paper in papers(found)]


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("papers.jsonl", LINES)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(gzip.compress(LINES)), "is compressed twice"),
        (gzip.compress(b""), "is empty"),
        (gzip.compress(bytes(1000)), "is a binary file"),
        (b"\x1f\x8b", "is cut off"),
        (b"\x1f\x8b\x08\x00 and then nonsense", "cannot be read as gzip"),
        (bz2.compress(LINES), "is compressed with bzip2"),
        (lzma.compress(LINES), "is compressed with xz"),
        (zipped(), "is a zip archive (or an office document)"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "is compressed with zstd"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "is a 7z archive"),
        (gzip.compress(b"name".ljust(257, b"\0") + b"ustar\0" + bytes(500)), "is a tar archive"),
    ],
    ids=["twice", "nothing", "zeros", "mark", "nonsense", "bzip2", "xz", "zip", "zstd", "7z", "tar.gz"],
)
def test_what_is_packed_otherwise_is_refused_with_what_to_do(content: bytes, reason: str) -> None:
    assert reason in the_refusal(records(content))[1]


def test_gzip_of_several_members_is_one_file() -> None:
    assert titles(records(gzip.compress(LINES[:40]) + gzip.compress(LINES[40:]))) == TITLES


def test_a_compressed_file_that_is_cut_off_gives_what_is_whole_and_no_more() -> None:
    noise = random.Random(1)  # noqa: S311 (no secret)
    rows = [
        {"title": f"Record {number}", "abstract": "".join(noise.choices(string.ascii_letters, k=2_000))}
        for number in range(200)
    ]
    packed = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())
    found = records(packed[: len(packed) * 2 // 3])
    whole = papers(found)
    assert 100 < len(whole) < 150
    assert [(paper.title, paper.abstract) for paper in whole] == [
        (row["title"], row["abstract"]) for row in rows[: len(whole)]
    ]
    assert refusals(found) == [(len(whole) + 1, "is cut off: the compressed file ends in the middle; fetch it again")]


@pytest.mark.parametrize("name", [path.name for path in SAMPLES if path.name != "page.txt"])
def test_no_cut_through_a_sample_changes_the_records_before_it(name: str) -> None:
    content = (FOLDER / name).read_bytes()
    whole = papers(records(content))
    assert len(whole) >= 2
    for cut in range(10, len(content), max(1, len(content) // 60)):
        # MEDLINE's format has no mark of a record's end; its last one may be a part of itself.
        found = papers(records(content[:cut]))
        sure = found[:-1] if name == "pubmed.nbib" else found
        assert sure == whole[: len(sure)], cut


def bomb(row: bytes, head: bytes = b"") -> Iterator[bytes]:
    """Give a gzip file of 4 GB in portions, whose 4 MB nobody has to hold."""
    packer = zlib.compressobj(wbits=31)
    yield packer.compress(head)
    for _ in range(4_000):
        yield packer.compress(row * (1_000_000 // len(row)))
    yield packer.flush()


class Piped(io.RawIOBase):
    """A stream of portions that cannot be gone back in."""

    def __init__(self, portions: Iterator[bytes]) -> None:
        super().__init__()
        self._portions, self._rest, self.read_bytes = portions, b"", 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._rest and (portion := next(self._portions, None)) is not None:
            self._rest = portion
        chunk, self._rest = self._rest[:size], self._rest[size:]
        self.read_bytes += len(chunk)
        return chunk


@pytest.mark.parametrize(
    ("row", "head"),
    [
        (b" ", b""),
        (b"x", LINES),
        (b"x", b'[{"title": "'),
        (b"x", b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>"),
        (b"x" * 999 + b"\n", b'title,abstract\n"'),
        (b"x" * 99 + b"\n", b"@misc{a, title = {"),
        (b"x" * 99 + b"\n", b"TY  - JOUR\nTI  - "),
        (b"x" * 99 + b"\n", b"PMID- 1\nTI  - "),
        (b"x" * 99 + b"\n", b"%PDF-1.4\n"),
    ],
    ids=["spaces", "long line", "array", "XML", "table", "BibTeX", "RIS", "nbib", "PDF"],
)
def test_a_bomb_is_not_unpacked(row: bytes, head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BOMB_BYTES", 8_000_000)
    stream = Piped(bomb(row, head))
    tracemalloc.start()
    try:
        found = list(read_stream(stream, "bomb"))  # type: ignore[arg-type]  # as much of a stream as is used
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "unpacks to more than 200 times its size" in refusals(found)[-1][1]
    assert stream.read_bytes < 300_000
    assert peak < 100_000_000


def test_xml_entities_are_a_bomb_and_nothing_is_fetched() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    for declared, used in (
        (laughs, "&l9;"),
        ('<!ENTITY l SYSTEM "file:///etc/passwd">', "&l;"),
        ('<!ENTITY % l SYSTEM "http://localhost/x"> %l;', ""),
    ):
        text = f"<!DOCTYPE feed [{declared}]><feed xmlns='http://www.w3.org/2005/Atom'><entry><title>{used}</title></entry></feed>"
        assert "declares XML entities" in the_refusal(records(text.encode()))[1]


def test_xml_within_xml_without_end_is_refused() -> None:
    text = "<PubmedArticleSet><PubmedArticle>" + "<i>" * 100_000
    assert "elements within each other" in the_refusal(records(text.encode()))[1]


def test_macros_of_macros_do_not_grow_without_end() -> None:
    lines = ['@string{m0 = "lol"}', *(f"@string{{m{n + 1} = m{n} # {' # '.join([f'm{n}'] * 99)}}}" for n in range(8))]
    found = records("\n".join([*lines, "@misc{x, title = {T}, abstract = m8 # m8}"]).encode())
    assert "is a macro too many" in refusals(found)[0][1]


def test_a_pdf_bomb_is_refused() -> None:
    assert "Limit reached" in the_refusal(records(drawing(b"0 0 m\n" * 4_000_000)))[1]
    assert "draws more than" in the_refusal(records(drawing(b"0 0 m\n" * 301_000)))[1]


def test_forms_within_forms_of_a_pdf_are_not_drawn_without_end() -> None:
    writer = PdfWriter()
    inner = None
    for _ in range(9):
        form = DecodedStreamObject()
        form.set_data(b"/X Do " * 10 if inner is not None else b"BT ET")
        names = {NameObject("/X"): inner} if inner is not None else {}
        form.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
        form[NameObject("/BBox")] = ArrayObject([FloatObject(0)] * 4)
        form[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): DictionaryObject(names)})
        inner = writer._add_object(form)
    drawn_on(writer, b"/X Do")
    assert inner is not None
    writer.pages[0]["/Resources"][NameObject("/XObject")] = DictionaryObject({NameObject("/X"): inner})  # type: ignore[index]
    assert "PDF" in the_refusal(records(written(writer)))[1] or "no text" in the_refusal(records(written(writer)))[1]


def test_lines_and_records_that_are_far_too_long_are_refused_and_the_others_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("source", "json_scanner", "bibtex", "tagged", "xml_records"):
        monkeypatch.setattr(f"ingestion.readers.{module}.MAX_RECORD", 2_000_000)
    long = b"x" * 5_000_000
    found = records(LINES + long + b"\n" + LINES)
    assert titles(found) == TITLES * 2
    assert [line for line, _ in refusals(found)] == [4]
    ris = b"TY  - JOUR\nTI  - A\nAB  - It is.\nER  - \nTY  - JOUR\nTI  - B\nAB  - " + (b"y" * 99 + b"\n") * 40_000
    found = records(ris + b"ER  - \nTY  - JOUR\nTI  - C\nAB  - It is.\nER  - \n")
    assert titles(found) == ["A", "C"]
    assert "is longer, with the lines above it" in refusals(found)[0][1]
    entry = b"@misc{x, title={%s}, abstract={It is.}}\n"
    found = records(entry % b"A" + entry % ((b"y" * 99 + b"\n") * 40_000) + entry % b"C")
    assert titles(found) == ["A", "C"]
    assert "is an entry longer than" in refusals(found)[0][1]


@pytest.mark.parametrize("content", [b"x" * 10_000_000, b"We are. " * 1_250_000, b"{" * 10_000_000, b"[" * 10_000_000])
def test_a_line_of_ten_megabytes_is_no_paper(content: bytes) -> None:
    line, _ = the_refusal(records(content))
    assert line in (None, 1)


def test_one_line_of_ten_megabytes_may_be_an_array_of_papers() -> None:
    rows = [{"title": f"Record {number}", "abstract": "It is. " * 1_000} for number in range(1_500)]
    content = json.dumps(rows).encode()
    assert len(content) > 10_000_000
    assert len(papers(records(content))) == 1_500


def test_a_text_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_WHOLE", 1_000_000)
    stream = Piped(b"yes\n" * 1_000 for _ in range(1_000_000))
    found = list(read_stream(stream, "endless"))  # type: ignore[arg-type]
    assert "holds no papers in its first 1 MB" in the_refusal(found)[1]
    monkeypatch.setattr(streams, "MAX_BYTES", 3_000_000)
    stream = Piped(LINES * 1_000 for _ in range(1_000_000))
    assert "is larger than" in refusals(list(read_stream(stream, "endless")))[-1][1]  # type: ignore[arg-type]


def test_a_file_of_nothing_but_bad_records_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_IN_A_ROW", 100)
    bad = b'{"title": "No abstract"}\n'
    found = records((bad * 99 + LINES) * 3 + bad * 1_000)
    assert len(papers(found)) == 9
    assert refusals(found)[-1] == (3 * 102 + 101, "holds 100 records in a row that are no papers; it is not read on")


def test_a_large_file_of_lines_does_not_stand_in_memory(tmp_path: Path) -> None:
    row = json.dumps({"title": "A Title", "abstract": "It is a long abstract. " * 50}) + "\n"
    with gzip.open(tmp_path / "large", "wt", compresslevel=1) as file:
        file.writelines(row for _ in range(20_000))
    tracemalloc.start()
    try:
        count = sum(1 for _ in read(tmp_path / "large"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 20_000
    assert peak < 3_000_000


def test_a_folder_gives_its_files_in_order_and_names_what_it_cannot_read(tmp_path: Path) -> None:
    for name, number in (("b.jsonl", 1), ("a/z.txt", 0), ("c.bib", 2), (".hidden", 1), (".git/x", 1)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(GOOD[number]))
    (tmp_path / "nothing").mkdir()
    (tmp_path / "d.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "e.lost").symlink_to(tmp_path / "gone")
    (tmp_path / "round").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(tmp_path / "f.pipe")
    found = list(read(tmp_path))
    assert titles(found) == TITLES
    refused = {Path(record.source).name: record.reason for record in found if isinstance(record, Refusal)}
    assert set(refused) == {"d.png", "e.lost", "f.pipe"}
    assert "binary" in refused["d.png"]
    assert "No such file" in refused["e.lost"]
    assert "is no file but a pipe" in refused["f.pipe"]


def test_a_folder_that_may_not_be_read_is_refused_and_the_others_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "papers").write_bytes(LINES)
    scandir = os.scandir

    def denied(path: Path) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, os.strerror(13), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    found = list(read(tmp_path))
    assert titles(found) == TITLES
    assert found[0] == Refusal(str(tmp_path / "a"), None, "cannot be read: Permission denied")


def test_a_stream_that_cannot_be_gone_back_in_is_read() -> None:
    for content in (LINES, gzip.compress(LINES), pdf(PAGE), (FOLDER / "pubmed.xml").read_bytes()):
        stream = Piped(iter([content[place : place + 7] for place in range(0, len(content), 7)]))
        found = list(read_stream(stream, "standard input"))  # type: ignore[arg-type]
        assert [paper.title for paper in papers(found)] == [paper.title for paper in papers(records(content))] != []


@pytest.mark.parametrize("encoding", ["latin-1", "shift-jis"])
def test_another_encoding_is_refused_by_line_and_the_other_records_are_read(encoding: str) -> None:
    bad = {"latin-1": "é", "shift-jis": "日本"}[encoding].encode(encoding)
    row = b'{"title": "Caf%s", "abstract": "It is."}' % bad
    found = records(LINES + row + b"\n" + LINES)
    assert titles(found) == TITLES * 2
    ((line, reason),) = refusals(found)
    assert line == 4
    assert "is not valid UTF-8 (byte 0x" in reason
    array = b"[\n" + LINES.strip().replace(b"\n", b",\n") + b",\n" + row + b",\n" + row.replace(bad, b"e") + b"\n]"
    assert titles(records(array)) == [*TITLES, "Cafe"]
    ((line, reason),) = refusals(records(array))
    assert line == 5
    assert "is not valid UTF-8 (byte 0x" in reason


@pytest.mark.parametrize("name", ["references.bib", "references.ris", "pubmed.nbib", "table.csv", "semicolons.csv"])
def test_a_byte_that_is_not_utf_8_costs_one_record(name: str) -> None:
    content = (FOLDER / name).read_bytes()
    place = content.index("Café".encode()) + 3 if name != "references.bib" else content.index("Café &".encode()) + 3
    found = records(content[:place] + b"\xe9" + content[place + 2 :])
    assert [paper.title for paper in papers(found)] == [paper.title for paper in papers(records(content))[1:]]
    line, reason = refusals(found)[0]
    assert line is not None
    assert "is not valid UTF-8 (byte 0xE9" in reason


def test_utf_16_is_read_and_refused_where_it_is_broken() -> None:
    text = LINES.decode().replace("Record", "Récord")
    assert len(papers(records(text.encode("utf-16")))) == 3
    broken = b"\xff\xfe" + (LINES * 1_000).decode().encode("utf-16-le") + b"\x00\xd8\x41\x00"
    found = records(broken)
    assert len(papers(found)) >= 2_900
    assert "is not valid UTF-16" in refusals(found)[-1][1]


def test_zero_bytes_in_lines_and_records_are_refused() -> None:
    many = LINES * 2_000  # beyond the head
    found = records(many + b'{"title": "A\0", "abstract": "It is."}\n' + b'{"title": "A\\u0000B", "abstract": "It is."}\n')
    assert [reason for _, reason in refusals(found)] == [
        "holds a zero byte, as no text does",
        "has a zero character in its title or abstract",
    ]
