"""Filters by year, venue, category and author: what fits them, and that they hold before anything is ranked."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import vouched
from embedders import DIMENSIONS, HashEmbedding

import ingestion.vectors
import ingestion.words
from assistant.retrieval import HybridRetriever
from assistant.searching import search
from ingestion.errors import LibraryError
from ingestion.library import Library
from ingestion.narrowing import best_within
from ingestion.paper import Paper
from ingestion.vectors import VectorStore

PAPERS = [
    Paper(
        "a", "Of ants", "Ants march.", ("Zoë Müller", "Bo Li"), 1999, "Nature 521, 436 (2015)", categories=("cs.CL", "cs.AI")
    ),
    Paper("b", "Of bees", "Bees dance.", ("Gabriel García Márquez",), 2005, "Nature Physics", categories=("q-bio.NC",)),
    Paper(
        "c", "Of cats", "Cats sleep.", ("Doe JA",), 2010, "Transações de Insetos", categories=("math-ph", "Sleep/physiology")
    ),
    Paper("d", "Of dogs", "Dogs bark.", ("Mary Ann Doe",), None, "NeurIPS 2023", categories=("math.GT",)),
    Paper("e", "Of eels", "Eels swim."),
]
MANY = 1_500
VENUES = ("Nature", "Science", "Cell", "Journal of Rare Things")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = Library.open(tmp_path_factory.mktemp("small") / "library", embedder=HashEmbedding, create=True)
    library.add(PAPERS)
    return library


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Give 1,500 papers of three sentences; 7 are in a venue of rare things, a third each in the others."""
    rng = random.Random(3)  # noqa: S311 (made-up papers)
    words = [
        f"{a}{b}" for a in ("zor", "qua", "fli", "mep", "tur", "vos") for b in ("bex", "ndle", "mor", "tak", "lin", "gus")
    ]
    papers = [
        Paper(
            f"p{n}",
            f"{' '.join(rng.sample(words, 4))} {n}",
            ". ".join(" ".join(rng.sample(words, 5)).capitalize() for _ in range(3)) + ".",
            (f"Ann {words[n % 36].title()}",),
            1990 + n % 30,
            VENUES[3] if n % 200 == 150 else VENUES[n % 3],
        )
        for n in range(MANY)
    ]
    library = Library.open(tmp_path_factory.mktemp("large") / "library", embedder=HashEmbedding, create=True)
    library.add(papers)
    return library


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ({"venues": ["NATURE"]}, "a"),
        ({"venues": ["nature physics"]}, "b"),
        ({"venues": ["Nature", "transacoes de insetos"]}, "ac"),
        ({"venues": ["Nature 521, 436 (2015)"]}, "a"),
        ({"venues": ["neurips"]}, "d"),
        ({"categories": ["cs"]}, "a"),
        ({"categories": ["CS.cl"]}, "a"),
        ({"categories": ["math"]}, "d"),
        ({"categories": ["sleep", "q-bio"]}, "bc"),
        ({"authors": ["müller"]}, "a"),
        ({"authors": ["MULLER, Zoe"]}, "a"),
        ({"authors": ["Garcia"]}, "b"),
        ({"authors": ["Doe"]}, "cd"),
        ({"authors": ["Jane Doe"]}, "c"),
        ({"authors": ["Mary Doe", "Li"]}, "ad"),
        ({"year_from": 2005}, "bc"),
        ({"year_to": 2005, "venues": ["nature", "nature physics"], "authors": ["Li"]}, "a"),
        ({"year_from": 2000, "venues": ["nature"]}, ""),
        ({"papers": ["a", "b"], "categories": ["cs", "q-bio"], "year_from": 2000}, "b"),
        ({"year_from": -(10**30), "year_to": 10**30}, "abc"),
    ],
)
def test_filters_take_names_however_they_are_written(small: Library, limits: dict[str, Any], found: str) -> None:
    assert small.scope(**limits) == list(found)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"venues": ["Natura"]}, "from the venue 'Natura'. Did you mean Nature 521, 436 .2015."),
        ({"venues": ["Zzz"]}, "Its venues are: Nature 521"),
        ({"venues": ["Nature Phisics"]}, "Did you mean Nature Physics"),
        ({"categories": ["physics"]}, "of the category 'physics'"),
        ({"categories": ["math.G"]}, "of the category"),
        ({"authors": ["Nobody"]}, "by the author 'Nobody'. Its authors are: Zoë Müller .1., Bo Li .1."),
        ({"authors": ["Zoe Muler"]}, "Did you mean Zoë Müller"),
        ({"authors": ["Mary"]}, "by the author 'Mary'"),  # a first name
        ({"authors": ["Bob Li"]}, "by the author 'Bob Li'"),
        ({"venues": ["–"]}, "'–' is no venue"),
        ({"authors": [""]}, "'' is no author"),
        ({"authors": ["Li", "Nobody"]}, "'Nobody'"),
    ],
)
def test_a_name_that_no_paper_has_is_told_with_those_there_are(small: Library, limits: dict[str, Any], message: str) -> None:
    with pytest.raises(LibraryError, match=message):
        small.scope(**limits)


