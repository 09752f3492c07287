"""Small suites that several test files write."""

import json
from pathlib import Path
from typing import Any

FACT = {"id": "credit", "kind": "fact", "question": "What is CREDIT?", "papers": ["p"]}
UNANSWERABLE = {"id": "bread", "kind": "unanswerable", "question": "How is bread baked?"}


def suite_file(folder: Path, *questions: Any, **top: Any) -> str:
    """Write a suite as YAML, of which JSON is a part."""
    file = folder / "mine.yaml"
    file.write_text(json.dumps({"name": "mine", "questions": questions, **top}), encoding="utf-8")
    return str(file)


def jsonl_file(folder: Path, *records: Any) -> str:
    """Write a suite as JSON Lines: records, the first of which may be the header."""
    file = folder / "mine.jsonl"
    file.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return str(file)
