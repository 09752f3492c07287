"""``vouched doctor``: what works on this machine and what does not, with the remedy."""

from __future__ import annotations

import importlib.util
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

import typer

from assistant.cli.options import JsonOption, LibraryOption, settings_from
from assistant.cli.output import console, write_json
from assistant.opening import load_embedder, load_reader, load_verifier, open_library
from assistant.settings import Settings
from ingestion.errors import VouchedError

Check = Callable[[Settings], str]


def doctor(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Check what works on this machine, and say the remedy for what does not.

    Example: vouched doctor --library ./library
    """
    settings = settings_from(context, library)
    results = []
    for name, check in CHECKS.items():
        try:
            results.append({"check": name, "ok": True, "detail": check(settings)})
        except (VouchedError, ImportError, OSError) as error:
            results.append({"check": name, "ok": False, "detail": str(error)})
    if as_json:
        write_json({"checks": results})
    else:
        for result in results:
            console().print(f"{'✓' if result['ok'] else '✗'} {result['check']}: {result['detail']}", soft_wrap=True)
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


def _python(_: Settings) -> str:
    return f"Python {platform.python_version()} on {platform.machine()} {platform.system()}"


def _embedder(settings: Settings) -> str:
    model = load_embedder(settings)
    return f"{model.model_name}, {len(model.get_text_embedding('a test'))} dimensions"


def _reader(settings: Settings) -> str:
    from assistant.reading import Abstract

    [reading] = load_reader(settings).read("What is tested?", [Abstract("A test", ("The reader is tested.",))])
    return f"{settings.reader or 'the packaged one'} reads: {reading.answered:.2f} for a test"


def _verifier(settings: Settings) -> str:
    from assistant.claims import Claim

    claim = Claim("The verifier is being tested.", ("This is a test of the verifier.",))
    [found] = load_verifier(settings).verify([claim])
    return f"{settings.verifier or 'the packaged one'} checks: {found.score:.2f} for a test"


def _stores(_: Settings) -> str:
    from ingestion.vectors import VectorStore
    from ingestion.words import Words

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        VectorStore(Path(folder) / "vectors")
        Words(Path(folder) / "words")
    return "Chroma and Tantivy open and write"


def _library(settings: Settings) -> str:
    return f"{open_library(settings).count()} papers in {settings.library}"


def _llm(settings: Settings) -> str:
    from assistant.llm import is_configured, load_llm

    if settings.llm == "extractive" or (settings.llm == "auto" and not is_configured(settings)):
        return (
            "none is set up: answers are extractive. Set OPENAI_BASE_URL or VOUCHED_MODEL, or VOUCHED_LLM=local, to use one"
        )
    if settings.llm == "local":
        return f"{load_llm(settings).metadata.model_name} in this process"
    return f"{load_llm(settings).metadata.model_name} at {settings.openai_base_url or 'OpenAI'}"


def _local(_: Settings) -> str:
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    return f"not installed ({', '.join(missing)}); pip install 'vouched[local]' adds it" if missing else "installed"


def _local_llm(_: Settings) -> str:
    from assistant.local import EXTRA, SMALL, installed, small_model

    runs, small = installed(), small_model()
    if not runs:
        return f"cannot be run; {EXTRA} adds what they need"
    there = f"{small.stem} is there: --llm local" if small else f"name one with --llm local --model, or {SMALL}"
    return f"run by {' and '.join(runs)}; {there}"


def _mcp(_: Settings) -> str:
    from assistant.api.tools import EXTRA

    return f"not installed; {EXTRA} adds it" if importlib.util.find_spec("mcp") is None else "installed: vouched serve --mcp"


CHECKS: dict[str, Check] = {
    "Python": _python,
    "Embedder": _embedder,
    "Reader": _reader,
    "Verifier": _verifier,
    "Stores": _stores,
    "Library": _library,
    "Language model": _llm,
    "Hugging Face models (optional)": _local,
    "Local language models (optional)": _local_llm,
    "MCP server (optional)": _mcp,
}
