"""The pytest plugin, in a pytest of its own, as a user has it: suites with limits, and the fixture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command import clean_environment

PAPERS = """{"title": "Marching ants", "abstract": "Ants march in lines. Marching saves them 12% of their energy."}
{"title": "Dancing bees", "abstract": "Bees dance for each other. Dancing halves the time to find food."}
"""
SUITE = """name: small
questions:
  - {id: ants, kind: fact, question: "How much energy does marching save ants?", facts: ["12%"]}
  - {id: bees, kind: fact, question: "By how much does dancing shorten the time to find food?", facts: [halves]}
  - {id: gnus, kind: unanswerable, question: "Which mortgage rate did the central bank of Peru set in 1987?"}
"""
LIMITS = """suite: suite.yaml
library: library
llm: extractive
min: {fact coverage: 0.9, "unanswerable: abstained when it should": 0.5}
max: {errors: 0, words: 3}
"""
TESTS = """
def test_mine(vouched_eval):
    run = vouched_eval("suite.yaml", library="library", llm="extractive", judge="lexical")
    run.check("fact coverage", min=0.9)
    run.check("errors", max=0)
    assert run["grounded"] == 1


def chatbot(question):
    if "gnu" in question or "Peru" in question:
        return {"answer": "I don't know.", "contexts": []}
    return {"answer": "Marching saves ants 12% of their energy [1]. Purple is nice [2].",
            "contexts": ["Marching saves them 12% of their energy."]}


def test_a_chatbot(vouched_eval):
    run = vouched_eval("suite.yaml", library="library", system=chatbot, judge="packaged", out="runs/chatbot")
    assert run["fact coverage"] == 0.5
    assert run["citation validity"] == 0.5
    assert run["errors"] == 0
    assert run.run.about["system"] == "chatbot"


def broken(question):
    raise RuntimeError("no luck")


def test_a_broken_one(vouched_eval):
    run = vouched_eval("suite.yaml", library="library", system=broken, judge="none")
    run.check("errors", max=0)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "papers.jsonl").write_text(PAPERS, encoding="utf-8")
    (folder / "suite.yaml").write_text(SUITE, encoding="utf-8")
    (folder / "vouched.yaml").write_text(LIMITS, encoding="utf-8")
    (folder / "test_mine.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "assistant.cli", "ingest", "papers.jsonl", "--library", "library"]
    subprocess.run(command, cwd=folder, env=clean_environment(), check=True, capture_output=True)
    return folder


def run_pytest(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *arguments]
    ended = subprocess.run(command, cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_a_file_of_limits_is_a_test_for_each(project: Path) -> None:
    code, out = run_pytest(project, "vouched.yaml")
    assert code == 1
    assert "3 passed, 1 failed" in out or "1 failed, 3 passed" in out
    assert "PASSED vouched.yaml::fact coverage >= 0.9" in out
    assert "FAILED vouched.yaml::words <= 3" in out
    assert "words (all) is" in out
    assert "above the limit" in out
    assert "vouched eval report" in out
    assert len((project / "runs/suite/answers.jsonl").read_text(encoding="utf-8").splitlines()) == 3

    (project / "vouched.yaml").write_text(f"{LIMITS.partition('max:')[0]}baseline: runs/suite\n", encoding="utf-8")
    assert "3 passed" in run_pytest(project, "vouched.yaml")[1]  # of the kept answers; a run is no worse than itself


def test_the_fixture_runs_suites_on_vouched_and_on_other_systems(project: Path) -> None:
    code, out = run_pytest(project, "test_mine.py")
    assert code == 1
    assert "PASSED test_mine.py::test_mine" in out
    assert "PASSED test_mine.py::test_a_chatbot" in out
    assert "FAILED test_mine.py::test_a_broken_one" in out
    assert "errors (all) is 3" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("min: {words: 3}", "names no suite"),
        ("suite: [", "cannot be read"),
        ("suite: nowhere.yaml\nlibrary: library\nmin: {words: 3}", "no suite file"),
        ("suite: suite.yaml\nlibrary: library\nmin: {wrods: 3}", "There is no metric 'wrods'"),
    ],
)
def test_a_wrong_file_says_what_to_mend(project: Path, tmp_path: Path, text: str, said: str) -> None:
    for name in ("suite.yaml", "library"):
        (tmp_path / name).symlink_to(project / name)
    (tmp_path / "vouched.yaml").write_text(text, encoding="utf-8")
    code, out = run_pytest(tmp_path)
    assert code != 0
    assert said in " ".join(out.split())
