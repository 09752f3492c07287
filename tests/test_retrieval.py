"""Questions find their papers, and papers become evidence, here and as parts of LlamaIndex pipelines."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from assistant.answer import Evidence
from assistant.evidence import EvidencePostprocessor, Portion, select
from assistant.reading import PackagedReader
from assistant.reranking import read_papers
from assistant.retrieval import HybridRetriever
from ingestion.library import Library
from ingestion.paper import Paper

PLAIN = [  # questions, and the beginning of the title that they are about
    ("How does NitroFusion achieve single-step generation?", "NitroFusion"),
    ("How many tasks does tasksource annotate?", "tasksource"),
    ("How does AdaMerging learn the coefficients for merging models?", "AdaMerging"),
    ("Is catastrophic interference mitigated in power-law environments?", "Catastrophic Interference"),
    ("How are fMRI signals turned into images?", "NeuroPictor"),
    ("Which benchmark tests whether models follow a procedure of many steps?", "ProcBench"),
    ("What is the accuracy of surgical feedback classification with audio, text and video?", "Deep Multimodal Fusion"),
    ("How can faces be swapped with diffusion models?", "Realistic and Efficient Face Swapping"),
]
FILLER = "Bakers in the valley prefer rye. The river floods in spring. Schools open early in autumn."


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Give a library of three papers of known years, and one of none."""
    library = Library.open(tmp_path_factory.mktemp("years") / "library", create=True)
    heat = "The Zorbex engine burns iron pellets. It reaches 900 degrees at sea level."
    chain = f"{FILLER} The Quandle pump moves brine. This saves power. It runs for eleven years without oil."
    library.add(
        [
            Paper("old", "Zorbex engines", f"{FILLER} {heat}", year=1999),
            Paper("mid", "Zorbex pumps", chain, year=2010),
            Paper("new", "Zorbex gears", f"{FILLER} Zorbex gears are made of bronze.", year=2020),
            Paper("undated", "Zorbex myths", f"{FILLER} Nobody has seen a Zorbex."),
        ]
    )
    return library


def evidence(library: Library, question: str, portion: Portion) -> list[Evidence]:
    retriever = HybridRetriever(library)
    return select(read_papers(PackagedReader(), question, retriever.search(retriever.query(question))).read, portion)


def quotes(library: Library, question: str, portion: Portion) -> list[str]:
    return [item.quote for item in evidence(library, question, portion)]


@pytest.mark.parametrize(("question", "title"), PLAIN)
def test_a_plain_question_finds_its_paper_first(sample_library: Library, question: str, title: str) -> None:
    nodes = HybridRetriever(sample_library).retrieve(question)
    assert nodes[0].node.metadata["title"].startswith(title)


def test_the_retriever_gives_whole_papers_best_first(sample_library: Library) -> None:
    nodes = HybridRetriever(sample_library, k=15).retrieve(PLAIN[0][0])
    assert len(nodes) == len({node.node.node_id for node in nodes}) == 15
    scores = [node.score or 0.0 for node in nodes]
    assert scores == sorted(scores, reverse=True)
    for node in nodes:
        paper = sample_library.paper(node.node.metadata["paper_id"])
        assert (node.node.get_content(), node.node.metadata["title"]) == (paper.abstract, paper.title)


def test_the_retriever_awaits_and_takes_an_embedding_that_is_there(sample_library: Library) -> None:
    retriever, question = HybridRetriever(sample_library), PLAIN[0][0]
    expected = [(node.node.node_id, node.score) for node in retriever.retrieve(question)]
    bundle = QueryBundle(question, embedding=retriever.query(question).vector.tolist())
    assert [(node.node.node_id, node.score) for node in retriever.retrieve(bundle)] == expected
    assert [(node.node.node_id, node.score) for node in asyncio.run(retriever.aretrieve(question))] == expected


def test_hits_say_how_near_they_are(sample_library: Library) -> None:
    retriever = HybridRetriever(sample_library)
    near = retriever.search(retriever.query(PLAIN[0][0]))
    far = retriever.search(retriever.query("Who won the football world cup of 1954?"))
    assert max(hit.similarity for hit in near) > 0.5 > max(hit.similarity for hit in far)
    assert len(far) == 20
    for hit in near:
        assert all(-1 <= similarity <= hit.similarity <= 1 for similarity in hit.passages.values())


@pytest.mark.parametrize("count", [1, 3, 12])
def test_a_scope_of_papers_is_kept(sample_library: Library, count: int) -> None:
    ids = [paper.id for paper in sample_library.papers()][-count:]
    retriever = HybridRetriever(sample_library)
    hits = retriever.search(retriever.query(PLAIN[0][0]), within=sample_library.scope(ids))
    assert {hit.paper.id for hit in hits} == set(ids)


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ({}, {"old", "mid", "new", "undated"}),
        ({"year_from": 2010}, {"mid", "new"}),
        ({"year_to": 2010}, {"old", "mid"}),
        ({"year_from": 2000, "year_to": 2015}, {"mid"}),
        ({"year_from": 2000, "papers": ["old", "new"]}, {"new"}),
        ({"year_from": 2021}, set()),
        ({"year_from": 2020, "year_to": 1999}, set()),
    ],
)
def test_a_scope_of_years_is_kept(years: Library, scope: dict[str, int], found: set[str]) -> None:
    retriever = HybridRetriever(years)
    hits = retriever.search(retriever.query("Zorbex"), within=years.scope(**scope))
    assert {hit.paper.id for hit in hits} == found


