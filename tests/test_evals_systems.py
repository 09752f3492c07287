"""Systems under test over real libraries, LlamaIndex's CitationQueryEngine against a loopback server."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import HERE, clean_environment, written
from openai_server import ScriptedServer, fails, says, scripted_server

from assistant.engine import Assistant
from assistant.errors import LLMError, QuestionError
from assistant.settings import Settings
from evals import peers
from evals.errors import SuiteError
from evals.running import run
from evals.suite import Suite, load_suite, thinned
from evals.systems import SYSTEMS, System, load_system
from evals.systems.citation_query_engine import CitationEngine
from ingestion.library import Library
from ingestion.paper import Paper
from ingestion.passages import whole_text
from ingestion.readers import read

QUESTION = "How does NitroFusion achieve single-step generation?"
QUOTING = Settings(llm="extractive")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def ants(tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = Library.open(tmp_path_factory.mktemp("insects") / "library", create=True)
    library.add(
        [
            Paper("ants", "Of ants", "Ants march in lines.\nThey carry 50 times their weight."),
            Paper("bees", "Of bees", "Bees dance to tell the way to the flowers."),
            Paper("wasps", "Of wasps", "Wasps build nests of paper."),
        ]
    )
    return library


@pytest.fixture(scope="module")
def few(sample_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Hold some thirty papers of the sample page, among them that of the question."""
    papers = [record for record in read(sample_page) if isinstance(record, Paper)]
    library = Library.open(tmp_path_factory.mktemp("few") / "library", create=True)
    library.add(paper for place, paper in enumerate(papers) if place % 5 == 0 or "NitroFusion" in paper.title)
    return library


def settings(server: ScriptedServer, **more: Any) -> Settings:
    chosen = {"model": "scripted", "timeout_s": 10.0, "max_retries": 0, "openai_api_key": "sk-secret", **more}
    return Settings(llm="openai", openai_base_url=server.url, **chosen)


