"""Training: the whole of it on a handful of papers, killed and taken up again. How well it learns is measured elsewhere."""

from __future__ import annotations

import gzip
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch

from assistant.claims import Claim
from assistant.entailment import PACKAGED_VERIFIER
from assistant.models.train import __main__ as program
from assistant.models.train import calibrate, calibrate_verifier, loop
from assistant.models.train import reader as training
from assistant.models.train import verifier as verifying
from assistant.models.train.export import read_weights
from assistant.models.train.networks import ABSENT, ReaderNetwork, VerifierNetwork, encoder
from assistant.models.train.reader_data import OWN, Example, ReaderData, dev_examples, lines
from assistant.models.train.verifier_data import (
    CLAIMS,
    LABELS,
    STATEMENTS,
    Pair,
    dev_pairs,
    encoded,
    made_up,
    mixture,
    own_statements,
    public_pairs,
    written_pairs,
)
from assistant.packing import pack_reading, tokenizer, tokens
from assistant.reading import PACKAGED_READER, TOKENIZER, Abstract, PackagedReader
from assistant.verifying import Calibration, Margins, PackagedVerifier

ANIMALS = ("aardvark", "badger", "cormorant", "dolphin", "echidna", "flamingo", "gazelle", "hedgehog")
CPU = torch.device("cpu")


def paper(name: str) -> dict[str, Any]:
    sentences = [f"We followed a {name} for a year.", f"The {name} slept {len(name)} hours a day.", "It was never bored."]
    questions = [
        {
            "k": kind,
            "q": f"How long does the {name} sleep?",
            "e": [1],
            "a": "",
            "s": f"It sleeps {len(name)} h.",
            "w": "It never sleeps.",
        }
        for kind in ("fact", "method", "discovery")
    ]
    return {
        "id": name,
        "title": f"On the {name}",
        "sentences": sentences,
        "qa": questions,
        "u": [f"What does the {name} eat?"],
    }