def test_an_empty_library_finds_nothing(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library", create=True)
    assert HybridRetriever(library).retrieve("Anything?") == []
    assert quotes(library, "Anything?", Portion(3, 5.0, 100)) == []


def test_a_sentence_that_leans_on_the_one_before_brings_it(years: Library) -> None:
    heat = quotes(years, "What temperature does the Zorbex engine reach at sea level?", Portion(1, 5.0, 100))
    assert heat == ["The Zorbex engine burns iron pellets.", "It reaches 900 degrees at sea level."]
    pump = quotes(years, "For how many years does it run without oil?", Portion(1, 5.0, 100))
    assert pump == ["The Quandle pump moves brine.", "This saves power.", "It runs for eleven years without oil."]


def test_words_are_limited_but_for_the_first_sentence(sample_library: Library) -> None:
    question = PLAIN[0][0]
    assert len(quotes(sample_library, question, Portion(12, 1_000.0, 1))) == 1
    some = quotes(sample_library, question, Portion(12, 1_000.0, 80))
    assert 1 < len(some) < 12
    assert sum(len(quote.split()) for quote in some) <= 80


def test_sentences_far_below_the_best_are_left_out(sample_library: Library) -> None:
    counts = [len(quotes(sample_library, PLAIN[0][0], Portion(12, margin, 1_000))) for margin in (0.0, 3.0, 1_000.0)]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (1, 12)


@pytest.mark.parametrize("most", [1, 4, 12])
@pytest.mark.parametrize(("question", "title"), PLAIN)
def test_evidence_is_numbered_and_verbatim(sample_library: Library, question: str, title: str, most: int) -> None:
    chosen = evidence(sample_library, question, Portion(most, 1_000.0, 1_000))
    assert most <= len(chosen) <= most + 2
    assert [item.number for item in chosen] == list(range(1, len(chosen) + 1))
    assert chosen[0].title.startswith(title)
    for item in chosen:
        assert sample_library.paper(item.paper_id).abstract[item.start : item.end] == item.quote
    places = [(item.paper_id, item.start) for item in chosen]
    assert len(set(places)) == len(places)
    grouped = list(dict.fromkeys(paper_id for paper_id, _ in places))
    assert places == sorted(places, key=lambda place: (grouped.index(place[0]), place[1]))


def test_the_postprocessor_serves_in_a_query_engine_of_llamaindex(sample_library: Library) -> None:
    question, title = PLAIN[0]
    engine = RetrieverQueryEngine.from_args(
        HybridRetriever(sample_library),
        llm=MockLLM(),
        node_postprocessors=[EvidencePostprocessor(sample_library, most=4)],
    )
    response = engine.query(question)
    assert 4 <= len(response.source_nodes) <= 6
    for node in response.source_nodes:
        place = node.node.metadata
        abstract = sample_library.paper(place["paper_id"]).abstract
        assert abstract[place["start"] : place["end"]] == node.node.get_content()
    assert response.source_nodes[0].node.metadata["title"].startswith(title)
    assert response.source_nodes[0].node.get_content() in str(response)  # the mock repeats the prompt


def test_the_postprocessor_reads_papers_that_another_retriever_found(sample_library: Library) -> None:
    papers = [paper for paper in sample_library.papers() if paper.title.startswith(("NitroFusion", "AdaMerging"))]
    found = [NodeWithScore(node=TextNode(text=p.abstract, metadata={"paper_id": p.id}), score=None) for p in papers]
    nodes = EvidencePostprocessor(sample_library, most=2).postprocess_nodes(found, query_str=PLAIN[0][0])
    assert {node.node.metadata["paper_id"] for node in nodes} <= {paper.id for paper in papers}
    assert nodes


def test_the_postprocessor_reads_the_papers_in_the_order_of_the_nodes(sample_library: Library) -> None:
    question = "How much does CodePlan improve on generating responses directly?"
    papers = sorted(sample_library.papers(), key=lambda paper: not paper.title.startswith("Unlocking Reasoning Potential"))
    found = [NodeWithScore(node=TextNode(text=p.abstract, metadata={"paper_id": p.id})) for p in papers[:1] + papers[:0:-1]]
    node = EvidencePostprocessor(sample_library, most=1).postprocess_nodes(found, query_str=question)[0]
    assert "25.1" in node.node.get_content()


def test_the_postprocessor_says_what_it_lacks(sample_library: Library) -> None:
    with pytest.raises(ValueError, match="pass query_bundle or query_str"):
        EvidencePostprocessor(sample_library).postprocess_nodes([])
    stranger = NodeWithScore(node=TextNode(text="A text."), score=1.0)
    with pytest.raises(ValueError, match="paper_id"):
        EvidencePostprocessor(sample_library).postprocess_nodes([stranger], query_str="What?")
