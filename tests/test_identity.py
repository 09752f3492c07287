"""Which records are of one paper: numbers, titles, names; and no two papers taken for one."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.identity import are_one, wrong
from evals.identity_pairs import DIFFERENT, SAME, pairs
from ingestion.folding import squeezed, title_words
from ingestion.grouping import CROWD, group
from ingestion.identity import strong_keys
from ingestion.library import Library
from ingestion.merging import Record, traits
from ingestion.paper import Paper, paper_id
from ingestion.people import answers_to, name_of, same_person
from ingestion.readers.record import paper_from_record

TEXT = (
    "Honey bees learn to choose a number of marks on the way to their food. They count up to four of them, whatever the"
    " marks look like. Beyond four the bees guess, as our trials in two summers show."
)
OTHER = (
    "Rivers carry sand from mountains into deltas. Dams along the Danube withhold nearly all of this sediment since 1970,"
    " and beaches near Constanta have retreated by several metres every winter."
)
MISSED = {"one letter of the title wrong", "new title, no number in common"}  # docs/library.md says so
FIRST = ("Ada", "Björn", "Chloé", "Dmitri", "Eszter", "Farid")
LAST = ("Núñez", "O'Neill", "Pérez Gil", "Quist", "Røed", "Straße")


def record(title: str = "Bees Count to Four", abstract: str = TEXT, **fields: object) -> Paper:
    made = paper_from_record({"title": title, "abstract": abstract, **fields}, str(fields.get("source", "file")), 1)
    assert isinstance(made, Paper)
    return made


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({"doi": "https://doi.org/10.1000/AbC.1"}, {"doi": "10.1000/abc.1"}),
        ({"doi": "doi: 10.1000/abc.1."}, {"doi": "10.1000/abc.1"}),
        ({"doi": "http://dx.doi.org/10.1000%2FABC.1"}, {"doi": "10.1000/abc.1"}),
        ({"doi": "10.1016/0021-9991(85)90148-2"}, {"doi": "10.1016/0021-9991(85)90148-2"}),
        ({"url": "https://doi.org/10.1000/abc.1"}, {"doi": "10.1000/abc.1"}),
        ({"id": "doi:10.1000/abc.1"}, {"doi": "10.1000/abc.1"}),
        ({"doi": "10.48550/arXiv.2301.00001"}, {"arxiv": "2301.00001"}),
        ({"arxiv_id": "arXiv:2301.00001v3"}, {"arxiv": "2301.00001"}),
        ({"url": "http://arxiv.org/pdf/2301.00001v2.pdf"}, {"arxiv": "2301.00001"}),
        ({"arxiv_id": "math.GT/0309136"}, {"arxiv": "math/0309136"}),
        ({"id": "arxiv:2301.00001"}, {"arxiv": "2301.00001"}),
        ({"pmid": 123}, {"pmid": "123"}),
        ({"url": "https://pubmed.ncbi.nlm.nih.gov/0123/"}, {"pmid": "123"}),
        ({"doi": "10.1101/2020.01.02.123456v2"}, {"preprint": "10.1101/2020.01.02.123456"}),
        ({"doi": "10.1101/gr.123.4"}, {"doi": "10.1101/gr.123.4"}),
        ({"doi": "10.21203/rs.3.rs-99/v1"}, {"preprint": "10.21203/rs.3.rs-99"}),
        ({"doi": "forthcoming", "url": "https://example.org/2301.00001"}, {}),
        ({"id": "17"}, {}),
    ],
)
def test_numbers_are_told_however_they_are_written(fields: dict[str, object], keys: dict[str, str]) -> None:
    assert strong_keys(record(**fields)) == keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"$\alpha$-decay of CO$_2$ & H_2", "α-decay of CO<sub>2</sub> and H₂"),
        (r"B \to K^* \mu^+\mu^-", "B → K*μ⁺μ⁻"),
        (r"{\bf Größe} of $\varepsilon$", "GRÖSSE of ε."),
        ("Data-driven: a study*", "data driven – A Study"),
        ("Smørrebrød &amp; Łódź", "Smorrebrod and Lodz"),
    ],
)
def test_titles_are_one_however_they_are_set(one: str, other: str) -> None:
    assert squeezed(title_words(one)) == squeezed(title_words(other))


@pytest.mark.parametrize(
    ("one", "other"), [("C", "C++"), ("B to K", "B to K*"), ("Of 25.1", "Of 251"), ("Part I", "Part II")]
)
def test_titles_that_differ_by_a_sign_are_two(one: str, other: str) -> None:
    assert squeezed(title_words(one)) != squeezed(title_words(other))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Jane A. Doe", "Doe JA", True),
        ("Jane Doe", "J. Doe", True),
        ("Jane Doe", "John Doe", False),
        ("Wei Zhang", "Zhang Wei", True),
        ("Wei Zhang", "Li Zhang", False),
        ("Li Zhang", "Lin Zhang", False),
        ("Gabriel García Márquez", "García G", True),
        ("Müller, Hans", "H. Mueller", True),
        ("Max van der Berg", "van der Berg M", True),
        ("J.-P. Martin", "Jean-Pierre Martin", True),
        ("The ATLAS Collaboration", "ATLAS Collaboration", True),
        ("Martin King Jr.", "King, Martin", True),
        ("Doe", "Do", False),
    ],
)
def test_names_of_one_person_agree(one: str, other: str, same: bool) -> None:
    names = name_of(one), name_of(other)
    assert names[0] is not None
    assert names[1] is not None
    assert same_person(*names) == same_person(*names[::-1]) == same


@pytest.mark.parametrize(
    ("wanted", "name", "answers"),
    [
        ("doe", "Jane A. Doe", True),
        ("Jane", "Jane Doe", False),
        ("JANE DOE", "Jane A. Doe", True),
        ("Doe, J.", "Jane Doe", True),
        ("Garcia", "Gabriel García Márquez", True),
        ("van der Berg", "Max van der Berg", True),
        ("Mueller", "Ann Müller", True),
        ("Do", "Jane Doe", False),
    ],
)
def test_an_author_answers_to_surname_and_full_name(wanted: str, name: str, answers: bool) -> None:
    names = name_of(name), name_of(wanted)
    assert names[0] is not None
    assert names[1] is not None
    assert answers_to(*names) is answers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (record("Editorial", authors=["Jane Doe"], year=2020), record("Editorial", OTHER, authors=["Jane Doe"], year=2020)),
        (record("Introduction"), record("Introduction", OTHER)),
        (record("Bees", "Bees count."), record("Bees", "Bees fly.", year=2020, pmid=7)),
        (record(authors=["Jane Doe"]), record(authors=["John Roe"], year=2020)),
        (record(authors=["Jane Doe"], year=2020), record(abstract=OTHER, authors=["Jane Doe"], year=2020, pmid=7)),
        (record(doi="10.1000/1", authors=["Jane Doe"]), record(doi="10.1000/2", authors=["Jane Doe"])),
        (record(arxiv_id="2301.00001", doi="10.1000/1"), record(arxiv_id="2301.00001", doi="10.1000/2")),
        (record(doi="10.1000/1"), record("Sand of the Danube", OTHER, doi="10.1000/1")),
        (record(id="1"), record("Sand of the Danube", OTHER, id="1")),
        (record(id="1"), record(id="2")),  # the file itself has them as two
    ],
)
def test_two_papers_stay_two(one: Paper, other: Paper) -> None:
    assert not are_one(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (record(doi="10.1000/1"), record("Counting Bees", OTHER[:60] + TEXT, doi="https://doi.org/10.1000/1", pmid=7)),
        (record(arxiv_id="2301.00001"), record("New Name", TEXT, url="https://arxiv.org/abs/2301.00001v2", pmid=7)),
        (record(pmid=7, id="a"), record("New Name", TEXT, pmid="0007", doi="10.1000/1")),
        (record(authors=["Jane Doe"], pmid=7), record("BEES count to four.", authors=["Doe, J."], year=2020)),
        (record(year=2020, pmid=7), record(year=2021, arxiv_id="2301.00001")),
        (record(pmid=7), record()),
        (record("Editorial", pmid=7), record("Editorial", arxiv_id="2301.00001")),
        (record(id="1", source="a"), record(id="2", source="b")),
    ],
)
def test_one_paper_is_one(one: Paper, other: Paper) -> None:
    assert are_one(one, other)


@pytest.fixture(scope="module")
def signed(sample_library: Library) -> list[Paper]:
    """Give the papers of the sample page with authors and a year, which the page does not tell."""
    rng = random.Random(7)  # noqa: S311 (names of examples)
    return [
        replace(paper, authors=tuple(f"{rng.choice(FIRST)} {rng.choice(LAST)}" for _ in range(3)), year=2015 + number % 9)
        for number, paper in enumerate(sample_library.papers())
    ]


def test_of_made_pairs_none_of_two_papers_is_merged_and_few_of_one_are_missed(signed: list[Paper]) -> None:
    counts, errors = wrong(pairs(signed))
    assert set(counts) >= {*SAME, *DIFFERENT} - {"accents lost"}
    assert counts.total() >= 900
    assert [pair.kind for pair in errors if not pair.is_same] == []
    missed = Counter(pair.kind for pair in errors)
    assert {kind: count for kind, count in missed.items() if kind not in MISSED and count > 1} == {}


@given(st.data())
def test_groups_do_not_depend_on_order(data: st.DataObject) -> None:
    numbers = st.fixed_dictionaries(
        {},
        optional={
            "doi": st.sampled_from(["10.1000/1", "10.1000/2", "10.1101/2020.01.02.123456"]),
            "arxiv_id": st.sampled_from(["2301.00001", "2301.00002"]),
            "pmid": st.sampled_from(["7", "8"]),
            "title": st.sampled_from(["Bees Count to Four", "Bees count to four: a study", "Editorial"]),
            "abstract": st.sampled_from([TEXT, OTHER, TEXT[:80]]),
            "authors": st.sampled_from([["Jane Doe"], ["John Roe"]]),
            "year": st.sampled_from([2010, 2012, 2020]),
        },
    )
    papers = [replace(record(**fields), id=f"{n}") for n, fields in enumerate(data.draw(st.lists(numbers, max_size=7)))]
    records = [Record(paper, (paper.id,)) for paper in papers]
    found = {frozenset(t.paper.id for t in members) for members in group(map(traits, records))}
    shuffled = data.draw(st.permutations(records))
    assert {frozenset(t.paper.id for t in members) for members in group(map(traits, shuffled))} == found
    by_id = {paper.id: strong_keys(paper) for paper in papers}
    for members in found:
        kinds: dict[str, set[str]] = {}
        for id_ in members:
            for kind, value in by_id[id_].items():
                kinds.setdefault(kind, set()).add(value)
        assert all(len(values) == 1 for values in kinds.values())


def test_a_record_that_may_be_of_two_papers_stays_alone() -> None:
    papers = [
        record(authors=["Jane Doe"], doi="10.1000/1"),
        record(authors=["Jane Doe"], doi="10.1000/2"),
        record(authors=["Jane Doe"]),
    ]
    assert len(group(traits(Record(paper)) for paper in papers)) == 3
    assert len(group(traits(Record(paper)) for paper in papers[1:])) == 1


def test_a_title_that_a_crowd_has_proves_nothing() -> None:
    crowd = [replace(record(authors=["Jane Doe"]), id=f"{n}") for n in range(CROWD + 1)]
    assert len(group(traits(Record(paper)) for paper in crowd)) == CROWD + 1
    assert len(group(traits(Record(paper)) for paper in crowd[1:])) == 1


def test_an_editorial_is_named_by_its_abstract_too() -> None:
    ids = {paper_id(title, ("Jane Doe",), abstract=text) for title in ("Editorial", "EDITORIAL.") for text in (TEXT, OTHER)}
    assert len(ids) == 2
    assert paper_id("Bees Count", ("Jane Doe",), abstract=TEXT) == paper_id("Bees Count", ("Jane Doe",), abstract=OTHER)
    assert paper_id("Editorial", doi="10.1/A", abstract=TEXT) == "doi:10.1/a"
    assert paper_id("Editorial", pubmed_id="7") == "pmid:7"
