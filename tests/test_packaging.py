"""The wheel holds all that the package needs, and nothing in the repository leans on the machine it was written on."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("assistant", "ingestion", "prompts", "evals")
PAGE_ASSETS = ("colours.css", "favicon.svg", "layout.css", "page.js", "reading.css")
MAPPINGS = ("bioasq", "cranfield", "csv", "litqa2", "pubmedqa", "scifact", "scifact-retrieval", "scitldr")
DATA = (
    "prompts/answer.v2.jinja",
    "prompts/parts/evidence.jinja",
    "prompts/parts/form.jinja",
    "prompts/repair.v2.jinja",
    "ingestion/samples/papers-page.txt",
    "ingestion/samples/injected-papers.txt",
    "ingestion/samples/attacked-papers.jsonl",
    *(f"assistant/planted/rules/{name}.toml" for name in ("english", "foreign", "marks")),
    *(f"assistant/ui/static/{name}" for name in PAGE_ASSETS),
    "assistant/guard/login.html",
    *(
        f"ingestion/models/all-minilm-l6-v2/{name}"
        for name in ("model.onnx", "words.json", "tokenizer.json", "checksums.json")
    ),
    *(f"assistant/models/reader/{name}" for name in ("reader.onnx", "calibration.json", "checksums.json", "README.md")),
    *(f"assistant/models/verifier/{name}" for name in ("verifier.onnx", "calibration.json", "checksums.json", "README.md")),
    "assistant/models/train/config.toml",
    "assistant/models/train/verifier-card.md.jinja",
    "assistant/models/train/reader-card.md.jinja",
    "evals/suites/page.yaml",
    "evals/suites/page-test.yaml",
    "evals/suites/false-premise.yaml",
    "evals/suites/injection.yaml",
    "evals/suites/attacks.yaml",
    "evals/suites/robustness.yaml",
    "evals/suites/schema.json",
    *(f"evals/mappings/{name}.yaml" for name in MAPPINGS),
    "evals/report/report.html.jinja",
    "assistant/exporting/page.css",
    "assistant/exporting/page.html.jinja",
    "prompts/judge.v1.jinja",
    "prompts/tune.v1.jinja",
    *(f"{room}/py.typed" for room in ROOMS),
)
# Not for users.
TRAINING_DATA = {f"assistant/models/data/{name}.jsonl.gz" for name in ("reader-questions", "statements", "claims")}
BUILT = {
    ".env",
    "__pycache__",
    "build",
    "dist",
    ".git",
    ".venv",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
}
# A place outside the project that this text names as if every machine had it; a URL's path has a host before it.
PLACE = re.compile(r"(?<![\w.:/~*$}])/(work|tmp|home|root|Users|mnt)/")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """Build the wheel from a copy of the tree, so that nothing is left in the tree itself."""
    folder = tmp_path_factory.mktemp("wheel")
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / "tree" / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "tree")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps", "--no-build-isolation"]
    built = subprocess.run([*pip, "-w", str(folder), str(folder / "tree")], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (file,) = folder.glob("vouched-*.whl")
    with zipfile.ZipFile(file) as opened:
        yield opened


@pytest.mark.parametrize("name", DATA)
def test_the_wheel_holds_the_data_as_it_is_in_the_tree(name: str, wheel: zipfile.ZipFile) -> None:
    assert wheel.read(name) == (ROOT / name).read_bytes()


def test_the_wheel_holds_every_file_of_the_rooms_and_no_other(wheel: zipfile.ZipFile) -> None:
    tree = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and not BUILT & set(path.relative_to(ROOT).parts)
    } - TRAINING_DATA
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == tree


def test_the_wheel_brings_the_command_its_licence_and_its_version(wheel: zipfile.ZipFile) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = f"vouched-{project['version']}.dist-info"
    assert "vouched = assistant.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()
    assert "eval = evals.cli:app" in wheel.read(f"{info}/entry_points.txt").decode()
    assert wheel.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    needs = wheel.read(f"{info}/METADATA").decode().split("\n\n")[0]
    assert not re.search(r"^Requires-Dist: (torch|transformers)(?!.*extra ==)", needs, re.MULTILINE)


def test_the_installed_package_has_its_commands() -> None:
    assert {command.name for command in entry_points(group="vouched.commands")} >= {"eval"}
    assert {script.value for script in entry_points(group="console_scripts", name="vouched")} == {"assistant.cli:main"}


def test_no_file_names_a_place_of_the_machine_it_was_written_on() -> None:
    named = []
    for path in sorted(ROOT.rglob("*")):
        place = path.relative_to(ROOT)
        if not path.is_file() or BUILT & set(place.parts) or place.parts[0] in {"tests", "library", "runs", "bench"}:
            continue
        content = path.read_bytes()
        if b"\0" not in content[:4096]:
            lines = content.decode(errors="replace").split("\n")
            named += [
                f"{place}:{number}: {line[:120]}" for number, line in enumerate(lines, 1) if PLACE.search(line[:10_000])
            ]
    assert named == []
