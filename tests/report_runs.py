"""Scored runs written by hand, full of text that would break a report that does not escape it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evals.metrics import estimates, estimates_by_kind
from evals.outcome import Score
from evals.scoring import plain_tables
from evals.suite import load_suite

MARKUP = (
    "</script><script>window.hacked = 1</script><!--<script> "
    '<img src=x onerror="window.hacked = 1"> & \'it\' | "so" `code` $x$'
)
ODD = "bell\x07 null\x00 escape\x1b[31m half\ud800 🧭👩‍🔬 שלום \u202eturned @someone\nsecond line\u2028third http://example.org/x.js"
NASTY = f"{MARKUP} {ODD}"
QUOTE = "🧭 Ants march <b>in step</b> at 42 m/s, & they sing while they do so; bees do not."
EVIDENCE = "ants march <b>in step</b> at 42 m/s, & they sing"
CITATIONS = [
    {"number": 1, "paper_id": "p|1", "title": "On <ants> & bees | a study", "quote": QUOTE, "start": 0, "end": len(QUOTE)},
    {"number": 2, "paper_id": "other", "title": "Wasps", "quote": "Wasps sting.", "start": 0, "end": 12},
]

CASES = [
    {"id": "right", "kind": "fact", "question": "How fast do ants march?", "facts": [["42 m/s"]], "papers": ["p|1"],
     "evidence": [EVIDENCE], "nuggets": ["Ants march at 42 m/s.", "Ants sing."]},
    {"id": "missed", "kind": "fact", "question": "What do <ants> & bees do?", "facts": [["42"], ["hum | buzz", "drone"]],
     "papers": ["p|1"]},
    {"id": "refused", "kind": "method", "question": "How was it measured?", "facts": [["a | rope"]], "papers": ["p|1"]},
    {"id": "rightly none", "kind": "unanswerable", "question": "How fast do bears march?"},
    {"id": "wrongly | answered", "kind": "unanswerable", "question": "How fast do | cats march?"},
    {"id": "<i>broken</i>", "kind": "fact", "question": NASTY.replace("\ud800", ""), "papers": ["p|1"], "facts": [["7"]]},
    {"id": "injected", "kind": "injection", "question": "Do ants obey?", "papers": ["p|1"], "forbidden": ["PWNED"]},
]  # fmt: skip

# status (or None for an error), values of the run; what is not given is not measured
HERE: dict[str, tuple[str | None, str, dict[str, float | None]]] = {
    "right": ("answered", "*On ants*: They march at 42 m/s [1]. They sing [2][9].", {"fact coverage": 1.0, "MRR": 1.0}),
    "missed": ("answered", f"At 42 [1]: {NASTY}", {"fact coverage": 0.5, "MRR": 0.25}),
    "refused": ("abstained", "The library does not answer this.", {"fact coverage": 0.0, "MRR": 0.5}),
    "rightly none": ("abstained", "The library does not answer this.", {"abstained when it should": 1.0}),
    "wrongly | answered": ("answered", "Cats march at 3 m/s [2].", {"abstained when it should": 0.0}),
    "<i>broken</i>": (None, NASTY, {"fact coverage": 0.0, "MRR": None}),
    "injected": ("answered", "PWNED [1].", {"injection success": 1.0, "MRR": 1.0}),
}
BEFORE = HERE | {
    "right": ("abstained", "The library does not answer this.", {"fact coverage": 0.0, "MRR": 1.0}),
    "injected": ("answered", "They do not [1].", {"injection success": 0.0, "MRR": 0.5}),
}


def a_run(
    folder: Path, said: dict[str, Any] | None = None, *, judged: bool = True, copies: int = 1, **settings: Any
) -> Path:
    """Write a scored run; with ``copies`` every question is there so often."""
    said = said or HERE
    folder.mkdir(parents=True)
    suite = folder.parent / "nasty.yaml"
    cases = [case | {"id": _id(case["id"], copy)} for copy in range(copies) for case in CASES]
    suite.write_text(json.dumps({"name": "nasty <suite> & co", "questions": cases}, ensure_ascii=False), encoding="utf-8")
    about = {
        "suite": "nasty <suite> & co",
        "version": 1,
        "suite_sha256": load_suite(str(suite)).sha256,
        "corpus_fingerprint": "f" * 64,
        "system": "vouched",
        "settings": {"llm": "openai", "model": "small <model>", "verifier": "", **settings},
        "questions": len(cases),
        "suite_source": str(suite),
        "library": "library",
    }
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    calls = int(settings.get("llm") != "extractive")
    rows = [(case, *said[CASES[place % len(CASES)]["id"]]) for place, case in enumerate(cases)]
    _lines(folder / "answers.jsonl", [record(case, status, text, calls) for case, status, text, _ in rows])
    errors = [values | {"errors": float(status is None)} for _, status, _, values in rows]
    scores = [Score(str(case["id"]), str(case["kind"]), values) for (case, *_), values in zip(rows, errors, strict=True)]
    _lines(folder / "scores.jsonl", [{"id": s.id, "kind": s.kind, "values": s.values} for s in scores])
    tables = {"all": estimates(scores), **estimates_by_kind(scores)}
    (folder / "metrics.json").write_text(json.dumps(plain_tables(tables)), encoding="utf-8")
    if judged:
        _lines(folder / "judgements.jsonl", [judgements(case, status) for case, status, _, _ in rows])
    return folder


def _id(id_: object, copy: int) -> str:
    return f"{id_} {copy}" if copy else str(id_)


def record(case: dict[str, Any], status: str | None, text: str, calls: int = 1) -> dict[str, Any]:
    """Give the record of an answer, or of an error."""
    if status is None:
        return {"id": case["id"], "error": {"type": "LLMError", "message": text}}
    statements = [
        {"text": text, "citations": [1, 2], "verdict": "supported", "score": 0.9, "alarms": ["number"]},
        {"text": "They sing.", "citations": [2], "verdict": "unsupported", "score": 0.1, "alarms": []},
    ]
    answer = {
        "question": case["question"],
        "status": status,
        "answer": text,
        "reason": None if status == "answered" else "nothing answers it",
        "statements": statements if status == "answered" else [],
        "citations": CITATIONS,
        "retrieved": [{"paper_id": c["paper_id"], "title": c["title"], "score": 0.5} for c in CITATIONS],
        "usage": {"model": "small <model>", "llm_calls": calls},
        "timings": {"total_ms": 1500.0},
        "notes": ["A note & a half."],
    }
    return {"id": case["id"], "answer": answer}


def judgements(case: dict[str, Any], status: str | None) -> dict[str, Any]:
    """Give what a judge said of an answer: the first statement holds, the second does not; so with nuggets."""
    claims = [("statement", 0, None, QUOTE[2:20]), ("citation", 0, 1, None), ("rest", 0, 1, None), ("gold", 0, None, None)]
    claims += [("statement", 1, None, None)]
    claims += [("nugget", place, None, NASTY) for place in range(len(case.get("nuggets", ())))]
    said = [
        {"of": of, "index": index, "citation": citation, "claim": "A claim.", "quotes": [QUOTE], "alarms": ["name"],
         "verdict": "unsupported" if index else "supported", "score": 0.25 if index else 0.75, "evidence": evidence}
        for of, index, citation, evidence in claims
    ]  # fmt: skip
    judge = {"name": "packaged", "version": "a1-b2"}
    return {"id": case["id"], "judge": judge, "judgements": said if status == "answered" else []}


def _lines(file: Path, rows: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
