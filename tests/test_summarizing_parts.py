"""The parts of a summary: sentences that can stand alone, the choice among them, themes and their headings."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.summarizing.aspects import APPROACH, PROBLEM, RESULT, Moves, weight
from assistant.summarizing.themes import Vectors, cluster, headings
from assistant.summarizing.topics import Topic
from assistant.summarizing.wording import leans, plain, tells
from ingestion.library import Library
from ingestion.paper import Paper
from ingestion.passages import passages_of


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("To address these challenges, we introduce X.", "We introduce X."),
        ("To circumvent this issue we propose a sieve.", "We propose a sieve."),
        ("However, in this paper, we study bees.", "We study bees."),
        ("In contrast, this paper proposes a sieve.", "This paper proposes a sieve."),
        ("It gains 25.1\\% on\nGSM8K.", "It gains 25.1% on GSM8K."),
        ("However hard it is, bees dance.", "However hard it is, bees dance."),
        ("Finally, no bee was found that dances.", "No bee was found that dances."),
        ("But no.", "But no."),  # too short to be told from other text
    ],
)
def test_a_sentence_loses_its_ties_and_stays_word_for_word(quote: str, text: str) -> None:
    assert plain(quote) == text


@pytest.mark.parametrize(
    "quote",
    [
        "It bakes bread.",
        "However, they fail.",
        "This approach works well.",
        "Using this approach, we identify 141 sites.",
        "We then mix the dough.",
        "Another challenge is heat.",
        "Yet their flexibility creates challenges.",
    ],
)
def test_a_sentence_that_refers_to_another_leans(quote: str) -> None:
    assert leans(quote)


@pytest.mark.parametrize(
    "quote",
    [
        "This paper bakes bread.",
        "This survey is about bread.",
        "In this work, we bake.",
        "To address these challenges, we bake bread.",
        "While one-step methods are fast, they lose quality.",
        "We find that bees dance.",
    ],
)
def test_a_sentence_that_stands_alone_does_not_lean(quote: str) -> None:
    assert not leans(quote)


@pytest.mark.parametrize(
    "quote", ["Code is available at https://example.org/bees.", "We hope this helps.", "Yes.", "Finally, we discuss bees."]
)
def test_where_to_find_it_tells_nothing_of_a_work(quote: str) -> None:
    assert not tells(quote)
    assert tells("We outperform every publicly available encoder of bees.")


def moves(abstract: str, **weights: list[float]) -> Moves:
    """Make a paper that was read, with the weights of its sentences by aspect."""
    paper = Paper("p", "Bees", abstract)
    return Moves(paper, tuple(passages_of(paper)), {name: tuple(values) for name, values in weights.items()})


def test_a_leaning_sentence_brings_the_one_before_unless_another_is_nearly_as_good() -> None:
    abstract = "Sieves are used by bakers everywhere. They clog in the rain all the time. Flour is lost in many bakeries."
    assert moves(abstract, Problem=[-9, 3, 1]).best(PROBLEM) == (0, 1)
    assert moves(abstract, Problem=[-9, 3, 2]).best(PROBLEM) == (2, 2)
    assert moves(abstract, Problem=[-9, 3, 2]).best(PROBLEM, taken={0}) == (1, 1)
    assert moves(abstract, Problem=[-9, -4, -5]).best(PROBLEM) is None


def test_the_words_of_a_move_count_beside_the_reader() -> None:
    assert weight(APPROACH, "We propose a sieve.", 0.1) > weight(APPROACH, "Sieves are old.", 0.3)
    assert weight(APPROACH, "Recent works propose sieves.", 0.1) < weight(APPROACH, "Sieves are old.", 0.1)
    assert weight(PROBLEM, "Bakers struggle.", 0.2) > weight(PROBLEM, "We struggle.", 0.2)
    assert weight(RESULT, "It gains 3.2%.", 0.2) > weight(RESULT, "It gains much.", 0.2)
    assert weight(RESULT, "We conduct extensive experiments on bread.", 0.9) == -np.inf
    assert weight(RESULT, "We conduct experiments to demonstrate its merit.", 0.9) == -np.inf
    assert weight(RESULT, "We conduct experiments and show that it gains.", 0.9) > 0


def test_papers_that_are_more_alike_than_papers_at_large_are_a_theme() -> None:
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(3, 32))
    vectors = np.concatenate([centre + 0.2 * rng.normal(size=(4, 32)) for centre in centres]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert cluster(vectors) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert cluster(vectors[[0, 4, 8]]) == [[0, 1, 2]]
    same = np.repeat(vectors[:1], 5, axis=0)
    assert sorted(place for group in cluster(same) for place in group) == [0, 1, 2, 3, 4]
    odd = vectors[[0, 1, 2, 4, 8]]
    assert cluster(odd)[0] == [0, 1, 2]
    assert sorted(place for group in cluster(odd) for place in group) == [0, 1, 2, 3, 4]


def test_a_theme_is_named_by_what_its_titles_share_else_by_a_phrase_of_each() -> None:
    groups = [
        ["Learning Sourdough Fermentation for Rye", "Sourdough Fermentation: A Survey", "Ovens"],
        ["Improved Wood Ovens for Bread", "fMRI-to-Image Reconstruction of Bakers"],
        ["On the Nature of Bread"],
    ]
    papers = [[Paper(title, title, "Bread is baked.") for title in group] for group in groups]

    def embed(texts: list[str]) -> Vectors:
        return np.ones((len(texts), 4), dtype=np.float32) / 2

    vectors = [embed([paper.title for paper in group]) for group in papers]
    assert headings(papers, vectors, "bread", embed) == [
        "Sourdough Fermentation",
        "Wood Ovens and Bakers",
        "On the Nature of Bread",
    ]
    assert headings(papers[:1], vectors[:1], "bread", embed) == ["Bread"]


def test_a_topic_is_named_where_its_rare_words_are(sample_library: Library) -> None:
    topic = Topic("diffusion models", sample_library)
    assert topic.named_in("A Diffusion Transformer")  # models are everywhere in this library
    assert not topic.named_in("Models of language")
    assert topic.spelt_in("Using a diffusion model")
    assert not topic.spelt_in("A Diffusion Transformer")
    assert Topic("?!", sample_library).coverage("anything") == 0.0