def zipped(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder laid out as the real data."""
    folder = tmp_path_factory.mktemp("data")
    zipped(folder / "reader" / "train.jsonl.gz", [paper(name) for name in ANIMALS[:5]])
    zipped(folder / "reader" / "dev.jsonl.gz", [paper(name) for name in ANIMALS[5:]])
    pairs = [
        {"premise": f"The {name} sings.", "hypothesis": "It sings.", "label": label, "source": source}
        for name in ANIMALS
        for label in ("entailment", "neutral", "contradiction", "not_entailment")
        for source in ("snli", "untaken")
    ]
    zipped(folder / "grounding" / "train.jsonl.gz", pairs)
    zipped(folder / "grounding" / "dev.jsonl.gz", pairs)
    (folder / "scitldr").mkdir()
    zipped(folder / "scitldr" / "corpus.jsonl.gz", [{"_id": name, "text": f"The {name} sings."} for name in ANIMALS])
    summaries = "".join(json.dumps({"_id": f"{name}-0", "text": f"A {name} sings."}) + "\n" for name in ANIMALS)
    (folder / "scitldr" / "queries.jsonl").write_text(summaries)
    zipped(folder / "pubmedqa" / "dev.jsonl.gz", [{"id": "p1", "context": "A bird sang in the trial."}])
    pool = [{"id": f"p{i}", "title": f"Rock {i}", "abstract": f"Rock {i} is hard. It lies still."} for i in range(9)]
    zipped(folder / "arxiv" / "abstracts.jsonl.gz", pool)
    return folder


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Give the configuration of a run that is over in seconds."""
    monkeypatch.setattr("assistant.models.train.reader_data.OWN", tmp_path / "none")
    text = program.CONFIG.read_text(encoding="utf-8").replace("pool_papers = 3_000", "pool_papers = 5")
    settings = tomllib.loads(text)
    settings["reader"] |= {"tokens": 3_000, "batch_tokens": 512}
    return settings


def test_the_run_trains_exports_calibrates_and_describes(
    data: Path, tmp_path: Path, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "_settings", lambda _: config)
    out = tmp_path / "model"
    out.mkdir()
    program.train_reader(data, tmp_path / "work", out)
    reader = PackagedReader(out)
    [reading] = reader.read("How long does the ibis sleep?", [Abstract("On the ibis", ("It slept.", "It ate."))])
    assert 0 < reading.answered < 1
    network = ReaderNetwork(encoder(program._backbone(config), 0.0))
    network.load_state_dict(torch.load(tmp_path / "work" / "reader.pt"))
    sample = [example for of_paper in dev_examples(data / "reader" / "dev.jsonl.gz") for example in of_paper]
    expected = training.scores(network, sample, CPU)
    rows = list(lines(data / "reader" / "dev.jsonl.gz"))
    found = [
        reader.logits(question, [Abstract(row["title"], tuple(row["sentences"]))])[0]
        for row in rows
        for question in [*(qa["q"] for qa in row["qa"]), *row["u"]]
    ]
    for (answered, evidence), (wanted_evidence, wanted) in zip(found, expected, strict=True):
        assert answered == pytest.approx(wanted, abs=0.05)
        assert evidence == pytest.approx(wanted_evidence, abs=0.05)
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "3,000 tokens" in card
    assert f"{len(sample)} questions" in card


@pytest.fixture
def own_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a few statements and claims, some of them for measuring, in the place of the project's own."""
    said = [
        {"text": f"It {verb}.", "label": label, "e": [0]}
        for verb, label in (("sings", "entailed"), ("is silent", "contradicted"), ("dances", "neutral"))
    ]
    sentences = ["The bird sings.", "It lives in a wood."]
    statements = [{"id": f"s{n}", "title": "Birds", "sentences": sentences, "statements": said} for n in range(40)]
    claims = [{"id": f"c{n}", "genre": "news", "premise": f"Bird {n} sings.", "statements": said} for n in range(40)]
    claims.append({"id": "not-at-hand", "genre": "pubmed", "statements": said})
    claims.append({"id": "p1", "genre": "pubmed", "statements": said})
    for name, rows in (("STATEMENTS", statements), ("CLAIMS", claims)):
        zipped(tmp_path / "own" / name, rows)
        monkeypatch.setattr(f"assistant.models.train.verifier_data.{name}", tmp_path / "own" / name)
    monkeypatch.setattr("assistant.models.train.verifier_data.OWN", tmp_path / "none")


@pytest.mark.usefixtures("own_texts")
def test_the_verifier_is_trained_exported_calibrated_and_described(
    data: Path, tmp_path: Path, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "_settings", lambda _: config)
    config["verifier"] |= {"tokens": 9_000, "batch_tokens": 512}
    program.train_verifier(data, tmp_path / "work", tmp_path / "model")
    network = VerifierNetwork(encoder(program._backbone(config), 0.0)).eval()
    network.load_state_dict(torch.load(tmp_path / "work" / "verifier.pt"))
    pairs = dev_pairs(data, config["verifier"])[:9]
    expected = network(**verifying.tensors(encoded(pairs), CPU)).detach().numpy()
    verifier = PackagedVerifier(tmp_path / "model")
    found = verifier.model.logits([(pair.hypothesis, pair.premise) for pair in pairs])
    assert found == pytest.approx(expected, abs=0.05)
    [verified] = verifier.verify([Claim("It hums.", ("The bird sings.",))])
    assert 0 < verified.score < 1
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "9,000 tokens" in card
    assert all(f"| {source} |" in card for source in ("snli", "untaken", "written", "own-news", "own-statements", "mean"))


def test_training_goes_on_from_the_packaged_networks(config: dict[str, Any]) -> None:
    verifier = VerifierNetwork(encoder(program._backbone(config), 0.0)).eval()
    read_weights(verifier, PACKAGED_VERIFIER / "verifier.onnx")
    pairs = [("It sings.", "The bird sings in the wood."), ("It never sings.", "The bird sings."), ("A", "B")]
    spelt = encoded([Pair(premise, said, 0, "") for said, premise in pairs])
    wanted = PackagedVerifier().model.logits(pairs)
    assert verifier(**verifying.tensors(spelt, CPU)).detach().numpy() == pytest.approx(wanted, abs=0.1)
    reader = ReaderNetwork(encoder(program._backbone(config), 0.0)).eval()
    read_weights(reader, PACKAGED_READER / "reader.onnx")
    abstract = Abstract("On the ibis", ("The ibis slept nine hours.", "It ate snails."))
    [(answered, evidence)] = PackagedReader().logits("How long did the ibis sleep?", [abstract])
    asked, *ids = tokens(tokenizer(TOKENIZER), ["How long did the ibis sleep?", abstract.title, *abstract.sentences])
    example = Example(pack_reading(asked, ids[0], ids[1:]), (), "fact")
    [(found_evidence, found_answered)] = training.scores(reader, [example], CPU)
    assert found_answered == pytest.approx(answered, abs=0.1)
    assert found_evidence == pytest.approx(evidence, abs=0.1)
    with pytest.raises(ValueError, match="holds no"):
        read_weights(reader, PACKAGED_VERIFIER / "verifier.onnx")


@pytest.mark.usefixtures("own_texts")
def test_the_first_epoch_is_broad_and_what_is_measured_is_never_learnt(data: Path, config: dict[str, Any]) -> None:
    settings = config["verifier"]
    broad, close = mixture(data, settings, 0), mixture(data, settings, 1)
    own = {"own-news", "own-pubmed", "own-statements"}
    assert not own & {pair.source for pair in broad}
    assert own <= {pair.source for pair in close}
    measured = {(pair.premise, pair.hypothesis) for pair in dev_pairs(data, settings) if pair.source == "own-news"}
    assert measured
    assert not measured & {(pair.premise, pair.hypothesis) for pair in close}
    assert any(pair.premise.startswith("Birds. ") for pair in close)  # with the title, and without
    assert any(pair.premise.startswith("The bird") for pair in close)


def test_calibration_learns_what_an_alarm_is_worth_and_where_it_cannot_tell() -> None:
    import numpy as np

    chance = np.random.default_rng(3)
    items = []
    for number in range(600):
        label = number % 3
        margin = float(chance.normal(1.5 if label == 0 else -1.5, 2.0))
        alarm = chance.random() < (0.05 if label == 0 else 0.4)
        pair = Pair("", "", label, f"source {number % 2}")
        items.append(calibrate_verifier.Read(pair, Margins(margin, -margin), ("number",) if alarm else (), None))
    settings = tomllib.loads(program.CONFIG.read_text(encoding="utf-8"))["verifier"]
    found = calibrate_verifier.calibrate(items, settings)
    assert found["supported"][0] > 0
    assert found["alarms"]["number"] < -1
    assert found["contradicted"][0] > 0
    alarms = tuple(found["alarms"].items())
    known = Calibration(tuple(found["supported"]), tuple(found["contradicted"]), alarms, found["undetermined"])
    verified = [item.verified(known) for item in items]
    below = [item.pair.label == 0 for item, v in zip(items, verified, strict=True) if v.verdict == "unsupported"]
    assert sum(below) / len(below) <= settings["calibration"]["unsupported_errs"] + 0.02
    figures = calibrate_verifier.figures(items, known)
    assert figures["mean"]["verifier_auc"] > figures["mean"]["network_auc"] > 0.8
    assert sum(pairs for _, _, pairs in calibrate_verifier.curve(items, known)) == 600


def test_a_killed_run_goes_on_from_its_checkpoint(data: Path, tmp_path: Path, config: dict[str, Any]) -> None:
    settings = config["reader"]
    examples = ReaderData(data, settings, tmp_path)
    folder = program._backbone(config)
    steps: list[int] = []

    def train(killed_after: int | None) -> ReaderNetwork:
        torch.manual_seed(1)
        network = ReaderNetwork(encoder(folder, 0.0))
        of_epoch = training.steps(examples, network, settings, CPU)

        def counted(number: int) -> Any:
            for size, loss_of in of_epoch(number):
                if killed_after is not None and len(steps) == killed_after:
                    raise KeyboardInterrupt
                steps.append(size)
                yield size, loss_of

        loop.train(network, counted, settings, tmp_path / "checkpoint", CPU, every=2)
        return network

    with pytest.raises(KeyboardInterrupt):
        train(killed_after=4)
    assert (tmp_path / "checkpoint").exists()
    resumed = train(killed_after=None)
    (tmp_path / "checkpoint").unlink()
    whole = train(killed_after=None)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value, msg=name)


