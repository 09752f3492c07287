"""The library: what ingesting, updating and removing do to all three stores, and errors that say what to do."""

import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from agreement import assert_agreement, records, written
from filelock import FileLock
from llama_index.core import MockEmbedding

from ingestion.errors import LibraryError
from ingestion.library import Library
from ingestion.paper import Refusal
from ingestion.passages import passages_of


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library.open(tmp_path / "library", create=True)
    library.ingest([written(tmp_path / "papers.jsonl", records())])
    yield library
    library.close()


@pytest.fixture
def held(library: Library) -> Iterator[None]:
    """Another writer holds the lock, as a thread of its own must."""
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with FileLock(library.path / "writing.lock"):
            taken.set()
            done.wait()

    writer = threading.Thread(target=hold)
    writer.start()
    taken.wait()
    yield
    done.set()
    writer.join()


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def of(library: Library, word: str) -> str:
    """Give the id of the paper about an animal."""
    return next(paper.id for paper in library.papers() if word in paper.abstract)


def test_the_sample_library_holds_the_page_in_all_three_stores(sample_library: Library) -> None:
    passages = sum(len(passages_of(paper)) for paper in sample_library.papers())
    assert sample_library.count() == sample_library.vectors.count("papers") == sample_library.words.count() == 92
    assert sample_library.vectors.count("passages") == passages


def test_ingesting_again_changes_nothing(library: Library, tmp_path: Path) -> None:
    before, fingerprint = list(library.papers()), library.fingerprint()
    report = library.ingest([tmp_path / "papers.jsonl"] * 2)
    assert (report.added, report.updated, report.unchanged, report.refused, report.papers) == (0, 0, 20, [], 10)
    assert list(library.papers()) == before
    assert library.fingerprint() == fingerprint
    assert_agreement(library)


@pytest.mark.parametrize("sentences", [1, 2, 3, 9])
def test_a_changed_abstract_replaces_the_old_one_under_the_same_id(library: Library, tmp_path: Path, sentences: int) -> None:
    ids = [paper.id for paper in library.papers()]
    rows = records(sentences)[:4] + records()[4:]
    rows[0]["abstract"] += " It met a wolverine."
    report = library.ingest([written(tmp_path / "new.jsonl", rows)])
    assert report.added == 0
    assert report.updated == (1 if sentences == 3 else 4)
    assert report.updated + report.unchanged == report.papers == 10
    assert [paper.id for paper in library.papers()] == ids
    assert list(library.words.search("wolverine", 5)) == ids[:1]
    assert len(library.words.search("slept", 20)) == (10 if sentences > 2 else 6)  # the old text is not found any more
    assert_agreement(library)


def test_a_removed_paper_is_gone_from_all_three_stores(library: Library) -> None:
    ids = [of(library, "badger"), of(library, "ibis")]
    assert [paper.id for paper in library.remove([*ids, ids[0]])] == ids
    assert library.count() == 8
    assert library.words.search("badger ibis", 5) == {}
    assert library.vectors.passages(ids) == {}
    assert library.catalogue.fingerprints(ids) == {}
    assert_agreement(library)
    with pytest.raises(LibraryError, match=rf"no paper {ids[0]} .*vouched papers list"):
        library.remove([of(library, "jaguar"), ids[0]])
    assert library.count() == 8  # one unknown id, and none is removed


def test_what_was_exported_comes_back_with_the_same_ids(library: Library, tmp_path: Path) -> None:
    extra = {"title": "Far", "abstract": "Away.", "authors": ["Ann Ox"], "year": 2020, "doi": "10.1/X", "url": "http://a.b"}
    library.ingest([written(tmp_path / "extra.jsonl", [extra, {**extra, "title": "Near", "doi": None, "id": 7}])])
    other = Library.open(tmp_path / "other", create=True)
    other.ingest([written(tmp_path / "export.jsonl", [paper.to_dict() for paper in library.papers()])])
    assert [paper.id for paper in other.papers()] == [paper.id for paper in library.papers()]
    assert other.fingerprint() == library.fingerprint()


def test_order_and_format_change_neither_ids_nor_fingerprint(library: Library, tmp_path: Path) -> None:
    page = "".join(f"{row['title']}\n\n{row['abstract']}\n\n" for row in reversed(records()))
    (tmp_path / "page.txt").write_text(page, encoding="utf-8")
    report = library.ingest([tmp_path / "page.txt"])
    assert (report.unchanged, report.refused) == (10, [])
    other = Library.open(tmp_path / "other", create=True)
    other.ingest([tmp_path / "page.txt"])
    assert {paper.id for paper in other.papers()} == {paper.id for paper in library.papers()}
    assert other.fingerprint() == library.fingerprint()
    other.remove([of(other, "ibis")])
    assert other.fingerprint() != library.fingerprint()


def test_of_records_that_contradict_each_other_the_first_is_kept(library: Library, tmp_path: Path) -> None:
    row = {"title": "Twice Told", "abstract": "First version."}
    path = written(tmp_path / "twice.jsonl", [row, {**row, "abstract": "Second version."}])
    for added in (1, 0):
        report = library.ingest([path])
        assert (report.added, report.updated) == (added, 0)
        (refusal,) = report.refused
        assert refusal.source == str(path)
        assert "has the same id as a paper before it" in refusal.reason
    assert library.paper(of(library, "First")).abstract == "First version."


