"""``vouched check --pairs`` and ``vouched eval judge``: claims held against a text, and the judge held against labels."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pytest
from command import vouched

from assistant.claims import Claim, Verified
from evals.errors import SuiteError
from evals.judges.measuring import Pair, agreement, judge, read_pairs

SOURCE = "The engine burns iron pellets. It reaches 900 degrees at sea level."


class Oracle:
    """Says of a statement the number that it is."""

    def load(self) -> None:
        pass

    def verify(self, claims: Sequence[Claim]) -> list[Verified]:
        scores = [float(claim.text) for claim in claims]
        return [Verified("supported" if x >= 0.5 else "undetermined" if x > 0.3 else "unsupported", x) for x in scores]


def labelled(*rows: tuple[float, bool]) -> list[Pair]:
    return [Pair("", str(score), supported, "one") for score, supported in rows]


def test_pairs_are_checked_in_order_and_bad_lines_in_their_place(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "claim": "It reaches 900 degrees at sea level.", "source": SOURCE},
        {"id": "b", "claim": "It reaches 700 degrees at sea level.", "source": SOURCE},
        {"id": "c", "claim": "No source."},
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    called = vouched("check", "--pairs", file, "--json")
    first, second, third = called.lines
    assert called.code == 0
    assert first == {"id": "a", "verdict": "supported", "score": 1.0, "contradicted": 0.0, "alarms": []}
    assert (second["id"], second["alarms"]) == ("b", ["number"])
    assert second["verdict"] != "supported"
    assert second["score"] < 0.5
    assert (third["id"], third["error"]["type"]) == ("c", "QuestionError")
    told = vouched("check", "--pairs", "-", stdin=file.read_bytes())
    assert "✓ supported (1.00)" in told.out


def test_no_pairs_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("\n")
    called = vouched("check", "--pairs", tmp_path / "none.jsonl", "--json")
    assert (called.code, called.json["error"]["type"]) == (2, "QuestionError")


def test_a_judge_is_measured_as_worked_out_by_hand() -> None:
    # Of the supported 2 of 3 are at one half or above; of the others 3 of 4 are below: (2/3 + 3/4) / 2.
    pairs = labelled((0.9, True), (0.7, True), (0.4, True), (0.6, False), (0.2, False), (0.1, False), (0.0, False))
    seen: list[int] = []
    found = judge(Oracle(), pairs, seen.append)["one"]
    assert seen == [7]
    assert found.balanced_accuracy == pytest.approx((2 / 3 + 3 / 4) / 2)
    assert found.auc == pytest.approx(11 / 12)  # of the twelve couples only 0.4 against 0.6 is the wrong way round
    assert (found.pairs, found.supported, found.undetermined) == (7, 3, pytest.approx(1 / 7))
    # Each score has a bin of its own, the supported ones off by 0.1, 0.3, 0.6, the others by 0.6, 0.2, 0.1, 0.
    assert found.calibration_error == pytest.approx(1.9 / 7)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.balanced_accuracy <= found.high


def test_a_source_of_one_class_has_no_accuracy() -> None:
    found = judge(Oracle(), [*labelled((0.9, True)), Pair("", "0.1", False, "two")], lambda _: None)
    assert (found["one"].balanced_accuracy, found["one"].auc) == (None, None)
    assert found["all"].balanced_accuracy == 1.0


def test_scores_that_are_equal_count_half() -> None:
    assert judge(Oracle(), labelled((0.5, True), (0.5, False)), lambda _: None)["one"].auc == 0.5


def said(*supported: int) -> list[Verified]:
    return [Verified("supported", 0.9) if yes else Verified("unsupported", 0.2) for yes in supported]


def test_agreement_is_as_worked_out_by_hand() -> None:
    pairs = [Pair("", "", n < 4, "one") for n in range(8)]  # four are supported, then four are not
    a, b = said(1, 1, 1, 0, 0, 0, 1, 0), said(1, 1, 0, 0, 0, 0, 0, 1)
    found = agreement(a, b, pairs)["one"]
    # They say the same of five in eight. A says yes of 4/8, B of 3/8: by chance they would of 1/2 * 3/8 + 1/2 * 5/8 = 1/2.
    assert (found.pairs, found.agreement, found.kappa) == (8, 5 / 8, pytest.approx((5 / 8 - 1 / 2) / (1 - 1 / 2)))
    # A is right of 3 in 4 of both sorts, B of 2 in 4 and of 3 in 4.
    assert found.difference == pytest.approx((2 / 4 + 3 / 4) / 2 - 3 / 4)
    assert found.low is not None
    assert found.high is not None
    assert -1 < found.low < found.difference < found.high < 1
    back = agreement(b, a, pairs)["one"]
    assert (back.kappa, back.difference) == (pytest.approx(found.kappa), pytest.approx(-found.difference))
    assert (back.low, back.high) == (pytest.approx(-found.high), pytest.approx(-found.low))


def test_the_difference_is_of_the_same_pairs_and_its_ends_are_exact() -> None:
    pairs = [Pair("", "", n % 2 == 0, "one") for n in range(20)]
    right, wrong, some = said(*([1, 0] * 10)), said(*([0, 1] * 10)), said(*([1, 1, 0, 0] * 5))
    same = agreement(some, some, pairs)["all"]  # drawn apart, these would differ by chance
    assert (same.agreement, same.kappa, same.difference, same.low, same.high) == (1, 1, 0, 0, 0)
    worse = agreement(right, wrong, pairs)["all"]
    assert (worse.agreement, worse.kappa, worse.difference, worse.low, worse.high) == (0, -1, -1, -1, -1)


def test_what_is_not_defined_is_said_to_be_none() -> None:
    pairs = [Pair("", "", True, "one"), Pair("", "", True, "one"), Pair("", "", False, "two")]
    found = agreement(said(1, 1, 0), said(1, 1, 1), pairs)
    assert (found["one"].kappa, found["one"].difference, found["one"].low) == (None, None, None)
    assert (found["two"].kappa, found["two"].difference) == (0.0, None)
    assert found["all"].difference == -0.5


@pytest.fixture
def engines(tmp_path: Path) -> Path:
    rows = [
        {"premise": SOURCE, "hypothesis": "The engine burns iron pellets.", "label": "entailment", "source": "engines"},
        {"premise": SOURCE, "hypothesis": "The engine burns wood.", "label": "contradiction", "source": "engines"},
    ]
    file = tmp_path / "pairs.jsonl.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return file


def test_the_command_reads_compressed_pairs(engines: Path, tmp_path: Path) -> None:
    env = {"VOUCHED_CACHE": str(tmp_path / "cache")}
    for name, options in {"packaged": (), "lexical": ("--judge", "lexical")}.items():
        told = vouched("eval", "judge", engines, *options, "--json", env=env).json
        assert told["judge"] == name
        assert set(told) == {"judge", "sources"}
        assert told["sources"]["engines"]["balanced_accuracy"] == 1.0
    again = vouched("eval", "judge", engines, env=env)
    assert "engines" in again.out
    assert "Calibration of packaged on all pairs" in again.out
    assert "2 of 2 judgements were known already" in again.err
    assert "known already" not in vouched("eval", "judge", engines, "--no-cache", env=env).err


def test_without_a_cache_nothing_is_stored(engines: Path, tmp_path: Path) -> None:
    env = {"VOUCHED_CACHE": str(tmp_path / "cache")}
    assert vouched("eval", "judge", engines, "--judge", "lexical", "--no-cache", env=env).code == 0
    assert not (tmp_path / "cache").exists()


def test_several_judges_are_compared_in_couples(engines: Path, tmp_path: Path) -> None:
    env = {"VOUCHED_CACHE": str(tmp_path / "cache")}
    names = ("packaged", "lexical")
    options = [option for name in (*names, "lexical") for option in ("--judge", name)]
    told = vouched("eval", "judge", engines, *options, "--json", env=env).json
    assert [one["judge"] for one in told["judges"]] == list(names)
    assert [(one["a"], one["b"]) for one in told["comparison"]] == list(combinations(names, 2))
    assert told["comparison"][0]["sources"]["engines"] == {
        "pairs": 2, "agreement": 1.0, "kappa": 1.0, "difference": 0.0, "low": 0.0, "high": 0.0,
    }  # fmt: skip
    shown = vouched("eval", "judge", engines, *options, env=env).out
    assert "A: packaged, B: lexical" in shown
    assert "kappa" in shown


def test_repeats_without_a_language_model_are_a_wrong_call(engines: Path) -> None:
    called = vouched("eval", "judge", engines, "--judge", "lexical", "--repeats", "3", "--json")
    assert called.code == 2
    assert "--judge llm" in called.json["error"]["message"]


def test_a_judge_that_is_not_there_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text('{"premise": "a", "hypothesis": "b", "label": "neutral"}\n')
    called = vouched("eval", "judge", tmp_path / "pairs.jsonl", "--judge", tmp_path / "none", "--json")
    assert (called.code, called.json["error"]["type"]) == (1, "ModelError")


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense\n", b'{"premise": "a", "hypothesis": "b", "label": "maybe"}\n', b"[1]\n", b"\x1f\x8bcut", b"\xff\xfe"],
)
def test_bad_pairs_are_refused_with_their_place(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_bytes(content)
    with pytest.raises(SuiteError, match=r"pairs\.jsonl"):
        read_pairs([file])
    assert vouched("eval", "judge", file).code == 1
