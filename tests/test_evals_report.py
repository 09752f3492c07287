"""Reports of scored runs, in every form, of text that would break them if it were not escaped."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from command import vouched
from report_runs import BEFORE, CASES, EVIDENCE, MARKUP, QUOTE, a_run

IDS = [case["id"] for case in CASES]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    a_run(folder / "new")
    a_run(folder / "old", BEFORE, judged=False, verifier="lexical")
    return folder


class Page(HTMLParser):
    """What is in a page: its elements with their attributes, the text of its scripts, and the text that is read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in = tag

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "script":
            self.scripts.append(data)
        elif self._in != "style":
            self.text += data


def page_of(*arguments: object) -> Page:
    called = vouched("eval", "report", *arguments)
    assert called.code == 0, called.err
    return Page(Path(called.out.strip()).read_text(encoding="utf-8"))


def test_a_page_is_one_file_in_which_nothing_of_a_paper_is_markup(runs: Path) -> None:
    page = page_of(runs / "new", "--against", runs / "old")
    assert len(page.scripts) == 2
    assert MARKUP in json.loads(page.scripts[0])["questions"][1]["run"]["answer"]
    assert "<" not in page.scripts[0]
    assert not {tag for tag, _ in page.elements} & {"img", "link", "iframe", "b", "i", "suite", "model"}
    linked = {value for _, attributes in page.elements for name, value in attributes.items() if name in {"src", "href"}}
    assert linked == {"#questions"}
    assert not re.search(r"url\(|@import|https?://", "".join(page.scripts[1:]) + str(page.elements))
    policy = next(a["content"] for tag, a in page.elements if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_a_page_says_what_the_run_is_of_and_what_is_doubtful(runs: Path, tmp_path: Path) -> None:
    text = page_of(runs / "new").text
    for said in (
        "nasty <suite> & co, version 1",
        "small <model>",
        "packaged, version a1-b2",
        "The judge is also the guard.",
    ):
        assert said in text
    extractive = a_run(tmp_path / "extractive", llm="extractive")
    other = a_run(tmp_path / "other", verifier="lexical")
    unjudged = a_run(tmp_path / "unjudged", judged=False)
    for folder in (extractive, other, unjudged):
        assert "The judge is also the guard." not in page_of(folder).text
    assert "holds no judgements.jsonl" in page_of(unjudged).text
    lines = (other / "judgements.jsonl").read_text(encoding="utf-8")
    (other / "judgements.jsonl").write_text(lines.replace("packaged", "lexical"), encoding="utf-8")
    assert "different judges (lexical a1-b2 and packaged a1-b2)" in page_of(extractive, "--against", other).text


def test_figures_stand_with_their_intervals_and_what_to_watch_with_them(runs: Path) -> None:
    page = page_of(runs / "new")
    table = json.loads((runs / "new" / "metrics.json").read_text(encoding="utf-8"))["all"]
    labels = [a["aria-label"] for tag, a in page.elements if tag == "svg"]
    for name in ("MRR", "fact coverage", "injection success"):
        value, low, high = (f"{table[name][part]:.3f}" for part in ("value", "low", "high"))
        assert f"{value}, 95 % interval {low} to {high}, between 0 and 1" in labels
    assert re.search(r"injection success.*?fact coverage\s*0\.375", page.text, re.DOTALL)  # its counter
    assert "nDCG@10" in page.text.partition("metrics not measured in this run")[2]


def test_a_page_of_many_questions_is_small(tmp_path: Path) -> None:
    large = a_run(tmp_path / "large", copies=43)  # 301 questions
    assert page_of(large)
    assert (large / "report.html").stat().st_size < 3_000_000


def test_a_suite_that_changed_is_told(tmp_path: Path) -> None:
    folder, suite = a_run(tmp_path / "run"), tmp_path / "nasty.yaml"
    suite.write_text('{"name": "other", "questions": [{"id": "a", "kind": "unanswerable", "question": "?"}]}')
    content = vouched("eval", "report", folder, "--json").json
    assert "has changed since it was run" in content["remarks"][0]
    assert [question["facts"] for question in content["questions"]] == [[]] * len(CASES)
    assert content["questions"][1]["run"]["faults"] == [{"of": "facts", "words": "a required fact is missed"}]
    suite.unlink()
    assert "The suite cannot be read." in page_of(folder).text


def test_json_holds_all_of_a_run_and_its_baseline(runs: Path) -> None:
    content = vouched("eval", "report", runs / "new", "--against", runs / "old", "--json").json
    assert content["about"]["settings"]["model"] == "small <model>"
    assert content["metrics"] == json.loads((runs / "new" / "metrics.json").read_text(encoding="utf-8"))
    assert content["comparison"]["settings"]["verifier"] == {"a": "lexical", "b": ""}
    assert content["comparison"]["metrics"]["fact coverage"]["difference"] == 0.25
    questions = {question["id"]: question for question in content["questions"]}
    assert list(questions) == IDS
    first = questions["right"]
    assert (first["run"]["status"], first["baseline"]["status"], first["gain"]) == ("answered", "abstained", 1.0)
    assert first["run"]["facts_held"] == [True]
    assert (first["run"]["faults"], first["baseline"]["faults"][0]["of"]) == ([], "status")
    [[start, end]] = first["run"]["citations"][0]["gold"]
    assert QUOTE[start:end] == EVIDENCE.replace("ants", "Ants", 1)
    assert first["run"]["judgements"][0]["verdict"] == "supported"
    assert (questions["injected"]["gain"], questions["injected"]["moved"]) == (-0.5, 1.5)
    assert {id_: [fault["of"] for fault in question["run"]["faults"]] for id_, question in questions.items()} == {
        "right": [], "missed": ["facts"], "refused": ["status"], "rightly none": [], "wrongly | answered": ["status"],
        "<i>broken</i>": ["error"], "injected": ["forbidden"],
    }  # fmt: skip


def test_papers_only_found_are_no_failure(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "run")
    lines = [json.loads(line) for line in (folder / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
    for line in lines:
        if "answer" in line:
            line["answer"] |= {"status": "abstained", "retrieval_only": True}
    (folder / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    questions = vouched("eval", "report", folder, "--json").json["questions"]
    assert {question["run"]["status"] for question in questions} == {"retrieved", "error"}
    assert [question["id"] for question in questions if question["run"]["faults"]] == ["<i>broken</i>"]


def test_junit_counts_what_went_wrong(runs: Path) -> None:
    called = vouched("eval", "report", runs / "new", "--format", "junit")
    root = ET.fromstring(called.out)  # noqa: S314 (our own)
    suite = root[0]
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == IDS
    assert {case.get("classname") for case in cases} == {f"nasty <suite> & co.{case['kind']}" for case in CASES}
    assert (cases[0].get("time"), cases[5].get("time")) == ("1.500", "0.000")
    failed = {case.get("name"): failure.get("message") for case in cases if (failure := case.find("failure")) is not None}
    assert failed == {
        "missed": "missed: hum | buzz",
        "refused": "not answered, though it can be",
        "wrongly | answered": "answered, though nothing answers it",
        "injected": "says what it must not: PWNED",
    }
    [error] = [error for case in cases if (error := case.find("error")) is not None]
    assert error.get("type") == "LLMError"
    assert MARKUP in str(error.get("message"))
    assert not set(called.out) & set("\x00\x07\x1b\ud800")
    for element in (root, suite):
        assert [element.get(name) for name in ("tests", "failures", "errors")] == ["7", "4", "1"]


def rows_of(markdown: str, header: str) -> list[list[str]]:
    """Read a table of Markdown: its cells, unescaped marks apart."""
    lines = markdown.partition(header)[2].split("\n")[2:]
    rows = lines[: lines.index("")] if "" in lines else lines
    return [[part.strip() for part in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def test_markdown_is_a_table_whatever_is_in_a_cell(runs: Path) -> None:
    alone = vouched("eval", "report", runs / "new", "--format", "markdown").out
    assert alone.startswith("### nasty &lt;suite&gt; &amp; co v1: 7 questions, vouched\n")
    assert "The judge is also the verifier that filtered these answers" in alone
    figures = {row[0]: row[1:] for row in rows_of(alone, "| metric | value | 95 % | questions |")}
    assert figures["fact coverage"] == ["0.375", "0.000 to 0.750", "4"]
    worst = rows_of(alone, "| question | kind | | what went wrong |")
    assert {len(row) for row in worst} == {4}
    assert [row[0] for row in worst[:1]] == ["&lt;i&gt;broken&lt;/i&gt;"]
    assert "wrongly \\| answered" in {row[0] for row in worst}
    assert "<script" not in alone
    both = vouched("eval", "report", runs / "new", "--against", runs / "old", "--format", "markdown").out
    figures = {row[0]: row for row in rows_of(both, "| metric | value | 95 % | questions | before |")}
    assert figures["fact coverage"][4:] == ["0.125", "+0.250 (0.000 to +0.750)", "no clear change"]
    assert "Settings that differ: verifier lexical → –." in both
    assert {len(row) for row in rows_of(both, "| question | kind | | what went wrong | before |")} == {5}


def test_what_goes_where(runs: Path, tmp_path: Path) -> None:
    both = vouched("eval", "report", runs / "new", "--format", "html", "--format", "junit")
    assert both.out.startswith("<?xml")
    assert str(runs / "new" / "report.html") in both.err
    file = tmp_path / "made" / "summary.md"
    called = vouched("eval", "report", runs / "new", "--format", "markdown", "--out", file)
    assert (called.code, called.out.strip()) == (0, str(file))
    assert file.read_text(encoding="utf-8").startswith("### nasty")
    table = vouched("eval", "report", runs / "new", "--format", "table")
    assert re.search(r"fact coverage\s+0\.375\s+0\.000 to 0\.750\s+4", table.out)
    assert "B − A" in vouched("eval", "report", runs / "new", "--against", runs / "old", "--format", "table").out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--format", "junit", "--format", "table"), 2, "Only one of junit, table can go to standard output."),
        (("--format", "junit", "--json", "--out", "x"), 2, "--out takes one format"),
        (("--format", "pdf"), 2, "'pdf' is not one of"),
        (("--against", "nowhere"), 1, "There is no run in nowhere"),
        (("--out", "/dev/null/x.html"), 1, "cannot be written"),
    ],
)
def test_a_wrong_call_is_told(arguments: tuple[str, ...], code: int, said: str, runs: Path) -> None:
    called = vouched("eval", "report", runs / "new", *arguments, env={"COLUMNS": "200"})
    assert (called.code, said in called.err + called.out) == (code, True)


@pytest.mark.parametrize(
    ("name", "content"),
    [("metrics.json", None), ("metrics.json", "{}"), ("metrics.json", '{"all": {"MRR": {"value": 1}}}'),
     ("judgements.jsonl", '{"id": "right"}\n')],
)  # fmt: skip
def test_a_damaged_folder_is_told(name: str, content: str | None, tmp_path: Path) -> None:
    folder = a_run(tmp_path / "run")
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content, encoding="utf-8")
    called: Any = vouched("eval", "report", folder, "--json")
    assert (called.code, called.json["error"]["type"]) == (1, "SuiteError")
    assert name in called.json["error"]["message"]
    assert f"vouched eval score {folder}" in called.json["error"]["message"]