def test_the_network_gives_sentences_without_room_no_chance(config: dict[str, Any]) -> None:
    network = ReaderNetwork(encoder(program._backbone(config), 0.0)).eval()
    ids = torch.tensor([[101, 5, 102, 6, 102, 7, 102]])
    types, sentence_of = torch.tensor([[0, 0, 0, 1, 1, 1, 1]]), torch.tensor([[0, 0, 0, 0, 0, 1, 1]])
    evidence, _ = network(ids, torch.ones_like(ids), types, sentence_of, torch.arange(1, 4))
    assert evidence[0, 1:].tolist() == [ABSENT, ABSENT]
    assert evidence[0, 0] > ABSENT


def test_a_paper_may_not_be_in_train_and_dev(data: Path, tmp_path: Path, config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="both train and dev"):
        ReaderData(data, {**config["reader"], "dev": "reader/train.jsonl.gz"}, tmp_path)


def test_calibration_orders_probabilities_and_thresholds() -> None:
    import numpy as np

    settings = tomllib.loads(program.CONFIG.read_text(encoding="utf-8"))["reader"]
    chance = np.random.default_rng(5)
    asked = []
    for number in range(200):
        gold = (1,) if number % 3 else ()
        logits = chance.normal(-3.0, 1.0, 6)
        logits[0] = chance.normal(3.0 if gold else -1.0, 1.5)
        evidence = np.array([-2.0, 2.0, -1.0]) + chance.normal(0, 1.0, 3)
        asked.append(calibrate.Asked("fact" if gold else "near-miss", 0, logits, np.arange(6) * 0.5, evidence, gold))
    found = calibrate.calibrate(asked, settings)
    thresholds = found["thresholds"]
    assert thresholds["bold"] <= thresholds["balanced"] <= thresholds["cautious"]
    refused = [point["near_misses_refused"] for point in found["curve"]]
    assert refused == sorted(refused)
    assert found["answered"][0] > 0
    assert found["answered"][1] > 0
    figures = calibrate.figures(asked)
    assert figures["reader_first"] > 0.9
    assert figures["auc_near_miss"] > 0.9