def test_refusals_are_passed_on_and_stop_nothing(library: Library, tmp_path: Path) -> None:
    path = written(tmp_path / "mixed.jsonl", [{"title": "No Text"}, {"title": "New", "abstract": "Some text."}])
    report = library.ingest([tmp_path / "none", path])
    assert [(refusal.source, refusal.line) for refusal in report.refused] == [(str(tmp_path / "none"), None), (str(path), 1)]
    assert (report.added, report.papers) == (1, 11)
    assert library.add([Refusal("x", 1, "y")]).refused == [Refusal("x", 1, "y")]


def test_scope_limits_to_papers_and_years(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library", create=True)
    years = {"a": 1999, "b": 2005, "c": 2010, "d": None}
    rows = [{**row, "id": name, "year": years[name]} for row, name in zip(records(1), years, strict=False)]
    library.ingest([written(tmp_path / "years.jsonl", rows)])
    assert library.scope() is None
    assert library.scope(papers=["b", "a"]) == ["b", "a"]
    assert library.scope(year_from=2005) == ["b", "c"]
    assert library.scope(year_to=2005) == ["a", "b"]
    assert library.scope(papers=["d", "b"], year_from=0, year_to=3000) == ["b"]
    assert library.scope(year_from=2006, year_to=2009) == []
    with pytest.raises(LibraryError, match="no paper nope"):
        library.scope(papers=["a", "nope"])


def newer(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (Path.unlink, "There is no library in .*: vouched ingest"),
        (lambda path: path.write_bytes(b""), "There is no library in .*: vouched ingest"),
        (lambda path: path.write_bytes(b"no database" * 1_000), "file is not a database.* restore the folder"),
        (lambda path: path.write_bytes(path.read_bytes()[:4096] + bytes(8192)), "malformed.* restore the folder"),
        (newer, "written by a newer Vouched .schema 99.; update"),
    ],
    ids=["missing", "empty", "garbage", "cut", "newer"],
)
def test_a_damaged_catalogue_is_reported(library: Library, damage: Callable[[Path], Any], message: str) -> None:
    library.close()
    for file in library.path.glob("catalogue.sqlite3-*"):
        file.unlink()
    damage(library.path / "catalogue.sqlite3")
    with pytest.raises(LibraryError, match=message):
        Library.open(library.path)


def test_a_folder_that_cannot_hold_a_library_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("text")
    with pytest.raises(LibraryError, match="is a file; a library is a folder"):
        Library.open(tmp_path / "file", create=True)
    with pytest.raises(LibraryError, match=r"cannot be made: .*Name another folder"):
        Library.open(tmp_path / "file" / "library", create=True)
    with pytest.raises(LibraryError, match="There is no library in ~nobody-at-all"):
        Library.open("~nobody-at-all/library")
    monkeypatch.setattr("ingestion.library.os.access", lambda *_: False)  # root may write anywhere
    with pytest.raises(LibraryError, match=r"permission denied\. Make the folder writable"):
        Library.open(tmp_path / "library", create=True)


def test_another_embedder_is_refused_before_anything_changes(library: Library, tmp_path: Path) -> None:
    other = Library.open(library.path, embedder=lambda: MockEmbedding(embed_dim=8, model_name="mock"))
    assert other.count() == 10
    with pytest.raises(LibraryError, match=r"embedded with all-MiniLM-L6-v2, not with mock\. Set VOUCHED_EMBEDDING"):
        other.ingest([written(tmp_path / "new.jsonl", records(1))])
    assert_agreement(library)


def test_a_second_writer_is_told_to_wait_and_readers_need_not(
    library: Library, tmp_path: Path, held: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.library.LOCK_SECONDS", 0.1)
    with pytest.raises(LibraryError, match=r"Another process is writing .* Try again when it is done"):
        library.ingest([tmp_path / "papers.jsonl"])
    with pytest.raises(LibraryError, match="Another process is writing"):
        library.remove([of(library, "ibis")])
    assert_agreement(Library.open(library.path))  # a reader sees all the while what is there


@pytest.mark.parametrize("stage", ["catalogue", "vectors", "words"])
def test_a_full_disk_is_reported_and_the_next_ingest_finishes(
    library: Library, tmp_path: Path, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*records(2)[:5], *records()[5:], {"title": "New", "abstract": "Some new text, " * 5_000}]
    path = written(tmp_path / "new.jsonl", rows)
    with monkeypatch.context() as patch:
        if stage == "catalogue":
            library.catalogue._db.execute("PRAGMA max_page_count=1")  # no page more than it has
        elif stage == "vectors":
            patch.setattr("chromadb.api.models.Collection.Collection.upsert", full)
        else:
            patch.setattr("tantivy.Document", full)
        with pytest.raises(LibraryError, match=r"cannot be written: .*(disk is full|No space left).*ree some disk space"):
            library.ingest([path])
        Library.open(library.path).close()  # opens, though it cannot finish
    library.catalogue._db.execute("PRAGMA max_page_count=1000000")
    report = library.ingest([path])
    assert report.papers == 11
    assert library.words.search("new", 5)
    assert_agreement(library)
    assert library.ingest([path]).unchanged == 11


def test_a_removal_that_a_full_disk_stopped_is_finished_by_the_next_writer(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = of(library, "ibis")
    with monkeypatch.context() as patch:
        patch.setattr("chromadb.api.models.Collection.Collection.delete", full)
        with pytest.raises(LibraryError, match="No space left"):
            library.remove([gone])
    assert gone not in [paper.id for paper in library.papers()]
    library.ingest([])
    assert_agreement(library)
