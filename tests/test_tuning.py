"""A prompt is edited, tried on some questions, and kept only for what it gains on others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command import vouched
from openai_server import Call, ScriptedServer, evidence_in, fails, says, scripted_server

from assistant import Assistant, Settings
from evals.case import Case
from evals.errors import SuiteError
from evals.suite import Suite, load_suite
from evals.tuning.editing import load
from evals.tuning.failing import failure, worth
from evals.tuning.tuner import parted
from ingestion.library import Library
from prompts import PromptError, render

BETTER = "You repeat the first three sentences of the evidence.\n\nRules:\n- Only those."
LONGER = "You repeat every sentence of the evidence."
REFUSAL = "The evidence does not answer this."
ANSWER = {
    "status": "answered",
    "answer": "",
    "statements": [{"text": "It gains 25.1%."}],
    "usage": {"model": "m"},
    "notes": [],
}
CASE = Case("a", "fact", "How much?", ("p",), (("25.1%",), ("13 tasks",)))
UNANSWERABLE = Case("b", "unanswerable", "Why?")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as scripted:
        yield scripted


def editing(*proposals: str, invents: bool = False) -> Callable[[Call], None]:
    """Propose edits in turn; answer with the first three sentences of the evidence or all, where the instructions say so.

    With other instructions, answer with the last one, or with what no evidence says.
    """
    left = iter(proposals)

    def reply(call: Call) -> None:
        system = call.body["messages"][0]["content"]
        if system.startswith("You improve the instructions"):
            return says(next(left))(call)
        shown = evidence_in(call.prompt)
        if invents and BETTER[:20] not in system:
            return says("Ants eat glass [1].")(call)
        wanted = list(shown) if LONGER in system else list(shown)[:3] if "repeat the first" in system else list(shown)[-1:]
        return says(" ".join(f"{shown[number]} [{number}]" for number in wanted))(call)

    return reply


def tune(server: ScriptedServer, library: Library, out: Path, *more: object) -> dict[str, object]:
    env = {"OPENAI_BASE_URL": server.url, "VOUCHED_STRUCTURED": "false", "VOUCHED_EVIDENCE": "3", "VOUCHED_MAX_RETRIES": "0"}
    options = ("--llm", "openai", "--model", "scripted", "--limit", 10, "--rounds", 1, "--candidates", 2)
    called = vouched(
        *("prompts", "tune", "page", *options, "--out", out, "--library", library.path, "--json", *more), env=env
    )
    assert called.code == 0, called.err
    return dict(called.json)


def prompts_of(server: ScriptedServer) -> list[str]:
    return [
        str(c.body["messages"][1]["content"]) for c in server.calls if "improve the inst" in c.body["messages"][0]["content"]
    ]


def test_what_gains_on_held_back_questions_is_kept_and_used(
    sample_library: Library, server: ScriptedServer, tmp_path: Path
) -> None:
    server.script(editing("Do {{ it }}.", f"```\n{BETTER}\n```", invents=True))
    told = tune(server, sample_library, tmp_path / "out", "--rule", "Never be rude.")
    first, refused, best = told["trials"]  # type: ignore[misc]
    assert (refused["refused"], told["best"]) == ("it holds marks of the template's own", 2)
    assert best["score"] > first["score"]
    assert told["held_back"]["difference"] > 0  # type: ignore[index]
    assert "- Never be rude." in prompts_of(server)[0]
    assert "What is wrong: No sentence that you wrote was supported" in prompts_of(server)[0]
    kept = tmp_path / "out" / "prompts"
    assert str(kept) == told["kept"]
    found = render("answer.v2", own=kept, question="?", evidence=(), structured=False, refusal=REFUSAL)
    assert found.system.startswith(BETTER)
    assert "in square brackets" in found.system  # what is included stays
    server.calls.clear()
    settings = Settings(llm="openai", model="scripted", openai_base_url=server.url, structured=False, prompts=kept)
    Assistant.open(sample_library, settings).ask("How does NitroFusion achieve single-step generation?")
    assert "repeat the first three sentences" in server.calls[0].body["messages"][0]["content"]


def test_what_gains_nothing_changes_nothing(sample_library: Library, server: ScriptedServer, tmp_path: Path) -> None:
    server.script(editing("Say less.", LONGER))
    told = tune(server, sample_library, tmp_path / "out")
    before, _, longer = told["trials"]  # type: ignore[misc]
    assert longer["score"] > before["score"]  # by copying more, which wins nothing
    assert (told["best"], told["kept"], told["held_back"]) == (0, None, None)
    assert not (tmp_path / "out" / "prompts").exists()
    again = prompts_of(server)[1]
    assert ": Say less." in again.partition("Tried before")[2]


def test_a_stopped_tuning_goes_on_where_it_was(sample_library: Library, server: ScriptedServer, tmp_path: Path) -> None:
    server.script(editing("Say less.", BETTER, invents=True))
    whole = tune(server, sample_library, tmp_path / "out")
    (tmp_path / "out" / "trials" / "002" / "held-back" / "answers.jsonl").unlink()
    server.calls.clear()
    assert tune(server, sample_library, tmp_path / "out", "--rule", "Never be rude.") == whole
    assert prompts_of(server) == []
    other = vouched("prompts", "tune", "page-test", "--llm", "openai", "--model", "scripted", "--out", tmp_path / "out",
                    "--library", sample_library.path, env={"OPENAI_BASE_URL": server.url})  # fmt: skip
    assert (other.code, "the tuning of something else" in other.err) == (1, True)


def test_a_model_that_is_down_is_told(sample_library: Library, server: ScriptedServer, tmp_path: Path) -> None:
    server.script(fails(500, "broken"))
    env = {"OPENAI_BASE_URL": server.url, "VOUCHED_MAX_RETRIES": "0"}
    options = ("--llm", "openai", "--model", "scripted", "--limit", 6, "--out", tmp_path / "out")
    called = vouched("prompts", "tune", "page", *options, "--library", sample_library.path, env=env)
    assert (called.code, "Every question failed, the first so:" in called.err) == (1, True)


@pytest.mark.parametrize(
    ("case", "answer", "value", "words"),
    [
        (CASE, ANSWER, 0.5, "It lacks what the evidence says: 13 tasks."),
        (CASE, {**ANSWER, "statements": [{"text": "25.1% on 13 tasks."}]}, 1.0, None),
        (CASE, {**ANSWER, "usage": {"model": "extractive"}}, 0.0, "No sentence that you wrote"),
        (CASE, {**ANSWER, "status": "abstained"}, 0.0, "The evidence answers this"),
        (CASE, None, 0.0, "The model failed."),
        (UNANSWERABLE, ANSWER, 0.0, "The evidence does not answer this, and"),
        (UNANSWERABLE, {**ANSWER, "status": "abstained"}, 1.0, None),
    ],
)
def test_what_an_answer_is_worth_and_what_is_wrong_with_it(
    case: Case, answer: dict[str, object] | None, value: float, words: str | None
) -> None:
    assert worth(case, answer) == value
    found = failure(case, answer)
    assert (found is None) is (words is None)
    assert found is None or found.wrong.startswith(words or "")


def test_a_part_of_each_kind_is_held_back() -> None:
    suite = load_suite("page")
    chosen, held = parted(suite)
    assert sorted(case.id for case in (*chosen.cases, *held.cases)) == sorted(case.id for case in suite.cases)
    for kind in ("fact", "unanswerable", "multi"):
        counts = [sum(case.kind == kind for case in part.cases) for part in (held, suite)]
        assert counts[0] == round(0.4 * counts[1])
    with pytest.raises(SuiteError, match="too few to hold some back"):
        parted(Suite("small", 1, None, suite.cases[:2], "0"))


@pytest.mark.parametrize(("wrong", "said"), [("{% if %}", "cannot be used, line "), ("{{ extra }}", "'extra'")])
def test_a_prompt_of_your_own_that_is_wrong_is_named(
    sample_library: Library, server: ScriptedServer, tmp_path: Path, wrong: str, said: str
) -> None:
    text = load("answer.v2").text.replace("Rules:", wrong)
    (tmp_path / "answer.v2.jinja").write_text(text, encoding="utf-8")
    settings = Settings(llm="openai", model="scripted", openai_base_url=server.url, prompts=tmp_path)
    with pytest.raises(PromptError, match=r"answer\.v2") as raised:
        Assistant.open(sample_library, settings).ask("How does NitroFusion achieve single-step generation?")
    assert said in str(raised.value)


def test_prompts_are_listed_and_shown() -> None:
    assert "answer.v2" in vouched("prompts", "list", "--json").json["prompts"]
    assert vouched("prompts", "show", "answer.v2").out == load("answer.v2").text
    for name in ("../x", "x"):
        called = vouched("prompts", "show", name, "--json")
        assert (called.code, json.loads(called.out)["error"]["type"]) == (1, "SuiteError")
