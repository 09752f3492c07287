"""``vouched eval import``: your own questions, the ids of papers, and what is wrong with data, mappings and calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import IDS, small_library, vouched
from sets import imported, judged, table

from evals.errors import SuiteError
from evals.suite import load_suite, problems
from ingestion.library import Library

HEADER = ["question", "answer", "papers", "evidence", "kind", "facts"]


def test_a_csv_of_questions_and_answers_becomes_a_run(tmp_path: Path) -> None:
    library = small_library(tmp_path)
    rows = [
        ["How often?", "25.1 %", '=HYPERLINK("http://example.org") Considered Harmful;2301.00001v2', "", "", ""],
        ["Who,\nwhen?", "Robots help with the harvest. They come in autumn.", IDS[2], "Robots help with it.", "method", ""],
        ["Does size matter?", "Yes.", "https://doi.org/10.1000/182", "", "", "size matters|matters; models"],
        ["How is bread baked?", "", "", "", "", ""],
    ]  # fmt: skip
    file = table(tmp_path / "questions.csv", HEADER, *rows)
    out = tmp_path / "mine"
    called = vouched("eval", "import", "csv", file, "--out", out, "--library", library, "--json")
    assert called.code == 0, called
    assert (called.json["questions"], called.json["left_out"]) == (4, {})
    assert called.json["kinds"] == {"fact": 2, "method": 1, "unanswerable": 1}
    assert called.json["files"] == [str(out / "suite.jsonl")]
    loaded = load_suite(str(out / "suite.jsonl"))
    assert loaded.name == "mine"
    short, long, yes, none = loaded.cases
    assert (short.id, short.papers, short.facts) == ("q2", (IDS[0], IDS[1]), (("25.1 %",),))
    assert (long.id, long.kind, long.question) == ("q3", "method", rows[1][0])
    assert long.nuggets == ("Robots help with the harvest.", "They come in autumn.")
    assert (yes.facts, yes.nuggets) == ((("size matters", "matters"), ("models",)), ())
    assert none.kind == "unanswerable"
    validate, run = called.json["next"]
    assert vouched(*validate.split()[1:]).code == 0
    ran = vouched(*run.split()[1:], "--out", tmp_path / "run", "--llm", "extractive", "--judge", "none", "--json")
    assert (ran.code, ran.json["questions"], ran.json["metrics"]["all"]["errors"]["value"]) == (0, 4, 0), ran


def test_without_a_library_papers_stay_as_they_are_named(tmp_path: Path) -> None:
    file = table(tmp_path / "questions.csv", ["question;answer;papers"], ["Who?;Ants;Ants at large|a"])  # semicolons
    file.write_text(file.read_text(encoding="utf-8"), encoding="utf-16")
    called = vouched("eval", "import", "csv", file, "--out", tmp_path / "out")
    assert called.code == 0
    assert load_suite(str(tmp_path / "out" / "suite.jsonl")).cases[0].papers == ("Ants at large|a",)
    assert f"vouched eval validate {tmp_path / 'out' / 'suite.jsonl'}\n" in called.out


def test_imported_papers_have_the_ids_that_ingesting_gives(tmp_path: Path) -> None:
    judged(tmp_path, ("a", "1", "3"), ("b", "2", "2"), ("b", "9", "2"))
    called = vouched("eval", "import", "cranfield", tmp_path, "--out", tmp_path / "out", "--limit", 2)
    assert (called.code, called.out.splitlines()[0].split(":")[0]) == (0, "Made 2 questions (discovery 2) and 2 papers")
    assert f"Left out: 1 gold papers that are not there: {tmp_path / 'qrels.tsv'}, line 4 (9)." in called.out
    ingest, run = [line.split()[1:] for line in called.out.splitlines()[-2:]]
    assert vouched(*ingest, "--json").json["added"] == 2
    library = tmp_path / "out" / "library"
    suite = load_suite(run[2])
    assert problems(suite, Library.open(library).papers()) == []
    assert {id_ for case in suite.cases for id_ in case.papers} == {paper.id for paper in Library.open(library).papers()}


WRONG_DATA: list[tuple[str, str, str]] = [
    ("question\nWho?\n", "questions.csv", "has no column 'answer', which `questions` takes; it has: question"),
    ("question,answer\nWho?,Ants,Bees\n", "questions.csv", "line 2 has 3 cells, but there are 2 columns"),
    ("question,answer,answer\n", "questions.csv", "line 1 names the column 'answer' twice"),
    ('question,answer\n"a\nb",c\nWho?,"Ants" are\n', "questions.csv", "line 4 is not valid CSV"),
    (
        "question,answer,kind\nWho?,Ants,riddle\n",
        "questions.csv",
        "line 2: the column kind holds 'riddle'; there are fact, ",
    ),
    ("question,answer\n,Ants\n\n", "questions.csv", "No question comes of"),
    ("", "questions.csv", "has no column 'question', 'answer'"),
    ('{"question": "Who?", "answer": "Ants"}\n{"question": \n', "q.jsonl", "line 2 is not valid JSON"),
    ('{"question": ["Who?"], "answer": "Ants"}\n', "q.jsonl", "line 1: the column question holds a list, not text"),
    ('{"question": "Who?", "answer": {"is": "Ants"}}\n', "q.jsonl", "line 1: the column answer holds an object"),
    ('{\n"questions": [{"question": "Who?"}]}\n', "q.json", "holds one object, not records; its fields are: questions"),
]


@pytest.mark.parametrize(("content", "name", "said"), WRONG_DATA)
def test_wrong_data_are_told_with_file_and_line(content: str, name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(SuiteError) as refused:
        imported("csv", tmp_path / name)
    assert str(tmp_path / name) in str(refused.value)
    assert said in str(refused.value)


def test_judgements_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    judged(tmp_path, ("a", "1", "high"))
    with pytest.raises(SuiteError, match=r"qrels\.tsv, line 2: the column score holds 'high', not a whole number"):
        imported("cranfield", tmp_path)
    (tmp_path / "qrels.tsv").unlink()
    with pytest.raises(SuiteError, match=r"has no qrels\.tsv, which the mapping cranfield takes for its table qrels"):
        imported("cranfield", tmp_path)


MAPPING = "name: own\ntables: {t: {files: '*.csv'}}\nquestions: {table: t, question: question, kind: fact, facts: answer}\n"


@pytest.mark.parametrize(
    ("changed", "to", "said"),
    [
        ("facts: answer", "fact: answer", "questions.fact: there is no such field"),
        ("kind: fact", "kind: riddle", "questions.kind.default: 'riddle' is none of fact, method, "),
        ("table: t,", "table: u,", "there is no table 'u'; tables has t"),
        ("question: question", "question: {optional: true}", "questions.question: give either column or template"),
        ("name: own", "name: [", "is not valid YAML"),
        ("facts: answer", "facts: answers", "has no column 'answers', which `questions` takes; it has: question, answer"),
    ],
)
def test_a_wrong_mapping_is_told(changed: str, to: str, said: str, tmp_path: Path) -> None:
    table(tmp_path / "questions.csv", ["question", "answer"], ["Who?", "Ants"])
    file = tmp_path / "own.yaml"
    file.write_text(MAPPING, encoding="utf-8")
    assert imported(str(file), tmp_path).questions[0]["facts"] == [["Ants"]]
    file.write_text(MAPPING.replace(changed, to), encoding="utf-8")
    with pytest.raises(SuiteError) as refused:
        imported(str(file), tmp_path)
    assert said in str(refused.value)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    judged(tmp_path, ("a", "1", "3"))
    assert "the folder of the data itself" in vouched("eval", "import", "cranfield", tmp_path, "--out", tmp_path).err
    out = tmp_path / "out"
    assert vouched("eval", "import", "cranfield", tmp_path, "--out", out).code == 0
    again = vouched("eval", "import", "cranfield", tmp_path, "--out", out, "--json")
    assert (again.code, "add --overwrite" in again.json["error"]["message"]) == (1, True)
    assert vouched("eval", "import", "cranfield", tmp_path, "--out", out, "--overwrite").code == 0
    unknown = vouched("eval", "import", "nonsense", tmp_path, "--out", out)
    assert (unknown.code, "one of: bioasq, cranfield, " in unknown.err) == (1, True)
    kept = vouched("eval", "import", "cranfield", tmp_path, "--out", tmp_path / "o", "--library", small_library(tmp_path))
    assert "cranfield brings its own papers" in " ".join(kept.err.split())
