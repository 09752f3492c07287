"""Runs written by hand, to be scored, compared and gated: no model is needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from command import vouched

from evals.suite import load_suite
from ingestion.library import Library

FACTS = [f"fact{number}" for number in range(30)]
UNANSWERABLE = [f"none{number}" for number in range(6)]
CITATION = {"number": 1, "paper_id": "p", "title": "Ants", "quote": "Ants march.", "start": 0, "end": 11, "score": 1.0}


def suite_file(folder: Path, fact: str = "42") -> Path:
    """Write a suite of 30 questions that a paper answers, and 6 that none does."""
    facts = [{"id": id_, "kind": "fact", "question": f"Why {id_}?", "papers": ["p"], "facts": [fact]} for id_ in FACTS]
    none = [{"id": id_, "kind": "unanswerable", "question": f"Why {id_}?"} for id_ in UNANSWERABLE]
    file = folder / "mine.yaml"
    file.write_text(json.dumps({"name": "mine", "questions": facts + none}), encoding="utf-8")
    return file


def record(id_: str, said: str, ms: float) -> dict[str, Any]:
    """Give the record of an answer with one citation, or of an abstention when nothing is said."""
    answer = {
        "question": f"Why {id_}?",
        "status": "answered" if said else "abstained",
        "answer": said or "Nothing answers it.",
        "statements": [{"text": said}] if said else [],
        "citations": [CITATION] if said else [],
        "retrieved": [{"paper_id": "p"}],
        "timings": {"total_ms": ms},
    }
    return {"id": id_, "answer": answer}


def a_run(
    suite: Path, folder: Path, *, right: int = 30, failed: int = 0, wordy: str = "", ms: float = 100.0, scored: bool = True,
    **settings: Any,
) -> Path:  # fmt: skip
    """Write a run: the first ``right`` questions get the right answer, then a wrong one; the last ``failed`` an error."""
    library = Library.open(folder / "library", create=True)
    about = {
        "suite": "mine",
        "version": 1,
        "suite_sha256": load_suite(str(suite)).sha256,
        "corpus_fingerprint": library.fingerprint(),
        "settings": {"llm": "extractive", **settings},
        "questions": len(FACTS) + len(UNANSWERABLE),
        "suite_source": str(suite),
        "library": "library",
    }
    library.close()
    records = [record(id_, f"It is {42 if place < right else 41}{wordy} [1].", ms) for place, id_ in enumerate(FACTS)]
    records += [record(id_, "", ms) for id_ in UNANSWERABLE]
    for place in range(1, failed + 1):
        records[-place] = {"id": records[-place]["id"], "error": {"type": "LLMError", "message": "asleep"}}
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in records), encoding="utf-8")
    if scored:
        assert vouched("eval", "score", folder).code == 0
    return folder


def restate(folder: Path, **changed: Any) -> None:
    """Change what a run says that it is of; None takes it out."""
    about = json.loads((folder / "run.json").read_text(encoding="utf-8")) | changed
    kept = {name: value for name, value in about.items() if value is not None}
    (folder / "run.json").write_text(json.dumps(kept), encoding="utf-8")
