"""What readers say of answers: a line of JSON each, in a file that only its owner may read."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from assistant.answer import Answer
from ingestion.errors import VouchedError

FILE = "feedback.jsonl"


class FeedbackError(VouchedError):
    """What a reader said cannot be kept."""


def keep(file: Path, answer: Answer, said: str) -> None:
    """Add a line ``{"time", "said", "answer"}`` to a file; ``answer`` is the object of the contract.

    Raises:
        FeedbackError: the file cannot be written.
    """
    line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "said": said, "answer": answer.to_dict()}
    try:
        with FileLock(f"{file}.lock"):
            handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "ab") as out:
                out.write((json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise FeedbackError(f"{file} cannot be written: {error.strerror or error}.") from error
