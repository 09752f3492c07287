"""Judges by name and version, and the cache of what they said: exact, shared by processes, and never in the way."""

from __future__ import annotations

import json
import logging
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from assistant.claims import Claim, Verified
from assistant.entailment import PACKAGED_VERIFIER
from assistant.inference import ModelError
from assistant.settings import Settings
from evals.judges import judge as judges
from evals.judges.cache import TOGETHER, CachedVerifier, cache_file, cache_folder
from evals.judges.judge import Finding, Judge, as_finding, load_judge

QUOTE = "Zorbex lowers the cost of training by 40% on twelve benchmarks."


class Counting:
    """Says something of its own of each claim, and counts what it was asked; ``until`` calls it is well."""

    def __init__(self, until: int = 1_000_000) -> None:
        self.claims: list[Claim] = []
        self.until = until

    def load(self) -> None:
        pass

    def verify(self, claims: Sequence[Claim]) -> list[Verified]:
        if len(self.claims) >= self.until:
            raise KeyboardInterrupt
        self.claims += claims
        return [self.of(claim) for claim in claims]

    @staticmethod
    def of(claim: Claim) -> Finding:
        score = 1 / (3 + len(claim.text))
        return Finding("unsupported", score, 0.1 + 0.2, ("number", "name"), f"„{claim.text}“", score / 7, 1)


def counting(version: str = "1", until: int = 1_000_000) -> tuple[Judge, Counting]:
    verifier = Counting(until)
    return Judge("counting", version, verifier), verifier


def claims(count: int) -> list[Claim]:
    return [Claim(f"Claim {number}.", (QUOTE,), ("A title",)) for number in range(count)]


def settings() -> Settings:
    return Settings(_env_file=None)  # type: ignore[call-arg]


def test_what_was_judged_is_given_back_exactly_and_asked_once(tmp_path: Path) -> None:
    judge, verifier = counting()
    odd = [*claims(3), Claim("Lone \ud800 half, 量 🧭", (QUOTE, "x"), ("", "t"))]
    first = CachedVerifier(judge, tmp_path / "new" / "cache.sqlite")
    found = first.verify([*odd, odd[0]])
    assert found == [Counting.of(claim) for claim in [*odd, odd[0]]]
    assert (first.asked, first.hits, len(verifier.claims)) == (4, 1, 4)
    first.close()
    second = CachedVerifier(judge, tmp_path / "new" / "cache.sqlite")
    assert second.verify(odd[::-1]) == found[3::-1]
    assert (second.asked, second.hits, len(verifier.claims)) == (0, 4, 4)


@pytest.mark.parametrize(
    "other",
    [Claim("Claim 1", (QUOTE,), ("A title",)), Claim("Claim 0.", (QUOTE,)), Claim("Claim 0.", (QUOTE, ""), ("A title", ""))],
    ids=["text", "titles", "quotes"],
)
def test_another_text_is_another_claim(tmp_path: Path, other: Claim) -> None:
    judge, verifier = counting()
    CachedVerifier(judge, tmp_path / "cache.sqlite").verify(claims(1))
    CachedVerifier(judge, tmp_path / "cache.sqlite").verify([other])
    assert verifier.claims == [*claims(1), other]


def test_another_version_or_judge_is_asked_anew(tmp_path: Path) -> None:
    for judge in (counting("1")[0], counting("2")[0], Judge("another", "1", Counting())):
        asking = CachedVerifier(judge, tmp_path / "cache.sqlite")
        asking.verify(claims(2))
        assert (asking.asked, asking.hits) == (2, 0)


def test_a_run_that_is_stopped_loses_no_more_than_a_batch(tmp_path: Path) -> None:
    stopped, before = counting(until=2 * TOGETHER)
    with pytest.raises(KeyboardInterrupt):
        CachedVerifier(stopped, tmp_path / "cache.sqlite").verify(claims(3 * TOGETHER))
    judge, after = counting()
    CachedVerifier(judge, tmp_path / "cache.sqlite").verify(claims(3 * TOGETHER))
    assert before.claims + after.claims == claims(3 * TOGETHER)


