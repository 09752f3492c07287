"""The benches themselves, small. No test looks at how long anything takes."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from command import HEARS_CTRL_C, RECORDS, clean_environment
from typer.testing import CliRunner

from evals.bench import asking, cold, corpora, cost, store
from evals.bench.cli import app
from evals.bench.measuring import Recorder
from evals.errors import SuiteError
from evals.suite import load_suite
from ingestion.library import Library
from ingestion.passages import passages_of

BENCH = (sys.executable, "-c", f"{HEARS_CTRL_C}; from evals.bench.cli import app; app()")
SVG = "{http://www.w3.org/2000/svg}"


def silent(what: str, done: int, total: int) -> None:
    """Show no progress."""


def called(*arguments: object) -> Any:
    """Call ``vouched bench`` with --json and give what it printed."""
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    return json.loads(line)


def test_ctrl_c_ends_a_bench_without_a_traceback_and_keeps_its_lines(tmp_path: Path) -> None:
    command = [*BENCH, "search", "--papers", "2", "--papers", "92", "--questions", "155", "--out", str(tmp_path)]
    environment, file = clean_environment(), tmp_path / store.FILE
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as measuring:
        while not file.exists() or not file.read_bytes().endswith(b"\n"):
            assert measuring.poll() is None
            time.sleep(0.02)
        measuring.send_signal(signal.SIGINT)
        _, err = measuring.communicate()
    assert measuring.returncode == 130
    assert "Traceback" not in err
    assert {(item.case, item.size) for item in store.read(tmp_path)} >= {(figure, 2) for figure in ("hybrid", "BM25 alone")}


def test_search_is_measured_at_each_size_and_shown_again(tmp_path: Path) -> None:
    out = tmp_path / "figures"
    printed = called("search", "--papers", 5, "--papers", 2, "--questions", 3, "--out", out)
    found = printed["measurements"]
    assert [(item["size"], item["case"], item["repeats"]) for item in found] == [
        (size, case, 3) for size in (2, 5) for case in ("BM25 alone", "vectors alone", "hybrid")
    ]
    by_key = {(item["case"], item["size"]): item for item in found}
    for (_, size), item in by_key.items():
        assert item["low"] <= item["median"] <= item["high"]
        if item["baseline"] is not None:
            assert item["ratio"] == item["median"] / by_key[item["baseline"], size]["median"]
    assert by_key["hybrid", 5]["baseline"] == "vectors alone"
    drawn, page = tmp_path / "growth.svg", tmp_path / "page.html"
    shown = called("show", "--out", out, "--plot", drawn, "--html", page)
    assert shown == {"out": str(out), "measurements": found}
    assert called("--out", out, "show", "--only", "hybrid")["measurements"] == [by_key["hybrid", 2], by_key["hybrid", 5]]
    circles = ElementTree.parse(drawn).findall(f".//{SVG}circle")  # noqa: S314 (our own)
    assert len(circles) == len(found)
    html = page.read_text(encoding="utf-8")
    assert len(list(ElementTree.fromstring(html.partition("\n")[2]).iter(f"{SVG}circle"))) == len(found)  # noqa: S314


def test_ingest_is_measured_on_papers_of_a_compressed_file(tmp_path: Path) -> None:
    data = tmp_path / "papers.jsonl.gz"
    lines = [json.dumps(record) for record in (*RECORDS, RECORDS[0])]
    data.write_bytes(gzip.compress("\n".join(lines).encode()))
    measured = called("ingest", "--papers", 3, "--repeats", 2, "--data", data, "--out", tmp_path)["measurements"]
    found = {(item["case"], item["unit"]): item for item in measured}
    alone, ingested = found["embedding alone", "abstracts/s"], found["ingest", "abstracts/s"]
    assert ingested["ratio"] == ingested["median"] / alone["median"]
    pipeline = found["LlamaIndex's pipeline", "abstracts/s"]
    assert pipeline["ratio"] == pipeline["median"] / ingested["median"]
    share = found["embedding alone", "GFLOP/s"]
    assert share["ratio"] == share["median"] / found["matrix product, float32", "GFLOP/s"]["median"]
    assert found["embedding alone", "tokens/s"]["median"] > alone["median"]
    disk = found["library on disk", "MiB"]
    assert (disk["size"], disk["repeats"], disk["baseline"]) == (3, 2, None)
    assert found["ingest", "MiB"]["median"] > 100  # what a process needs for the model alone
    with pytest.raises(SuiteError, match="holds only 3 papers, and 4 were asked for"):
        called("ingest", "--papers", 4, "--data", data, "--out", tmp_path)
    data.write_bytes(b"no gzip")
    with pytest.raises(SuiteError, match="cannot be read"):
        called("ingest", "--papers", 2, "--data", data, "--out", tmp_path)


def test_ask_is_measured_by_stage_against_search_alone(sample_library: Library, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    cases = {case.kind: case.question for case in load_suite("page").cases}
    asking.measure(recorder, sample_library, [cases["fact"], cases["unanswerable"]], silent)
    found = {item.case: item for item in recorder.measured}
    assert set(found) == {"search alone", *asking.STAGES}
    assert found["total"].repeats == 2
    assert found["total"].ratio == found["total"].median / found["search alone"].median
    assert found["total"].high >= found["retrieve"].high


def test_made_up_papers_are_the_same_each_time_and_differ_from_each_other() -> None:
    papers = list(islice(corpora.papers(), 130))
    assert papers[:92] == corpora.sample()
    assert papers == list(islice(corpora.papers(), 130))
    assert len({paper.id for paper in papers}) == 130
    sentences = {passage.text for paper in papers[:92] for passage in passages_of(paper)}
    assert all(any(paper.abstract.startswith(part) for part in sentences) for paper in papers[92:])


def test_questions_are_spread_over_the_suite() -> None:
    cases = list(load_suite("page").cases)
    few = corpora.questions(20)
    assert len(few) == len(set(few)) == 20
    assert len({case.kind for case in cases if case.question in few}) > 2
    assert corpora.questions(10_000) == [case.question for case in cases]


def test_the_costs_are_those_of_the_real_prompts(sample_library: Library, tmp_path: Path) -> None:
    questions = corpora.questions(3, answerable=True)
    sent = cost.prompts(sample_library, questions, silent)
    assert 0 < len(sent) <= 3
    assert all("[1] (" in prompt and any(question in prompt for question in questions) for prompt in sent)
    recorder, prices = Recorder(tmp_path), cost.Prices(2.5, 10.0, 400)
    cost.measure(recorder, sent, 3, prices)
    found = {item.case: item for item in recorder.measured}
    lowest, tokens, once = found[cost.CHEAPEST], found[cost.COUNTED], found["one call at 2.5 + 10 USD/M"]
    assert (lowest.median, lowest.repeats, tokens.repeats) == (0.3, 0, len(sent))
    assert tokens.low > min(len(prompt.split()) for prompt in sent)
    assert once.median == pytest.approx(prices.once(tokens.median))
    assert once.ratio == once.median / 0.3


def test_the_memory_of_a_process_is_its_own(tmp_path: Path) -> None:
    here = bytearray(b"x") * (200 * 2**20)  # of the one that starts it
    _, small = cold.watched(("-c", "pass"), tmp_path)
    _, large = cold.watched(("-c", f"bytearray(b'x') * {100 * 2**20}"), tmp_path)
    assert small < 100 * 2**20 < len(here)
    assert large - small > 90 * 2**20
    with pytest.raises(SuiteError, match="exit code 3"):
        cold.watched(("-c", "raise SystemExit(3)"), tmp_path)