def test_our_own_questions_are_well_formed() -> None:
    seen = set()
    for row in lines(OWN):
        assert row["id"] not in seen
        seen.add(row["id"])
        assert {qa["k"] for qa in row["qa"]} == {"fact", "method", "discovery"}
        assert len(row["u"]) >= 2
        for qa in row["qa"]:
            assert qa["e"]
            assert all(0 <= i < len(row["sentences"]) for i in qa["e"])
            assert qa["s"] != qa["w"]
    assert len(seen) > 1_000


def test_our_own_statements_are_of_three_kinds() -> None:
    pairs = list(own_statements(1))
    assert {pair.label for pair in pairs} == {LABELS["entailment"], LABELS["neutral"], LABELS["contradiction"]}
    assert all(pair.premise and pair.hypothesis for pair in pairs)
    assert not {row["id"] for row in lines(STATEMENTS)} & {row["id"] for row in lines(OWN)}


def test_our_own_claims_are_well_formed() -> None:
    seen = set()
    for row in lines(CLAIMS):
        assert row["id"] not in seen
        seen.add(row["id"])
        assert ("premise" in row) == (row["genre"] != "pubmed")  # those texts are not the project's to ship
        assert len({said["text"] for said in row["statements"]}) == len(row["statements"]) >= 6
        assert {said["label"] for said in row["statements"]} <= {"entailed", "neutral", "contradicted"}
    assert len(seen) > 1_500


def test_pairs_for_the_verifier(data: Path, tmp_path: Path) -> None:
    pairs = list(written_pairs(data / "reader" / "train.jsonl.gz", 1))
    assert {pair.label for pair in pairs} == {LABELS["entailment"], LABELS["not_entailment"]}
    for pair in made_up(OWN, 200, 1):
        assert (pair.hypothesis in pair.premise) == (pair.label == LABELS["entailment"])
    rows = [{"premise": "A b.", "hypothesis": str(i), "label": "neutral", "source": s} for s in "xy" for i in range(9)]
    zipped(tmp_path / "public.jsonl.gz", rows)
    taken = public_pairs(tmp_path / "public.jsonl.gz", {"x": 4}, 1)
    assert [pair.source for pair in taken] == ["x"] * 4