def untimed(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timings"}


def test_vouched_is_the_assistant(few: Library) -> None:
    system = load_system("vouched", few, QUOTING)
    assert untimed(system.ask(QUESTION)) == untimed(Assistant(few, QUOTING).ask(QUESTION).to_dict())
    assert system.settings["papers_read"] == QUOTING.papers_read
    assert not {"library", "openai_api_key"} & set(system.settings)


def test_an_unknown_system_is_told(ants: Library) -> None:
    with pytest.raises(SuiteError, match=r"no system 'oracle'\. There are: vouched, retrieval, bm25, "):
        load_system("oracle", ants, QUOTING)


@pytest.mark.parametrize("name", ["retrieval", "bm25", "embedding"])
def test_what_only_finds_papers_answers_nothing(name: str, few: Library) -> None:
    system = load_system(name, few, QUOTING)
    said = system.ask(f"  {QUESTION}\n")
    assert (system.name, said["status"], said["reason"]) == (name, "abstained", "retrieval only")
    assert said["retrieval_only"]
    assert (said["question"], said["statements"], said["citations"]) == (QUESTION, (), ())
    assert "NitroFusion" in said["retrieved"][0]["title"]
    assert 10 <= len(said["retrieved"]) <= few.count()
    assert len({paper["paper_id"] for paper in said["retrieved"]}) == len(said["retrieved"])
    scores = [paper["score"] for paper in said["retrieved"]]
    assert scores == sorted(scores, reverse=True)
    assert said["timings"]["total_ms"] > 0
    assert json.loads(json.dumps(system.settings)) == system.settings
    with pytest.raises(QuestionError):
        system.ask("?")


def test_each_side_ranks_by_itself(few: Library) -> None:
    found = load_system("bm25", few, QUOTING).ask(QUESTION)["retrieved"]
    assert {paper["paper_id"]: paper["score"] for paper in found} == few.words.search(QUESTION, 100)
    papers = list(few.papers())
    asked, *vectors = np.asarray(
        few.embedding.get_text_embedding_batch([QUESTION, *map(whole_text, papers)]), dtype=np.float64
    )
    cosines = {p.id: v @ asked / np.linalg.norm(v) / np.linalg.norm(asked) for p, v in zip(papers, vectors, strict=True)}
    found = load_system("embedding", few, QUOTING).ask(QUESTION)["retrieved"]
    assert [paper["paper_id"] for paper in found[:20]] == sorted(cosines, key=lambda id_: -cosines[id_])[:20]
    assert [paper["score"] for paper in found] == pytest.approx([cosines[paper["paper_id"]] for paper in found], abs=1e-5)


@pytest.mark.parametrize("name", ["retrieval", "bm25", "embedding"])
def test_an_empty_library_holds_nothing(name: str, tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library", create=True)
    assert load_system(name, library, QUOTING).ask(QUESTION)["retrieved"] == ()


def test_the_citation_query_engine_answers(ants: Library, server: ScriptedServer) -> None:
    server.script(says("Ants march in lines [1].\nBees dance to tell the way [2], and sting [9]."))
    system = CitationEngine(ants, settings(server), top_k=2)
    said = system.ask("How do ants march?")
    prompt = server.calls[0].prompt
    assert len(said["contexts"]) == prompt.partition("------")[2].count("Source ") == 2
    assert all(f"Source {number}:\n{text}\n" in prompt for number, text in enumerate(said["contexts"], start=1))
    assert "title: Of ants" in prompt
    assert "paper_id" not in prompt
    assert said["contexts"][0] == "Ants march in lines.\nThey carry 50 times their weight."
    assert [(s["citations"], s["invented"]) for s in said["statements"]] == [([1], []), ([2], [9])]
    assert [paper["paper_id"] for paper in said["retrieved"]] == [c["paper_id"] for c in said["citations"]]
    first = said["citations"][0]
    assert (first["paper_id"], first["title"], first["start"]) == ("ants", "Of ants", 0)
    assert ants.paper("ants").abstract[first["start"] : first["end"]] == first["quote"]
    assert said["usage"] == {
        "model": "scripted", "llm_calls": 1, "prompt_tokens": 100, "completion_tokens": 10, "cost_usd": None,
        "cached_calls": 0,
    }  # fmt: skip
    assert said["timings"]["total_ms"] >= said["timings"]["answer_ms"] > 0
    assert system.settings["similarity_top_k"] == 2
    assert "sk-secret" not in json.dumps([system.settings, said])
    assert (server.calls[0].body["temperature"], server.calls[0].body["max_tokens"]) == (0, 400)


def test_the_calls_of_each_question_are_counted_alone(ants: Library, server: ScriptedServer) -> None:
    server.script(says("Ants march [1]."))
    system = load_system("citation-query-engine", ants, settings(server))
    assert [system.ask("How do ants march?")["usage"]["llm_calls"] for _ in range(2)] == [1, 1]


def test_a_refusal_of_the_engine_is_an_abstention(ants: Library, server: ScriptedServer) -> None:
    server.script(says("None of the provided sources are helpful."), says(""))
    system = load_system("citation-query-engine", ants, settings(server))
    for _ in range(2):
        said = system.ask("How is bread baked?")
        assert (said["status"], said["statements"], len(said["retrieved"])) == ("abstained", [], 3)


def test_an_empty_library_has_no_source(tmp_path: Path, server: ScriptedServer) -> None:
    library = Library.open(tmp_path / "library", create=True)
    said = load_system("citation-query-engine", library, settings(server)).ask(QUESTION)
    assert (said["status"], said["contexts"], said["usage"]["llm_calls"]) == ("abstained", [], 0)


def test_a_model_that_fails_is_an_error_of_the_run(ants: Library, server: ScriptedServer, tmp_path: Path) -> None:
    server.script(fails(401, "no such key: sk-secret"), says("Ants march [1]."))
    suite = Suite("insects", 1, None, load_suite("page").cases[:2], "0")
    system = load_system("citation-query-engine", ants, settings(server))
    failed, answered = run(suite, system, ants, tmp_path / "run", lambda _: None)
    assert failed["error"]["type"] == "LLMError"
    assert "refused the key" in failed["error"]["message"]
    assert "sk-secret" not in (tmp_path / "run" / "answers.jsonl").read_text(encoding="utf-8")
    assert answered["answer"]["status"] == "answered"
    with pytest.raises(LLMError, match="No language model is set up"):
        load_system("citation-query-engine", ants, Settings(openai_api_key=None, openai_base_url=None))


def test_every_system_has_the_name_it_is_loaded_by(ants: Library, server: ScriptedServer) -> None:
    loaded: list[System] = [load_system(name, ants, settings(server)) for name in SYSTEMS]
    assert [system.name for system in loaded] == list(SYSTEMS)


def test_some_of_a_suite_keep_its_kinds() -> None:
    page = load_suite("page")
    some = thinned(page, 20)
    assert len(some.cases) == len({case.id for case in some.cases}) == 20
    assert {case.kind for case in some.cases} == {case.kind for case in page.cases}
    assert some.sha256 not in {page.sha256, thinned(page, 21).sha256}
    assert thinned(page, None) == thinned(page, 10_000) == page


def test_peers_are_shown_side_by_side(
    few: Library, server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = next(paper.id for paper in few.papers() if "NitroFusion" in paper.title)
    asked = [
        {"id": "right", "kind": "fact", "question": QUESTION, "papers": [paper], "facts": ["so"]},
        {"id": "bread", "kind": "unanswerable", "question": "How long is sourdough bread to be baked?"},
        {"id": "left out", "kind": "fact", "question": "What else?", "papers": [paper]},
    ]
    suite = written(tmp_path / "suite.jsonl", asked)
    server.script(says("It is so [1]."))
    for name in set(os.environ) - set(environment := clean_environment(OPENAI_BASE_URL=server.url, COLUMNS="200")):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(HERE)
    arguments = ["--suite", str(suite), "--limit", "2", "--library", str(few.path), "--out", str(tmp_path / "runs")]
    monkeypatch.setattr(sys, "argv", ["peers", *arguments, "--llm", "openai"])
    shown, calls = [], []
    for _ in range(2):
        peers.main()
        shown.append(capsys.readouterr().out)
        calls.append(len(server.calls))
    assert shown[0] == shown[1]
    assert calls[0] == calls[1] >= 3  # the second time nothing is asked again
    rows = {cells[0]: cells[1:] for line in shown[0].splitlines() if (cells := re.findall(r"[^│\s][^│]*?(?=\s*│)", line))}
    assert list(rows) == ["vouched-extractive", "vouched-llm", "citation-query-engine"]
    assert rows["citation-query-engine"][:2] == ["1.000", "1.000"]  # success@1, fact coverage
    assert rows["citation-query-engine"][-2:] == ["1.00", "0"]  # calls, errors
    assert rows["vouched-extractive"][-2:] == ["0.00", "0"]
    about = json.loads((tmp_path / "runs" / "citation-query-engine" / "run.json").read_text(encoding="utf-8"))
    assert (about["system"], about["questions"]) == ("citation-query-engine", 2)
    monkeypatch.setattr(sys, "argv", ["peers", "--suite", "nowhere.yaml", "--library", str(few.path)])
    with pytest.raises(SystemExit) as ended:
        peers.main()
    assert ended.value.code == 1
