"""The whole road without a model: quotes that are exact, abstentions that say why, and the same through LlamaIndex."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant import Answer, Assistant, Settings
from assistant.answer import Delta, Stage
from assistant.errors import QuestionError
from assistant.evidence import LEANS
from ingestion.errors import LibraryError
from ingestion.library import Library
from ingestion.paper import Paper

QUESTION = "How does NitroFusion achieve single-step generation?"
QUESTIONS = [
    QUESTION,
    "How many tasks does tasksource annotate?",
    "How does AdaMerging learn the coefficients for merging models?",
    "Is catastrophic interference mitigated in power-law environments?",
    "How are fMRI signals turned into images?",
    "What does Successive Prompting improve on DROP?",
]
KEYS = {
    "": "question status answer reason statements citations retrieved usage timings notes denied_by understood",
    "statements": "text citations verdict score alarms",
    "citations": "number paper_id title quote start end score",
    "retrieved": "paper_id title score",
    "usage": "model llm_calls prompt_tokens completion_tokens cost_usd cached_calls",
    "timings": "retrieve_ms read_ms answer_ms verify_ms total_ms",
}


@pytest.fixture(scope="module")
def assistant(sample_library: Library) -> Assistant:
    return Assistant.open(sample_library, Settings(llm="extractive"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_extractive_answer_quotes_exactly_and_briefly(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert (answer.status, answer.reason, answer.notes) == ("answered", None, ())
    for number, (statement, citation) in enumerate(zip(answer.statements, answer.citations, strict=True), start=1):
        abstract = assistant.library.paper(citation.paper_id).abstract
        assert abstract[citation.start : citation.end] == citation.quote == statement.text
        assert (citation.number, statement.citations) == (number, (number,))
        assert (statement.verdict, statement.score) == ("supported", 1.0)
        assert f"[{number}]" in answer.answer
        assert f"*{citation.title}*: " in answer.answer
    leaning = sum(LEANS.match(statement.text) is not None for statement in answer.statements)
    assert 1 <= len(answer.statements) <= 3 + leaning
    assert len(answer.retrieved) >= 10
    assert answer.retrieved[0].paper_id == answer.citations[0].paper_id
    assert (answer.usage.llm_calls, answer.usage.cost_usd) == (0, 0.0)
    timings = answer.timings
    assert timings.total_ms >= timings.retrieve_ms + timings.answer_ms + timings.verify_ms - 0.05
    assert min(timings.retrieve_ms, timings.answer_ms, timings.verify_ms) > 0


def test_a_sentence_that_leans_on_the_one_before_comes_with_it(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library", create=True)
    filler = "Bakers in the valley prefer rye. The river floods in spring. Schools open early in autumn."
    library.add([Paper("z", "Zorbex", f"{filler} The Zorbex engine burns iron. It reaches 900 degrees at sea level.")])
    answer = Assistant.open(library, Settings(llm="extractive")).ask("How many degrees does Zorbex reach at sea level?")
    assert "The Zorbex engine burns iron [1]. It reaches 900 degrees at sea level [2]." in answer.answer


@pytest.mark.parametrize("question", ["Who won the football world cup of 1954?", "How do I bake rye bread?", "zzzz qqqq"])
def test_a_question_off_the_topic_is_abstained_from_with_a_reason(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert (answer.status, answer.statements) == ("abstained", ())
    assert answer.reason
    assert answer.reason in answer.answer
    assert answer.citations
    for citation in answer.citations:
        assert assistant.library.paper(citation.paper_id).abstract[citation.start : citation.end] == citation.quote
        assert citation.title in answer.answer
    assert len(answer.retrieved) >= 10


def test_an_empty_library_abstains(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library", create=True)
    answer = Assistant.open(library, Settings(llm="extractive")).ask(QUESTION)
    assert (answer.status, answer.citations, answer.retrieved) == ("abstained", (), ())


@pytest.mark.parametrize("question", [QUESTION, "Who won the football world cup of 1954?"])
def test_an_answer_is_the_json_object_of_the_contract(assistant: Assistant, question: str) -> None:
    told = json.loads(json.dumps(assistant.ask(question).to_dict(), allow_nan=False))
    assert list(told) == KEYS[""].split()
    for part in ("statements", "citations", "retrieved"):
        assert all(list(item) == KEYS[part].split() for item in told[part])
    for part in ("usage", "timings"):
        assert list(told[part]) == KEYS[part].split()


@pytest.mark.parametrize("question", [QUESTION, "Who won the football world cup of 1954?"])
def test_as_a_query_engine_it_gives_a_response_that_holds_the_answer(assistant: Assistant, question: str) -> None:
    told = assistant.ask(question).to_dict()
    for response in (assistant.query(question), asyncio.run(assistant.aquery(question))):
        vouched = response.metadata["vouched"]
        assert {**vouched, "timings": None} == {**told, "timings": None}
        assert str(response) == told["answer"]
        assert [node.node.metadata["paper_id"] for node in response.source_nodes] == [
            citation["paper_id"] for citation in told["citations"]
        ]


@pytest.mark.parametrize("question", [QUESTION, "Who won the football world cup of 1954?"])
def test_a_stream_tells_its_stages_and_ends_in_one_answer(assistant: Assistant, question: str) -> None:
    *events, answer = assistant.stream(question)
    assert isinstance(answer, Answer)
    assert not any(isinstance(event, Answer) for event in events)
    stages = [event.name for event in events if isinstance(event, Stage)]
    written = "".join(event.text for event in events if isinstance(event, Delta))
    if answer.status == "answered":
        assert stages == ["searching", "reading", "writing", "checking"]
        assert all(statement.text in written for statement in answer.statements)
    else:
        assert (stages, written) == (["searching", "reading"], "")
    assert {**answer.to_dict(), "timings": None} == {**assistant.ask(question).to_dict(), "timings": None}


@pytest.mark.parametrize("question", ["", " ", "\n\t\u00a0", "?!", "\x00\x00", "🙂🙃", "\u200b", "a" * 4_001, "a " * 50_000])
@pytest.mark.parametrize("way", ["ask", "stream", "query"])
def test_what_is_no_question_is_refused_with_advice(assistant: Assistant, question: str, way: str) -> None:
    with pytest.raises(QuestionError, match=r"Ask one|Shorten it"):
        list(assistant.stream(question)) if way == "stream" else getattr(assistant, way)(question)


@pytest.mark.parametrize(
    "question",
    [
        "\x00What does Nitro\x00Fusion do?",
        "NitroFusion \ud800 \udfff?",
        "🚀 NitroFusion 🚀?",
        "NitroFusion\u202e noitareneg",
        "NitroFusion' OR 1=1; DROP TABLE papers; --",
        '+NitroFusion AND (NOT title:x^2~ [a TO b} "',
        "ما هو NitroFusion؟",
        "Ｎｉｔｒｏ Fusion ﬁne",
        "NitroFusion " * 300,
        "a" * 4_000,
        "5",
    ],
)
def test_odd_questions_are_answered_or_abstained_from(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert answer.status in {"answered", "abstained"}
    json.dumps(answer.to_dict(), ensure_ascii=False).encode()


def test_a_scope_limits_answer_and_retrieved_papers(assistant: Assistant) -> None:
    paper = next(paper for paper in assistant.library.papers() if paper.title.startswith("AdaMerging"))
    answer = assistant.ask("How does it merge models?", papers=[paper.id])
    assert [found.paper_id for found in answer.retrieved] == [paper.id]
    assert {citation.paper_id for citation in answer.citations} == {paper.id}
    assert assistant.ask(QUESTION, year_from=1900).retrieved == ()  # the sample's papers tell no year


@pytest.mark.parametrize("paper_id", ["nonsense", "", "../x", "a'b"])
def test_an_unknown_paper_is_an_error_that_names_it(assistant: Assistant, paper_id: str) -> None:
    with pytest.raises(LibraryError, match="There is no paper"):
        assistant.ask(QUESTION, papers=[paper_id])
    with pytest.raises(LibraryError, match="There is no paper"):
        list(assistant.stream(QUESTION, papers=[paper_id]))


def test_several_threads_ask_at_once_and_each_gets_its_answer(assistant: Assistant) -> None:
    alone = [assistant.ask(question).answer for question in QUESTIONS]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(lambda question: assistant.ask(question).answer, QUESTIONS * 3))
    assert together == alone * 3


def test_a_folder_is_opened_as_a_library_and_the_road_imports_no_torch(sample_library: Library) -> None:
    program = (
        "import sys; from assistant import Assistant, Settings;"
        f"answer = Assistant.open(sys.argv[1], Settings(llm='extractive')).ask({QUESTION!r});"
        "print(answer.status, sorted({'torch', 'transformers', 'gradio', 'openai'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(sample_library.path)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "answered []"), ran.stderr