def test_two_processes_share_a_file(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from assistant.claims import Claim
from assistant.settings import Settings
from evals.judges.cache import CachedVerifier
from evals.judges.judge import load_judge
asking = CachedVerifier(load_judge("lexical", Settings()), Path(sys.argv[1]))
for number in range(200):
    asking.verify([Claim(f"{sys.argv[2]} {number} is here.", ("Who is here?",))])
asking.close()
"""
    file = tmp_path / "cache.sqlite"
    command = [sys.executable, "-W", "error", "-c", program, str(file)]
    both = [subprocess.Popen([*command, name], stderr=subprocess.PIPE, text=True) for name in ("Ann", "Bob")]
    assert [(process.communicate()[1], process.returncode) for process in both] == [("", 0), ("", 0)]
    asking = CachedVerifier(load_judge("lexical", settings()), file)
    asking.verify([Claim(f"{name} {n} is here.", ("Who is here?",)) for name in ("Ann", "Bob") for n in range(200)])
    assert (asking.asked, asking.hits) == (0, 400)


def damaged(file: Path) -> None:
    file.write_bytes(b"This is no database. " * 500)


def half_overwritten(file: Path) -> None:
    filling = CachedVerifier(counting()[0], file)
    filling.verify(claims(300))
    filling.close()
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def a_folder(file: Path) -> None:
    file.mkdir()


def of_something_else(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE judgements (a, b)")


@pytest.mark.parametrize("spoil", [damaged, half_overwritten, a_folder, of_something_else])
def test_a_file_that_cannot_be_used_is_warned_of_once_and_done_without(
    tmp_path: Path, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "cache.sqlite"
    spoil(file)
    judge, _ = counting()
    asking = CachedVerifier(judge, file)
    with caplog.at_level(logging.WARNING):
        assert asking.verify(claims(70)) == [Counting.of(claim) for claim in claims(70)]
        asking.verify(claims(1))
    asking.close()
    (warning,) = caplog.messages
    for said in (str(file), "going on without it", "VOUCHED_CACHE"):
        assert said in warning


def test_a_file_that_is_held_or_may_not_be_written_is_done_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    judge, verifier = counting()
    CachedVerifier(judge, tmp_path / "cache.sqlite").verify(claims(1))
    holding = sqlite3.connect(tmp_path / "cache.sqlite", isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")
    asking = CachedVerifier(judge, tmp_path / "cache.sqlite", patience_s=0.05)
    assert len(asking.verify(claims(2))) == 2
    assert (asking.hits, asking.asked) == (1, 1)  # it may still be read
    assert "locked" in caplog.messages[0]
    holding.close()
    (tmp_path / "file").write_text("")
    assert len(CachedVerifier(judge, tmp_path / "file" / "cache.sqlite").verify(claims(1))) == 1
    assert "file/cache.sqlite" in caplog.messages[1]
    assert len(verifier.claims) == 3


@pytest.mark.parametrize("row", ["{", "[]", "{}", '{"verdict": "maybe", "score": 1.0, "alarms": []}', '{"alarms": 3}'])
def test_a_stored_row_that_is_damaged_is_asked_for_again(tmp_path: Path, row: str) -> None:
    judge, verifier = counting()
    CachedVerifier(judge, tmp_path / "cache.sqlite").verify(claims(1))
    with sqlite3.connect(tmp_path / "cache.sqlite") as db:
        db.execute("UPDATE judgements SET found = ?", [row])
    for _ in range(2):
        assert CachedVerifier(judge, tmp_path / "cache.sqlite").verify(claims(1)) == [Counting.of(claims(1)[0])]
    assert len(verifier.claims) == 2


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VOUCHED_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_file() == tmp_path / "vouched" / "judgements.sqlite"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "vouched"
    monkeypatch.setenv("VOUCHED_CACHE", str(tmp_path / "mine"))
    assert cache_file() == tmp_path / "mine" / "judgements.sqlite"


def test_judges_have_names_and_versions_of_their_own() -> None:
    found = [load_judge(name, settings()) for name in (None, "packaged", "lexical")]
    assert [judge.name for judge in found] == ["packaged", "packaged", "lexical"]
    assert found[0].version == found[1].version != found[2].version
    assert not any(judge.advisory for judge in found)
    chosen = Settings(verifier="lexical", _env_file=None)  # type: ignore[call-arg]
    assert load_judge(None, chosen).version == found[2].version
    assert load_judge("packaged", chosen).version == found[0].version
    said = found[2].verifier.verify([Claim(QUOTE, (QUOTE,))])[0]
    assert as_finding(said) == Finding("supported", 1.0)


def test_the_packaged_version_follows_its_files_and_its_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_judge("packaged", settings()).version
    with monkeypatch.context() as patch:
        patch.setattr(judges, "READING", judges.READING[1:])
        assert load_judge("packaged", settings()).version.split("-")[0] == before.split("-")[0]
        assert load_judge("packaged", settings()).version != before
    sums = json.loads((PACKAGED_VERIFIER / "checksums.json").read_text())
    (tmp_path / "checksums.json").write_text(json.dumps({**sums, "verifier.onnx": "0" * 64}))
    monkeypatch.setattr("assistant.entailment.PACKAGED_VERIFIER", tmp_path)
    assert load_judge("packaged", settings()).version != before
    (tmp_path / "checksums.json").unlink()
    with pytest.raises(ModelError, match="Install Vouched again"):
        load_judge("packaged", settings())


def test_a_model_in_a_folder_has_the_version_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"1")
    before = load_judge(str(tmp_path), settings())
    assert (before.name, before.version) == (str(tmp_path), load_judge(str(tmp_path), settings()).version)
    (tmp_path / "model.safetensors").write_bytes(b"12")
    assert load_judge(str(tmp_path), settings()).version != before.version


def test_a_model_that_was_fetched_has_the_version_of_its_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    kept = tmp_path / "models--some--nli"
    for revision in ("a" * 40, "b" * 40):
        (kept / "snapshots" / revision).mkdir(parents=True)
        (kept / "snapshots" / revision / "config.json").write_text("{}")
        (kept / "refs").mkdir(exist_ok=True)
        (kept / "refs" / "main").write_text(revision)
        assert load_judge("some/nli", settings()).version.startswith(revision[:12])
