"""The verifier tells support from its look-alikes; its alarms are plain; its verdict and its score never disagree."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from assistant.alarms import alarms
from assistant.answer import Alarm, Verdict
from assistant.claims import Claim
from assistant.cross_encoder import CrossEncoderEntailment
from assistant.entailment import PACKAGED_VERIFIER, Logits, Pair
from assistant.inference import ModelError
from assistant.lexical import LexicalVerifier
from assistant.models.train.reader_data import lines
from assistant.models.train.verifier_data import STATEMENTS, kept_apart
from assistant.opening import load_verifier
from assistant.settings import Settings
from assistant.verifying import WINDOW, Calibration, Margins, ModelVerifier, PackagedVerifier, weighed, windows
from ingestion.embedding import PACKAGED_FOLDER

QUOTE = "Zorbex lowers the cost of training by 40% on twelve benchmarks and needs no labelled data."


@pytest.fixture(scope="module")
def verifier() -> PackagedVerifier:
    return PackagedVerifier()


class Scripted:
    """Says of a text what is written in it: entails where it holds "yes", contradicts where it holds "no"."""

    def load(self) -> None:
        pass

    def logits(self, pairs: Sequence[Pair]) -> Logits:
        said = {"yes": (4.0, 0.0, 0.0), "no": (0.0, 0.0, 4.0)}
        return np.array([next((v for k, v in said.items() if k in text), (0.0, 4.0, 0.0)) for _, text in pairs], np.float32)


EASY = [  # a right statement beside a wrong one made of its words
    (QUOTE, "Training becomes 40% cheaper with Zorbex.", "Training becomes 14% cheaper with Zorbex."),
    (
        "Participants who slept less than six hours a night made more errors in the memory task.",
        "Those who slept less made more errors in the memory task.",
        "Those who slept less made fewer errors in the memory task.",
    ),
    (
        "We introduce a dataset of annotated X-ray images collected in five hospitals.",
        "The X-ray images of the dataset come from five hospitals.",
        "The X-ray images of the dataset come from fifty hospitals.",
    ),
]


@pytest.mark.parametrize(("quote", "right", "wrong"), EASY)
def test_a_right_statement_is_supported_and_its_look_alike_is_not(
    verifier: PackagedVerifier, quote: str, right: str, wrong: str
) -> None:
    good, bad, beside = verifier.verify([Claim(text, (quote,)) for text in (right, wrong, "Cats sleep on warm roofs.")])
    assert (good.verdict, beside.verdict) == ("supported", "unsupported")
    assert bad.verdict != "supported"
    assert good.score > bad.score > beside.score


def test_statements_over_papers_it_never_saw_are_told_apart(verifier: PackagedVerifier) -> None:
    # Statements of the project's own data over the papers that training leaves out; chance is one half.
    said = [
        (Claim(item["text"], (" ".join(row["sentences"]),)), item["label"] == "entailed")
        for row in lines(STATEMENTS)
        if kept_apart(row["id"])
        for item in row["statements"]
    ]
    found = verifier.verify([claim for claim, _ in said])
    assert len(said) > 300
    assert roc_auc_score([truth for _, truth in said], [verified.score for verified in found]) > 0.72


def test_verbatim_words_need_no_reading_and_nothing_is_supported_by_nothing() -> None:
    found = ModelVerifier(Scripted()).verify([Claim(QUOTE.upper(), ("no", QUOTE)), Claim(QUOTE, ()), Claim("?!", (QUOTE,))])
    assert [(item.verdict, item.score) for item in found] == [("supported", 1.0), ("unsupported", 0.0), ("unsupported", 0.0)]


def test_in_a_long_text_the_best_window_counts() -> None:
    filler = "Something else is told here at some length. " * 100
    yes, no, neither, first = ModelVerifier(Scripted()).verify(
        [
            Claim("It is told at some length.", (text,))
            for text in (f"{filler} It is yes.", f"{filler} It is no.", filler, f"yes. {filler}")
        ]
    )
    assert [yes.verdict, no.verdict, neither.verdict, first.verdict] == [
        "supported",
        "unsupported",
        "unsupported",
        "supported",
    ]
    assert no.contradicted > 0.5 > max(yes.contradicted, neither.contradicted)


def test_windows_hold_every_sentence_overlap_and_keep_to_their_length() -> None:
    sentences = [f"Sentence number {n} says something about the matter." for n in range(200)]
    found = windows(Claim("x", (" ".join(sentences),)))
    assert all(any(sentence in window for window in found) for sentence in sentences)
    assert max(map(len, found)) <= WINDOW
    assert all(set(one.split(". ")) & set(two.split(". ")) for one, two in pairwise(found))
    assert "".join(windows(Claim("x", ("a" * 5_000,)))) == "a" * 5_000  # no sentence to cut at


def test_a_papers_title_stands_before_its_first_quote() -> None:
    claim = Claim("x", ("One.", "Two.", "Three."), ("A", "A", "B"))
    assert windows(claim) == ["A. One. Two. B. Three."]


@pytest.mark.parametrize(
    ("statement", "heard"),
    [
        ("Zorbex makes training 40% cheaper.", ()),
        ("Zorbex was tried on 12 benchmarks.", ()),
        ("Zorbex makes training 41% cheaper.", ("number",)),
        ("Zorbex needs 1,000 labels.", ("number", "negation")),
        ("Training with Qorvex costs less, without any labelled data.", ("name",)),
        ("Zorbex needs labelled data.", ("negation",)),
        ("Zorbex raises the cost of training and needs no labelled data.", ()),
    ],
)
def test_alarms_name_what_the_quote_does_not_say(statement: str, heard: tuple[Alarm, ...]) -> None:
    found = alarms(statement, [QUOTE])
    assert [name for name in found if name != "negation"] == [name for name in heard if name != "negation"]
    if "negation" in heard:
        assert "negation" in found


def test_the_direction_alarm_needs_the_opposite_word_in_the_source() -> None:
    assert alarms("Accuracy is lower.", ["Accuracy is higher."]) == ("direction",)
    assert alarms("Accuracy is lower.", ["Accuracy is higher in A and lower in B."]) == ()
    assert alarms("Accuracy is lower.", ["Accuracy dropped."]) == ()


@pytest.mark.parametrize(
    ("margins", "heard", "verdict"),
    [
        (Margins(2.0, -2.0), (), "supported"),
        (Margins(0.0, 0.0), (), "supported"),
        (Margins(-0.5, 0.0), (), "undetermined"),
        (Margins(-3.0, 3.0), (), "unsupported"),
        (Margins(1.0, 0.0), ("direction",), "undetermined"),
        (Margins(9.0, 0.0), ("number",), "undetermined"),  # whatever the network says
    ],
)
def test_what_is_neither_probable_nor_improbable_is_undetermined(
    margins: Margins, heard: tuple[Alarm, ...], verdict: Verdict
) -> None:
    known = Calibration(alarms=(("direction", -1.5),), undetermined=0.25)
    assert weighed(margins, heard, known).verdict == verdict


def test_a_score_of_one_half_means_supported_whatever_is_compared(verifier: PackagedVerifier) -> None:
    chance = random.Random(11)  # noqa: S311 (no secret)
    words = [
        "no",
        "Zorbex",
        "3",
        "3.5%",
        "lowers",
        "cost",
        "raises",
        ".",
        "“",
        "",
        "é",
        "not",
        "[1]",
        "\ud800",
        "\x00",
        "a" * 900,
    ]

    def text() -> str:
        return " ".join(chance.choices(words, k=chance.randrange(12)))

    claims = [Claim(text(), tuple(text() for _ in range(chance.randrange(3)))) for _ in range(300)]
    for found in verifier.verify(claims):
        assert 0 <= found.score <= 1
        assert 0 <= found.contradicted <= 1
        assert (found.score >= 0.5) == (found.verdict == "supported")


def test_a_batch_finds_what_each_alone_does(verifier: PackagedVerifier) -> None:
    claims = [Claim(text, (quote,)) for quote, *texts in EASY for text in texts]
    together = verifier.verify(claims)
    for claim, found in zip(claims, together, strict=True):
        [alone] = verifier.verify([claim])
        assert alone.score == pytest.approx(found.score, abs=0.03)
    assert verifier.verify([]) == []


@pytest.mark.parametrize("name", ["verifier.onnx", "calibration.json"])
def test_a_damaged_or_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(PACKAGED_VERIFIER, tmp_path / "verifier")
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"{name} is damaged"):
        PackagedVerifier(folder).load()
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"{name} cannot be read"):
        PackagedVerifier(folder).load()


def test_verifying_imports_no_torch() -> None:
    code = (
        "import sys; from assistant.verifying import *; v = PackagedVerifier(); assert 'openvino' not in sys.modules;"
        "v.verify([Claim('A cat sleeps.', ('The cat is asleep.',))]); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def made(folder: Path, classes: Sequence[str]) -> Path:
    """Make a small model of inference, untrained: what matters is that such a model can be used."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    torch.manual_seed(3)
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    names = dict(enumerate(classes))
    BertForSequenceClassification(BertConfig(id2label=names, **shape)).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_file=str(PACKAGED_FOLDER / "tokenizer.json"),
        pad_token="[PAD]",  # noqa: S106 (no password)
        cls_token="[CLS]",  # noqa: S106
        sep_token="[SEP]",  # noqa: S106
    ).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("classes", [("CONTRADICTION", "entailment", "Neutral"), ("not_entailment", "entailment")])
