"""The command ``vouched``, called in this process, which is quick, or as one of its own, as a user does."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import main

HERE = Path(__file__).parent  # a folder without a .env
# Whatever was begun in the background ignores Ctrl-C, and so do its children, unless they say otherwise.
HEARS_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
INTERRUPTIBLE = (sys.executable, "-c", f"{HEARS_CTRL_C}; from assistant.cli import main; main()")
CACHE = tempfile.TemporaryDirectory(prefix="vouched-cache-")  # the judgements of all tests


@dataclass(frozen=True)
class Called:
    """What a call gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        (line,) = self.lines
        return line

    @property
    def lines(self) -> list[Any]:
        """The JSON objects on standard output, one a line; anything else there raises."""
        return [json.loads(line) for line in self.out.removesuffix("\n").split("\n")]


def clean_environment(**more: str) -> dict[str, str]:
    """Give the environment without the settings of whoever runs the tests, and with no library of theirs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VOUCHED_", "OPENAI_"))}
    return {**kept, "XDG_DATA_HOME": str(HERE / "nowhere"), "VOUCHED_CACHE": CACHE.name, "COLUMNS": "80", **more}


def vouched(*arguments: object, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path = HERE) -> Called:
    """Call the command in this process. Its standard streams are ASCII, as under a locale without a language."""
    streams = [io.TextIOWrapper(io.BytesIO(data), encoding="ascii") for data in (stdin, b"", b"")]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        patch.setattr(sys, "argv", ["vouched", *map(str, arguments)])
        for name in set(os.environ) - set(environment := clean_environment(**(env or {}))):
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        with pytest.raises(SystemExit) as ended:
            main()
    texts = []
    for stream in streams[1:]:
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return Called(int(ended.value.code or 0), *texts)


def process(*arguments: object, program: tuple[str, ...] = ("-m", "assistant.cli"), **more: Any) -> Called:
    """Call the command as a process of its own; ``program`` is what Python runs."""
    done = subprocess.run(
        [sys.executable, *program, *map(str, arguments)],
        env=clean_environment(), cwd=HERE, check=False, **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more),
    )  # fmt: skip
    return Called(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


RECORDS = [
    {
        "title": '=HYPERLINK("http://example.org") considered harmful',
        "abstract": "We study formulas in tables.\nThey run 25.1\\% of the time } and {never & again.",
        "authors": ["Ada Lovelace", "Alan Turing"],
        "year": 2021,
        "venue": "@Journal of {Braces & Tables",
        "doi": "10.1000/182",
    },
    {
        "title": "Größe zählt: 量 von 数据 in Sprachmodellen 🧭",
        "abstract": "Sprachmodelle 🧭 wachsen — “25.1 % schneller”. We show that size matters for language models.",
        "year": 2023,
        "arxiv_id": "2301.00001",
    },
    {"title": "An undated study of walnut harvesting", "abstract": "Walnuts are harvested in autumn. Robots help with it."},
]
IDS = ["doi:10.1000/182", "arxiv:2301.00001", "an-undated-study-of-walnut-harvesting-6e915de9"]


def written(file: Path, records: list[dict[str, Any]]) -> Path:
    """Write records as JSONL."""
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return file


def small_library(folder: Path) -> Path:
    """Make a library of the three records above."""
    made = vouched("ingest", written(folder / "records.jsonl", RECORDS), "--library", folder / "library", "--json")
    assert (made.code, made.json["added"]) == (0, 3), made
    return folder / "library"
