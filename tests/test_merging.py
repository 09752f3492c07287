"""One paper from several sources is one paper in the library, whatever comes first; and a library of old is taken over."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from agreement import assert_agreement
from embedders import HashEmbedding
from hypothesis import given, settings
from hypothesis import strategies as st

import ingestion.library
from ingestion.errors import LibraryError
from ingestion.library import Library
from ingestion.merging import Record, current, merged
from ingestion.paper import Paper
from ingestion.report import IngestReport

BEES = (
    "Honey bees learn to choose a number of marks on the way to their food. They count up to four of them, whatever the"
    " marks look like. Beyond four the bees guess, as our trials in two summers show."
)
SAND = (
    "Rivers carry sand from mountains into deltas. Dams along the Danube withhold nearly all of this sediment since 1970,"
    " and beaches near Constanta have retreated by several metres every winter."
)
PREPRINT: dict[str, Any] = {
    "title": "Bees Count to Four",
    "abstract": BEES,
    "authors": ["Zoë Müller", "Bo Li"],
    "year": 2020,
    "venue": "arXiv",
    "arxiv_id": "2001.00001v1",
    "categories": ["q-bio.NC"],
}
JOURNAL: dict[str, Any] = {
    "title": "Bees count to four.",
    "abstract": BEES + " Ants do not.",
    "authors": ["Muller Z", "Li B"],
    "year": 2021,
    "venue": "Journal of Insects",
    "doi": "https://doi.org/10.1234/BEES.4",
    "categories": ["Insects"],
}
PUBMED: dict[str, Any] = {**JOURNAL, "pmid": "77", "venue": "J Insects", "abstract": BEES, "categories": ["Bees", "Insects"]}
LISTED: dict[str, Any] = {"title": "BEES COUNT TO FOUR", "abstract": BEES[:120] + " ..."}
DELTA: dict[str, Any] = {"title": "Sand of the Danube", "abstract": SAND, "authors": ["Ion Popa"], "year": 2019}
PLAIN = "sand-of-the-danube-3b5f2d14"
RECORDS = [PREPRINT, JOURNAL, PUBMED, LISTED, DELTA, {**DELTA, "doi": "10.1000/d1"}, {**DELTA, "doi": "10.1000/d2"}]


def opened(path: Path) -> Library:
    return Library.open(path, embedder=HashEmbedding, create=True)


def ingested(library: Library, folder: Path, *records: dict[str, Any], name: str | None = None) -> IngestReport:
    """Ingest each record from a file of its own, all at once."""
    files = []
    for record in records:
        files.append(folder / f"{name or RECORDS.index(record)}.jsonl")
        files[-1].write_text(json.dumps(record), encoding="utf-8")
    return library.ingest(files)


def content(library: Library) -> dict[str, tuple[Paper, set[str]]]:
    """Give what the library says: its papers, but for the first source, and the names of all their sources."""
    return {
        p.id: (replace(p, source=None), {Path(source).name for source in library.sources()[p.id]}) for p in library.papers()
    }


def test_a_preprint_and_its_journal_version_become_one(tmp_path: Path) -> None:
    library = opened(tmp_path / "library")
    assert ingested(library, tmp_path, PREPRINT).added == 1
    report = ingested(library, tmp_path, JOURNAL)
    assert (report.added, report.updated, report.unchanged, report.refused, report.papers) == (0, 1, 0, [], 1)
    (merge,) = report.merged
    assert (merge.id, merge.into, merge.by) == ("arxiv:2001.00001", "doi:10.1234/bees.4", "title and first author")
    assert [Path(source).name for source in merge.sources] == ["0.jsonl", "1.jsonl"]
    (paper,) = library.papers()
    assert paper.id == "doi:10.1234/bees.4"
    assert (paper.title, paper.abstract, paper.year) == (JOURNAL["title"], JOURNAL["abstract"], 2021)
    assert (paper.arxiv_id, paper.venue, paper.categories) == ("2001.00001", "Journal of Insects", ("Insects", "q-bio.NC"))
    assert paper.authors == ("Zoë Müller", "Bo Li")  # in full
    assert_agreement(library)
    assert list(library.words.search("Ants", 5)) == [paper.id]
    for name in ("arxiv:2001.00001", "2001.00001v2", "10.1234/bees.4", "https://doi.org/10.1234/BEES.4", paper.id):
        assert library.paper(name) == paper
    assert library.scope(papers=["arxiv:2001.00001", paper.id]) == [paper.id]
    assert [record.id for record in library.records(paper.id)] == ["arxiv:2001.00001", "doi:10.1234/bees.4"]
    again = ingested(library, tmp_path, JOURNAL, PREPRINT)
    assert (again.added, again.updated, again.unchanged, again.merged) == (0, 0, 2, [])
    assert list(library.papers()) == [paper]


def test_one_doi_from_two_sources_is_one_paper_that_has_the_fields_of_both(tmp_path: Path) -> None:
    library = opened(tmp_path / "library")
    report = ingested(library, tmp_path, JOURNAL, PUBMED)
    assert (report.added, report.updated, report.refused, report.papers) == (1, 0, [], 1)
    (merge,) = report.merged
    assert (merge.id, merge.into, merge.by) == ("doi:10.1234/bees.4", "doi:10.1234/bees.4", "DOI 10.1234/bees.4")
    (paper,) = library.papers()
    assert (paper.pubmed_id, paper.venue, paper.abstract) == ("77", "J Insects", BEES)  # the newer counts
    assert [Path(source).name for source in library.sources()[paper.id]] == ["1.jsonl", "2.jsonl"]
    assert library.paper("pmid:77") == paper
    assert ingested(library, tmp_path, JOURNAL).unchanged == 1  # and does not turn back
    assert list(library.papers()) == [paper]
    assert_agreement(library)


def test_what_a_source_says_anew_takes_the_place_of_what_it_said(tmp_path: Path) -> None:
    library = opened(tmp_path / "library")
    ingested(library, tmp_path, JOURNAL, name="a")
    corrected = {**JOURNAL, "abstract": BEES + " Wasps do.", "venue": None}
    report = ingested(library, tmp_path, corrected, name="a")
    assert (report.updated, report.merged) == (1, [])
    (paper,) = library.papers()
    assert (paper.abstract, paper.venue) == (corrected["abstract"], None)
    assert len(library.records(paper.id)) == 1
    assert library.words.search("Ants", 5) == {}
    assert ingested(library, tmp_path, JOURNAL, name="a").updated == 1
    assert [p.abstract for p in library.papers()] == [JOURNAL["abstract"]]
    assert_agreement(library)


def test_a_record_that_tells_two_apart_takes_them_apart(tmp_path: Path) -> None:
    library = opened(tmp_path / "library")
    plain, first, second = RECORDS[4:]
    ingested(library, tmp_path, plain)
    assert ingested(library, tmp_path, first).papers == 1
    report = ingested(library, tmp_path, second)
    assert (report.added, report.papers, report.merged) == (1, 3, [])  # whose is the one without a number?
    assert {len(library.records(paper.id)) for paper in library.papers()} == {1}
    assert_agreement(library)


def test_an_id_that_two_papers_were_given_is_refused_and_the_first_kept(tmp_path: Path) -> None:
    library = opened(tmp_path / "library")
    ingested(library, tmp_path, {**PREPRINT, "id": "1", "arxiv_id": None}, name="a")
    report = ingested(library, tmp_path, {**DELTA, "id": "1"}, name="b")
    (refusal,) = report.refused
    assert "has the id of another paper, 1 (Bees Count to Four), which is kept; give it an id" in refusal.reason
    assert (report.papers, refusal.source) == (1, str(tmp_path / "b.jsonl"))
    assert [paper.title for paper in library.papers()] == ["Bees Count to Four"]
    assert ingested(library, tmp_path, {**DELTA, "id": "1"}, name="a").updated == 1  # its own source may say so


def test_only_a_text_that_changed_is_embedded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = opened(tmp_path / "library")
    ingested(library, tmp_path, PREPRINT)
    with monkeypatch.context() as patch:
        patch.setattr(HashEmbedding, "_get_text_embedding", None)
        report = ingested(library, tmp_path, {**PREPRINT, "venue": "Nature", "pmid": 5}, name="more")
    assert report.updated == 1
    assert library.paper("pmid:5").venue == "Nature"
    assert library.scope(venues=["nature"]) == ["arxiv:2001.00001"]
    assert_agreement(library)


def test_a_removed_paper_takes_all_its_records_with_it(tmp_path: Path) -> None:
    library = opened(tmp_path / "library")
    ingested(library, tmp_path, *RECORDS[:4])
    removed = library.remove(["arxiv:2001.00001", "pmid:77"])
    assert [paper.id for paper in removed] == ["doi:10.1234/bees.4"]
    with pytest.raises(LibraryError, match="no paper arxiv:2001"):
        library.paper("arxiv:2001.00001")
    assert ingested(library, tmp_path, PREPRINT).added == 1
    assert [paper.id for paper in library.papers()] == ["arxiv:2001.00001"]
    assert_agreement(library)


def test_a_cut_abstract_gives_way_to_the_whole_one() -> None:
    old, new = (Record(Paper("a", "Bees", text), ("x",), turn) for turn, text in enumerate((BEES, BEES[:90] + " …")))
    assert current([old, new]).paper.abstract == BEES
    shorter = Record(Paper("a", "Bees", BEES.split(". ", maxsplit=1)[0] + "."), ("y",), 2)
    assert current([old, shorter]).paper.abstract == shorter.paper.abstract  # a new version may be short
    assert merged([old.paper, replace(shorter.paper, id="b")]).abstract == BEES  # but not another source's


@settings(max_examples=25, deadline=None)
@given(st.permutations(RECORDS), st.lists(st.integers(1, 6), max_size=5))
def test_no_order_changes_what_the_library_says(
    tmp_path_factory: pytest.TempPathFactory, records: Sequence[dict[str, Any]], cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("order")
    library, goal = opened(folder / "library"), opened(folder / "goal")
    # Of two versions under one id the later counts, and nothing else of the order.
    in_turn = sorted((JOURNAL, PUBMED), key=records.index)
    for start, end in pairwise(sorted({0, len(records), *cuts})):
        ingested(library, folder, *records[start:end])
    ingested(goal, folder, *(record for record in RECORDS if record not in in_turn), *in_turn)
    assert content(library) == content(goal)
    assert library.fingerprint() == goal.fingerprint()
    assert set(content(library)) == {"doi:10.1234/bees.4", "doi:10.1000/d1", "doi:10.1000/d2", PLAIN}
    assert_agreement(library)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Give a library that the first version of the catalogue was made for: four papers, two of them of one."""
    with tarfile.open(Path(__file__).parent / "data" / "library-of-version-1.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "library"


def test_a_library_of_version_1_opens_without_embedding_and_is_grouped_by_the_next_writer(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ingestion.embedding.PackagedEmbedding._get_text_embeddings", None)
        library = Library.open(old)
        assert [paper.id for paper in library.papers()][1:] == [
            "doi:10.1234/bees.4",
            "the-life-of-the-aardvark-0e9b2cb5",
            "own-7",
        ]
        assert library.sources(["own-7"]) == {"own-7": ["papers.jsonl"]}
        assert library.scope(authors=["müller"]) == ["arxiv:2001.00001", "doi:10.1234/bees.4"]
        assert library.scope(venues=["NATURE"]) == ["the-life-of-the-aardvark-0e9b2cb5"]
        found = list(library.words.search("aardvark", 5))
    assert found == ["the-life-of-the-aardvark-0e9b2cb5"]
    report = library.add([])
    assert [(merge.id, merge.into) for merge in report.merged] == [("arxiv:2001.00001", "doi:10.1234/bees.4")]
    assert (report.updated, report.papers) == (1, 3)
    assert library.paper("arxiv:2001.00001").authors == ("Zoë Müller", "Bo Li")
    assert_agreement(library)
    assert library.add([]).merged == []


def test_what_an_older_vouched_writes_meanwhile_is_taken_in(tmp_path: Path) -> None:
    library = opened(tmp_path / "library")
    ingested(library, tmp_path, DELTA)
    for table in ("records", "keys", "facets"):
        library.catalogue._db.execute(f"DELETE FROM {table}")  # noqa: S608 (as a process of version 1 leaves it)
    report = ingested(library, tmp_path, {**DELTA, "pmid": 9}, name="more")
    assert (report.papers, len(report.merged)) == (1, 1)
    assert library.scope(authors=["Popa"]) == ["pmid:9"]
    assert_agreement(library)


def test_batches_do_not_divide_what_belongs_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion.library, "BATCH", 1)
    library, told = opened(tmp_path / "library"), []
    files = [tmp_path / f"{n}.jsonl" for n in range(4)]
    for file, record in zip(files, (PREPRINT, DELTA, JOURNAL, {**DELTA, "pmid": 9}), strict=True):
        file.write_text(json.dumps(record), encoding="utf-8")
    report = library.ingest(files, lambda done, total: told.append((done, total)))
    assert (report.added, len(report.merged), report.papers) == (2, 2, 2)
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert [paper.id for paper in library.papers()] == ["doi:10.1234/bees.4", "pmid:9"]
    assert_agreement(library)