def test_a_hugging_face_model_takes_the_verifiers_place(tmp_path: Path, classes: Sequence[str]) -> None:
    folder = made(tmp_path / "model", classes)
    verifier = load_verifier(Settings(verifier=str(folder)))
    assert isinstance(verifier, ModelVerifier)
    verifier.load()
    [found] = verifier.verify([Claim("Training is cheap.", (QUOTE,))])
    logits = CrossEncoderEntailment(str(folder)).logits([("Training is cheap.", QUOTE)])[0]
    assert found.score == pytest.approx(np.exp(logits[0]) / np.exp(logits).sum(), abs=0.01)
    assert (found.contradicted < 0.01) == (len(classes) == 2)


def test_a_model_with_other_classes_or_none_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="none of natural language inference"):
        load_verifier(Settings(verifier=str(made(tmp_path / "odd", ("joy", "anger"))))).load()
    with pytest.raises(ModelError, match="VOUCHED_ALLOW_DOWNLOADS=1"):
        load_verifier(Settings(verifier=str(tmp_path / "none"))).load()


def test_the_settings_choose_the_verifier() -> None:
    assert isinstance(load_verifier(Settings()), PackagedVerifier)
    assert isinstance(load_verifier(Settings(verifier="lexical")), LexicalVerifier)


def test_the_calibration_that_is_packaged_is_sane() -> None:
    known = json.loads((PACKAGED_VERIFIER / "calibration.json").read_text(encoding="utf-8"))
    assert known["supported"][0] > 0
    assert known["contradicted"][0] > 0
    assert all(shift <= 0 for shift in known["alarms"].values())
    assert 0 < known["undetermined"] < 0.5