def test_what_is_said_where_all_limits_together_leave_nothing(small: Library) -> None:
    assert "from these years: the papers that tell their year are from 1999 to 2010" in small.emptiness(year_from=2011)
    assert "meets all limits at once; the papers" in small.emptiness(year_from=2005, venues=["nature"])
    assert small.emptiness(categories=["cs"], venues=["neurips"]).endswith("at once. Leave one of them out.")


def exactly(large: Library, question: str, within: set[str], k: int) -> list[str]:
    """Rank all papers by the nearest of their passages, then filter."""
    vector = np.asarray(large.embedding.get_query_embedding(question), dtype=np.float32)
    scores = {f"{id_}#{n}": float(v @ vector) for id_, m in large.vectors.passages(within).items() for n, v in enumerate(m)}
    return sorted(scores, key=lambda id_: -scores[id_])[:k]


@pytest.mark.parametrize(
    "limits",
    [
        {"venues": [VENUES[3]]},
        {"year_from": 2019},
        {"authors": ["Zorbex", "Quandle", "Turgus", "Vosbex", "Flilin", "Meptak", "Zortak"], "year_to": 2018},
        {"venues": ["nature", "Cell"]},
        {"year_from": 1991},
    ],
    ids=["7 papers", "50", "280", "1,000", "1,450"],
)
def test_a_filtered_search_is_that_of_all_then_filtered(large: Library, limits: dict[str, Any]) -> None:
    within = set(large.scope(**limits) or ())
    assert within
    question, k = "zorbex quandle mortak", 40
    vector = np.asarray(large.embedding.get_query_embedding(question), dtype=np.float32)
    nearest = large.vectors.nearest("passages", vector, k, within)
    expected = exactly(large, question, within, k)
    assert len(nearest) == len(expected) == min(k, 3 * len(within))
    assert len(set(nearest) & set(expected)) >= 0.95 * len(expected)  # the index is not exact
    assert list(nearest.values()) == sorted(nearest.values(), reverse=True)
    found = large.words.search("zorbex quandle", k, within)
    everything = large.words.search("zorbex quandle", MANY)
    ranked = [id_ for id_ in everything if id_ in within]
    assert len(found) == min(k, len(ranked))
    assert sorted(found.values()) == pytest.approx(sorted(everything[id_] for id_ in ranked[:k]))
    assert set(found) <= within


@pytest.mark.parametrize("limits", [{"venues": [VENUES[3]]}, {"authors": ["Zorbex"]}, {"year_from": 2000}])
def test_a_rare_filter_still_gives_k_papers(large: Library, limits: dict[str, Any]) -> None:
    within = large.scope(**limits) or []
    results = search(HybridRetriever(large), "zorbex quandle", 7, within)["results"]
    assert len(results) == 7
    assert {result["paper_id"] for result in results} <= set(within)


