"""Mapping files and what is imported with them. Each set's files are small ones, written here in the published form."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from command import written
from sets import ANTS, BEES, QUERIES, imported, judged, table

from evals.mapping.file import load_mapping, packaged
from evals.mapping.importing import import_set, write
from evals.suite import load_suite, problems
from ingestion.paper import Paper
from ingestion.readers import read

DATA = Path(__file__).parents[2] / "shared" / "data"


def test_every_packaged_mapping_can_be_read() -> None:
    assert packaged() == ["bioasq", "cranfield", "csv", "litqa2", "pubmedqa", "scifact", "scifact-retrieval", "scitldr"]
    mappings = [load_mapping(name) for name in packaged()]
    names = [name.removesuffix("-retrieval") for name in packaged()]  # another suite over the same papers
    assert [mapping.name for mapping in mappings] == names
    assert all(mapping.licence and mapping.source for mapping in mappings if mapping.name != "csv")


def test_the_examples_of_the_docs_can_be_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "docs" / "suites.md").read_text(encoding="utf-8")
    suite, mapping = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "suite.yaml").write_text(suite, encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
    assert len(load_suite(str(tmp_path / "suite.yaml")).cases) == 2
    assert load_mapping(str(tmp_path / "mapping.yaml")).name == "own"
    assert all(f"| `{name}` |" in text for name in packaged() if name != "csv")


def test_scifact(tmp_path: Path) -> None:
    written(tmp_path / "corpus.jsonl", [ANTS, BEES])
    claims = [
        {"_id": "7", "text": "Ants march.", "label": "SUPPORT", "evidence": {"1": [{"sentences": [0]}, {"sentences": [1]}]}},
        {"_id": "8", "text": "Bees are silent.", "label": "REFUTE", "evidence": {"2": [{"sentences": [1]}]}},
        {"_id": "9", "text": "Bees swim.", "label": "NEI", "evidence": {}},
    ]
    written(tmp_path / "train.queries.jsonl", claims)
    qrels = (["7", "1", "1"], ["7", "2", "1"], ["8", "2", "1"], ["9", "2", "1"], ["9", "3", "1"])
    table(tmp_path / "train.qrels.tsv", ["query-id", "corpus-id", "score"], *qrels, delimiter="\t")
    made = imported("scifact", tmp_path)
    assert made.questions == [
        {"id": "7", "kind": "fact", "question": "Ants march.", "papers": ["scifact:1"], "evidence": ANTS["sentences"]},
        {
            "id": "8",
            "kind": "false-premise",
            "question": "Bees are silent.",
            "papers": ["scifact:2"],
            "evidence": ["They hum."],
        },
        {"id": "9", "kind": "unanswerable", "question": "Bees swim.", "near": ["scifact:2"]},
    ]
    assert made.left_out == {"near papers that are not there": [f"{tmp_path / 'train.qrels.tsv'}, line 6 (3)"]}


def test_scitldr_asks_the_test_part(tmp_path: Path) -> None:
    judged(tmp_path, ("a", "1", "1"), ("b", "2", "1"), ("c", "2", "0"))
    parts = zip(QUERIES, ("train", "test", "test"), strict=True)
    queries = written(tmp_path / "queries.jsonl", [query | {"split": part} for query, part in parts])
    made = imported("scitldr", tmp_path)
    assert made.questions == [{"id": "b", "kind": "discovery", "question": "who flies", "papers": ["scitldr:2"]}]
    assert made.left_out == {
        "rows that the mapping does not keep": [f"{queries}, line 1"],
        "questions of which nothing says what a right answer holds": [f"{queries}, line 3"],
    }


def test_cranfield_keeps_its_grades_but_the_lowest(tmp_path: Path) -> None:
    judged(tmp_path, ("a", "1", "4"), ("a", "2", "2"), ("b", "2", "3"), ("b", "1", "1"), ("c", "1", "1"))
    made = imported("cranfield", tmp_path)
    assert [question.get("papers") for question in made.questions] == [["cranfield:1", "cranfield:2"], ["cranfield:2"]]
    assert [question["relevance"] for question in made.questions] == [
        {"cranfield:1": 3, "cranfield:2": 1},
        {"cranfield:2": 2},
    ]


def test_pubmedqa_does_not_give_the_question_away(tmp_path: Path) -> None:
    record = {
        "id": "17",
        "question": "Do ants march?",
        "context": ANTS["text"],
        "long_answer": "They do. In lines.",
        "answer": "yes",
    }
    made = imported("pubmedqa", written(tmp_path / "dev.jsonl", [record]))
    (question,) = made.questions
    assert (question["papers"], question["nuggets"]) == (["pubmedqa:17"], ["They do.", "In lines."])
    assert "facts" not in question
    assert made.papers == [
        {"id": "pubmedqa:17", "title": "PubMed 17", "abstract": ANTS["text"], "url": "https://pubmed.ncbi.nlm.nih.gov/17/"}
    ]


PUBMED = "http://www.ncbi.nlm.nih.gov/pubmed/"
BIOASQ = {
    "questions": [
        {
            "id": "5a", "type": "factoid", "body": "Who marches?", "documents": [f"{PUBMED}1", f"{PUBMED}3"],
            "snippets": [
                {"text": "Ants march.", "document": f"{PUBMED}1", "beginSection": "abstract", "offsetInBeginSection": 0},
                {"text": "Ants", "document": f"{PUBMED}1", "beginSection": "title", "offsetInBeginSection": 0},
                {"text": "Ants run.", "document": f"{PUBMED}1", "beginSection": "sections.0", "offsetInBeginSection": 0},
            ],
            "exact_answer": [["ants.", "formicidae"]], "ideal_answer": ["Ants do. They march.", "It is ants."],
        },
        {"id": "5b", "type": "list", "body": "Who is an insect?", "documents": [f"{PUBMED}2"], "snippets": [],
         "exact_answer": [["ants"], ["bees", "honey bees"]], "ideal_answer": "Ants and bees are."},
        {"id": "5c", "type": "yesno", "body": "Do bees hum?", "documents": [f"{PUBMED}2"], "snippets": [],
         "exact_answer": "yes", "ideal_answer": ["They hum."]},
        {"id": "5d", "type": "summary", "body": "What do cats do?", "documents": [f"{PUBMED}4"], "ideal_answer": ["Sleep."]},
    ]
}  # fmt: skip


def test_bioasq_with_its_abstracts_or_a_library(tmp_path: Path) -> None:
    file = tmp_path / "training13b.json"
    file.write_text(json.dumps(BIOASQ, indent=1), encoding="utf-8")
    records = [{"pmid": paper["_id"], "title": paper["title"], "abstract": paper["text"]} for paper in (ANTS, BEES)]
    written(tmp_path / "corpus.jsonl", records)
    made = imported("bioasq", tmp_path)
    factoid, listed, yes = made.questions
    assert (factoid["papers"], factoid["evidence"]) == (["bioasq:1"], ["Ants march."])
    assert (factoid["facts"], factoid["nuggets"]) == ([["ants", "formicidae"]], ["Ants do.", "They march."])
    assert listed["facts"] == [["ants"], ["bees", "honey bees"]]
    assert yes == {"id": "5c", "kind": "fact", "question": "Do bees hum?", "papers": ["bioasq:2"], "nuggets": ["They hum."]}
    assert made.left_out == {
        "gold papers that are not there": [f"{file}, item 1 ({PUBMED}3)", f"{file}, item 4 ({PUBMED}4)"],
        "questions none of whose gold papers is there": [f"{file}, item 4"],
        "evidence that is not verbatim in a gold paper": [f"{file}, item 1"],
    }
    (tmp_path / "corpus.jsonl").unlink()
    library = [
        Paper("ants", "Ants", ANTS["text"], url="https://pubmed.ncbi.nlm.nih.gov/1"),
        Paper("pmid:2", "Bees", BEES["text"]),
    ]
    found = imported("bioasq", tmp_path, library=library)
    assert found.papers is None
    assert [question["papers"] for question in found.questions] == [["ants"], ["pmid:2"], ["pmid:2"]]


def test_litqa2_finds_its_papers_by_doi(tmp_path: Path) -> None:
    shared = {"distractors": ["2x"], "canary": "BENCHMARK DATA", "tag": "litqa", "version": "1.1-dev", "is_opensource": True}
    records = [
        {"id": "u1", "question": "How much faster?", "ideal": "4x", "sources": ["https://doi.org/10.1000/182"], **shared},
        {
            "id": "u2",
            "question": "Why?",
            "ideal": "Because more of the leaves fell down.",
            "sources": ["10.1000/182"],
            **shared,
        },
        {
            "id": "u3",
            "question": "Where?",
            "ideal": "Here",
            "sources": ["https://doi.org/10.1000/gone"],
            "key-passage": None,
        },
    ]
    file = written(tmp_path / "litqa2.jsonl", records)
    made = imported("litqa2", file, library=[Paper("ours", "Leaves", "They fall.", doi="10.1000/182")])
    short, long = made.questions
    assert (short["papers"], short["facts"], short.get("nuggets")) == (["ours"], [["4x"]], None)
    assert (long.get("facts"), long["nuggets"]) == (None, ["Because more of the leaves fell down."])
    assert made.left_out["gold papers that are not there"] == [f"{file}, line 3 (https://doi.org/10.1000/gone)"]


@pytest.mark.skipif(not (DATA / "scifact").is_dir(), reason="the set is not there")
def test_the_whole_of_scifact(tmp_path: Path) -> None:
    mapping = load_mapping("scifact")
    made = import_set(mapping, DATA / "scifact")
    assert (made.kinds(), made.left_out) == ({"fact": 332, "unanswerable": 304, "false-premise": 173}, {})
    corpus, suite = write(made, mapping, tmp_path)
    papers = [paper for paper in read(corpus) if isinstance(paper, Paper)]
    assert len(papers) == 5183
    assert problems(load_suite(str(suite)), papers) == []
