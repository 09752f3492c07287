"""The reader: what it is given, what it says, and that it says the same whatever stands beside."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import Assistant, Settings
from assistant.cross_encoder import CrossEncoderReader
from assistant.evidence import Portion, select
from assistant.inference import ModelError
from assistant.packing import CLS, MAX_TOKENS, SEP, batches, pack_checking, pack_reading, padded
from assistant.question import asks_for_several
from assistant.reading import PACKAGED_READER, Abstract, PackagedReader, Reader, Reading
from assistant.reranking import FIRST, SURE, ReadPaper, read_papers
from assistant.retrieval import HybridRetriever
from ingestion.embedding import PACKAGED_FOLDER
from ingestion.library import Library
from ingestion.paper import Paper
from ingestion.passages import passages_of

QUESTION = "How does NitroFusion achieve single-step generation?"


@pytest.fixture(scope="module")
def reader() -> PackagedReader:
    return PackagedReader()


@pytest.fixture(scope="module")
def abstracts(sample_library: Library) -> list[Abstract]:
    papers = list(sample_library.papers())[:12]
    return [Abstract(paper.title, tuple(p.text for p in passages_of(paper))) for paper in papers]


def test_a_reading_is_packed_as_question_title_and_sentences() -> None:
    packed = pack_reading([1, 2], [3], [[4, 5], [6]])
    assert packed.ids == [CLS, 1, 2, SEP, 3, SEP, 4, 5, SEP, 6, SEP]
    assert packed.types == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    assert packed.sentence_of == [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2]
    assert (packed.sentences, packed.read) == (2, 2)


def test_what_is_too_long_is_cut_and_said_to_be() -> None:
    packed = pack_reading([7] * 1_000, [8] * 1_000, [[9] * 200, [10] * 200, [11] * 200, [12] * 3])
    assert len(packed.ids) <= MAX_TOKENS
    assert 0 < packed.read < packed.sentences == 4
    assert set(packed.sentence_of) == {0, *range(1, packed.read + 1)}
    assert len(pack_checking([7] * 1_000, [8] * 1_000).ids) == MAX_TOKENS


def test_a_checked_pair_marks_what_stands_in_the_other_text() -> None:
    packed = pack_checking([1, 2, 3, 4], [9, 1, 2, 4])
    assert packed.ids == [CLS, 1, 2, 3, 4, SEP, 9, 1, 2, 4, SEP]
    assert packed.types == [0, 0, 0, 2, 1, 0, 5, 3, 3, 4, 3]  # together, together, absent, alone; absent, together …, alone
    assert pack_checking([], []).ids == [CLS, SEP, SEP]
    assert pack_checking([7], []).types == [0, 2, 0, 3]


def test_batches_hold_each_input_once_within_the_limit() -> None:
    inputs = [pack_reading([1] * (n % 90), [2], [[3] * (n * 7 % 60)]) for n in range(40)]
    groups = batches(inputs, 400)
    assert sorted(place for group in groups for place in group) == list(range(40))
    assert all(padded([inputs[i] for i in group])["input_ids"].size <= 400 for group in groups)


@pytest.mark.parametrize(
    ("question", "title", "held"),
    [
        ("How many English tasks have tasksource annotations?", "tasksource", "more than 400"),
        ("How much does CodePlan improve on generating responses directly?", "Unlocking Reasoning Potential", "25.1"),
        ("By how much does TACO improve over instruction-tuned baselines?", "TACO", "3.6"),
    ],
)
def test_the_reader_tells_the_paper_and_the_sentence_that_answer(
    reader: PackagedReader, sample_library: Library, question: str, title: str, held: str
) -> None:
    papers = list(sample_library.papers())
    given = [Abstract(paper.title, tuple(p.text for p in passages_of(paper))) for paper in papers]
    readings = reader.read(question, given)
    best = max(range(len(papers)), key=lambda i: readings[i].answered)
    assert papers[best].title.startswith(title)
    assert readings[best].answered > reader.threshold("balanced")
    evidence = readings[best].evidence
    said = given[best].sentences[evidence.index(max(evidence))]
    assert held in said


@pytest.mark.parametrize(
    "question", ["What batch size was NitroFusion trained with?", "Who funded the NitroFusion project?"]
)
def test_a_near_miss_is_less_probable_than_an_answer(reader: PackagedReader, sample_library: Library, question: str) -> None:
    [paper] = [paper for paper in sample_library.papers() if paper.title.startswith("NitroFusion")]
    given = [Abstract(paper.title, tuple(p.text for p in passages_of(paper)))]
    assert reader.read(question, given)[0].answered < reader.read(QUESTION, given)[0].answered


def test_a_reading_depends_neither_on_place_nor_on_neighbours(reader: PackagedReader, abstracts: list[Abstract]) -> None:
    together = reader.read(QUESTION, abstracts)
    for reading, abstract in zip(together, abstracts, strict=True):
        [alone] = reader.read(QUESTION, [abstract])
        assert alone.answered == pytest.approx(reading.answered, abs=0.03)  # bfloat16 has 8 bits
        assert alone.evidence == pytest.approx(reading.evidence, abs=0.05)
        assert len(alone.evidence) == len(abstract.sentences)


def test_a_retrieval_score_that_falls_short_lowers_the_probability(
    reader: PackagedReader, abstracts: list[Abstract]
) -> None:
    title, sentences = abstracts[0].title, abstracts[0].sentences
    near, far = reader.read(QUESTION, [Abstract(title, sentences, 0.0), Abstract(title, sentences, 9.0)])
    assert far.answered < near.answered
    assert far.evidence == near.evidence


@pytest.mark.parametrize(
    "question", ["", "?", "\ud800 half a character", "why " * 5_000, "気候変動はなぜ?", "[SEP] [CLS] [PAD]"]
)
def test_odd_questions_are_read(reader: PackagedReader, abstracts: list[Abstract], question: str) -> None:
    odd = [*abstracts[:2], Abstract("", ("x",)), Abstract("t" * 10_000, ("word " * 3_000, "Unread."))]
    for reading, abstract in zip(reader.read(question, odd), odd, strict=True):
        assert 0 <= reading.answered <= 1
        assert len(reading.evidence) == len(abstract.sentences)
    assert reader.read(question, []) == []


def test_a_sentence_beyond_the_limit_is_no_evidence(reader: PackagedReader) -> None:
    [reading] = reader.read("What is red?", [Abstract("Colours", ("The sky is blue. " * 200, "The rose is red."))])
    assert reading.evidence[1] < 1e-6


def test_caution_rises_from_bold_to_cautious(reader: PackagedReader) -> None:
    assert 0 < reader.threshold("bold") < reader.threshold("balanced") < reader.threshold("cautious") < 1


def test_papers_come_most_likely_first_and_unread_ones_last(reader: PackagedReader, sample_library: Library) -> None:
    question = "What do the reviewers of the journal say of the authors?"
    retriever = HybridRetriever(sample_library)
    hits = retriever.search(retriever.query(question))
    found = read_papers(reader, question, hits, 5)
    chances = [paper.reading.answered for paper in found.read]
    assert chances == sorted(chances, reverse=True)
    assert {paper.paper.id for paper in found.read} == {hit.paper.id for hit in hits[:5]}
    assert [paper.score for paper in found.retrieved()[5:]] == [0.0] * 15
    assert [paper.paper_id for paper in found.retrieved()[5:]] == [hit.paper.id for hit in hits[5:]]


def test_no_more_is_read_when_one_of_the_first_surely_answers(reader: PackagedReader, sample_library: Library) -> None:
    question = "How much does CodePlan improve on generating responses directly?"
    retriever = HybridRetriever(sample_library)
    found = read_papers(reader, question, retriever.search(retriever.query(question)), 8)
    assert found.answered >= SURE
    assert (len(found.read), len(found.others)) == (FIRST, 20 - FIRST)


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Which papers use tree search?", True),
        ("What approaches train on steps?", True),
        ("List works on continual learning.", True),
        ("Compare A and B.", True),
        ("How many stages do A and B each have?", True),
        ("Which paper uses tree search?", False),
        ("How many papers does the survey review?", False),
        ("How does A compare with B?", False),
    ],
)
def test_a_question_for_several_papers_is_known_by_its_words(question: str, several: bool) -> None:
    assert asks_for_several(question) is several


def test_a_question_for_several_papers_has_all_read(reader: PackagedReader, sample_library: Library) -> None:
    retriever = HybridRetriever(sample_library)
    hits = retriever.search(retriever.query("How much does CodePlan improve on generating responses directly?"))
    assert len(read_papers(reader, "Compare what CodePlan and MALT report.", hits, 8).read) == 8


def read_paper(name: str, answered: float, *evidence: float) -> ReadPaper:
    sentences = [f"{name.upper()} says point {n} of its own." for n in range(len(evidence))]
    paper = Paper(name, name, " ".join(sentences))
    return ReadPaper(paper, tuple(passages_of(paper)), Reading(answered, evidence))


def test_each_paper_asked_for_is_quoted_before_any_is_quoted_twice() -> None:
    read = [read_paper("a", 0.9, 0.9, 0.8, 0.7), read_paper("b", 0.5, 0.2, 0.9), read_paper("c", 0.01, 0.9)]
    portion = Portion(most=1, margin=2.0, words=100)
    assert [item.quote[:13] for item in select(read, portion)] == ["A says point "]
    chosen = select(read, portion, several=True)
    assert [(item.paper_id, item.start > 0) for item in chosen] == [("a", False), ("b", True)]
    assert [item.paper_id for item in select(read, Portion(2, 2.0, 100), several=True)] == ["a", "a", "a", "b"]  # not c


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_no_more_is_read_than_was_said(reader: PackagedReader, sample_library: Library, count: int) -> None:
    retriever = HybridRetriever(sample_library)
    hits = retriever.search(retriever.query("Who funded it?"))
    assert len(read_papers(reader, "Who funded it?", hits, count).read) == count


@pytest.mark.parametrize("name", ["reader.onnx", "calibration.json"])
def test_a_damaged_or_missing_file_is_named(tmp_path: Path, abstracts: list[Abstract], name: str) -> None:
    folder = shutil.copytree(PACKAGED_READER, tmp_path / "reader")
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"{name} is damaged"):
        PackagedReader(folder).read(QUESTION, abstracts[:1])
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"{name} cannot be read"):
        PackagedReader(folder).load()


def test_reading_imports_no_torch() -> None:
    code = (
        "import sys; from assistant.reading import *; r = PackagedReader(); assert 'openvino' not in sys.modules;"
        "r.read('What?', [Abstract('A title', ('A sentence.',))]); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small cross-encoder, untrained: what matters is that such a model can be used."""
    torch = pytest.importorskip("torch")
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("cross-encoder")
    torch.manual_seed(3)
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    BertForSequenceClassification(BertConfig(num_labels=1, **shape)).save_pretrained(folder / "plain")
    PreTrainedTokenizerFast(
        tokenizer_file=str(PACKAGED_FOLDER / "tokenizer.json"),
        pad_token="[PAD]",  # noqa: S106 (no password)
        cls_token="[CLS]",  # noqa: S106
        sep_token="[SEP]",  # noqa: S106
    ).save_pretrained(folder / "plain")
    CrossEncoder(str(folder / "plain"), device="cpu").save_pretrained(str(folder / "model"))
    return folder / "model"


def test_a_hugging_face_cross_encoder_takes_the_readers_place(cross_encoder: Path, sample_library: Library) -> None:
    assistant = Assistant.open(sample_library, Settings(llm="extractive", reader=str(cross_encoder), caution="bold"))
    assert isinstance(assistant.reader, CrossEncoderReader)
    assistant.wake()
    answer = assistant.ask(QUESTION)
    assert answer.status == "answered"
    assert all(0 < paper.score < 1 for paper in answer.retrieved[:FIRST])
    reader: Reader = assistant.reader
    assert reader.read("What?", []) == []


def test_a_cross_encoder_that_is_not_there_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="VOUCHED_ALLOW_DOWNLOADS=1"):
        CrossEncoderReader(str(tmp_path / "none")).load()
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(ModelError, match="cannot be loaded"):
        CrossEncoderReader(str(tmp_path / "half")).load()