def test_papers_that_are_far_from_the_question_are_found_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the papers are wanted, and all others are nearer."""
    rng = np.random.default_rng(1)
    store = VectorStore(tmp_path / "vectors")
    near, far = np.eye(DIMENSIONS)[0], np.eye(DIMENSIONS)[1]
    vectors = {
        f"{side}{n}": (axis + rng.normal(scale=0.1, size=DIMENSIONS)).astype(np.float32)
        for side, axis in (("near", near), ("far", far))
        for n in range(600)
    }
    store.replace({id_: vector[None] for id_, vector in vectors.items()}, vectors)
    wanted = [id_ for id_ in vectors if id_.startswith("far")]
    question = near.astype(np.float32)
    cosines = {id_: float(vectors[id_][0] / np.linalg.norm(vectors[id_])) for id_ in wanted}
    best = set(sorted(cosines, key=lambda id_: -cosines[id_])[:50])
    for most in (ingestion.vectors.MOST, 100):  # looked through as far as need be; then held against a list
        monkeypatch.setattr("ingestion.vectors.MOST", most)
        for few in (1_000, 1):
            monkeypatch.setattr("ingestion.vectors.FEW", few)
            found = store.nearest("papers", question, 50, wanted)
            assert len(found) == 50
            assert len(set(found) & best) >= 47
            assert all(score == pytest.approx(cosines[id_], abs=1e-4) for id_, score in found.items())
    store.close()


def test_more_ids_than_a_statement_of_sqlite_takes(large: Library) -> None:
    vector = np.asarray(large.embedding.get_query_embedding("zorbex"), dtype=np.float32)
    ids = [paper.id for paper in large.papers()]
    everything = set(large.vectors.nearest("papers", vector, 20))
    assert set(large.vectors.nearest("papers", vector, 20, [*ids, *(f"x{n}" for n in range(40_000))])) == everything
    assert large.vectors.nearest("papers", vector, 20, [f"x{n}" for n in range(40_000)]) == {}
    assert large.words.search("zorbex", 20, [f"x{n}" for n in range(40_000)]) == {}


def test_what_is_looked_for_among_all_goes_on_until_it_is_found() -> None:
    scores = {f"{n}": 1.0 - n / 1_000 for n in range(1_000)}
    asked: list[int] = []

    def among_all(wanted: int) -> dict[str, float]:
        asked.append(wanted)
        return dict(list(scores.items())[:wanted])

    def never() -> dict[str, float]:
        raise AssertionError

    def is_late(id_: str) -> bool:
        return int(id_) >= 500

    found = best_within(among_all, never, 10, 0.5, is_late)
    assert list(found) == [f"{n}" for n in range(500, 510)]
    assert asked == [30, 120, 480, 1920]
    asked.clear()
    assert best_within(among_all, lambda: {"500": 0.5}, 10, 0.5, is_late, most=100) == {"500": 0.5}
    assert asked == [30]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a library of the small papers as the command makes it, with real vectors."""
    path = tmp_path_factory.mktemp("cli") / "library"
    library = Library.open(path, create=True)
    library.add(PAPERS)
    library.close()
    return path


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--venue", "nature", "--venue", "neurips"], "ad"),
        (["--category", "cs"], "a"),
        (["--author", "doe", "--year-to", "2020"], "c"),
        (["--author", "Garcia", "--year-from", "2005", "--category", "q-bio"], "b"),
    ],
)
def test_each_command_takes_the_filters(folder: Path, options: list[str], found: str) -> None:
    listed = vouched("papers", "list", *options, "--library", folder, "--json").json["papers"]
    assert [paper["id"] for paper in listed] == list(found)
    results = vouched("search", "animals", *options, "--library", folder, "--json").json["results"]
    assert sorted(result["paper_id"] for result in results) == list(found)
    answer = vouched("ask", "What do ants do?", *options, "--library", folder, "--json").json
    assert sorted(paper["paper_id"] for paper in answer["retrieved"]) == list(found)


@pytest.mark.parametrize("command", [["papers", "list"], ["search", "bees"], ["ask", "What do bees do?"]])
def test_each_command_says_what_there_is(folder: Path, command: list[str]) -> None:
    called = vouched(*command, "--author", "Nobody", "--library", folder, "--json")
    assert (called.code, called.json["error"]["type"]) == (1, "LibraryError")
    assert "by the author 'Nobody'. Its authors are" in called.json["error"]["message"]
    empty = vouched(*command, "--year-from", "2030", "--library", folder)
    assert empty.code == 0
    assert "No paper of the library is from these years: the papers that tell their year are from 1999 to 2010." in empty.err
