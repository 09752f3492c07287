"""``vouched check --pairs`` and ``vouched eval judge``: claims held against a text, and the judge held against labels."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from command import vouched

from assistant.claims import Claim, Verified
from evals.errors import SuiteError
from evals.judging import Pair, judge, read_pairs

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


def test_the_command_reads_compressed_pairs(tmp_path: Path) -> None:
    rows = [
        {"premise": SOURCE, "hypothesis": "The engine burns iron pellets.", "label": "entailment", "source": "engines"},
        {"premise": SOURCE, "hypothesis": "The engine burns wood.", "label": "contradiction", "source": "engines"},
    ]
    file = tmp_path / "pairs.jsonl.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    for name, options in {"packaged": (), "lexical": ("--judge", "lexical")}.items():
        told = vouched("eval", "judge", file, *options, "--json").json
        assert told["judge"] == name
        assert told["sources"]["engines"]["balanced_accuracy"] == 1.0
    assert "engines" in vouched("eval", "judge", file).out


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
