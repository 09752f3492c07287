"""Sentences: exact offsets whatever the text, and ends where a reader would see them."""

import random
import re
from pathlib import Path

import pytest

from ingestion.paper import Paper
from ingestion.passages import passages_of
from ingestion.readers import read
from ingestion.sentences import split_sentences

PIECES = [
    *("We", "et al.", "e.g.", "i.e.", "Fig. 3", "3.14", "25.1%.", "U.S.", "(2)", "1.", "$x. Y$", "$", "https://a.b/c?d=e.f"),
    *(".", "...", "?!", "!", ".)", '."', "。", "；", "؟", "\n\n", "\n \t\n", "\r", "\u2028", "\u00a0", "\f", "  ", "\t"),
    *(
        "é",
        "e\u0301",
        "日本",
        "𝒳",
        "🧬.",
        "\u200fنص",
        "xLSTM",
        "•",
        "–",
        "“Why?”",
        "[12]",
        "a.",
        "B.",
        "no.",
        "\ufeff",
        "\u200b",
    ),
]


def split(text: str) -> list[str]:
    return [text[sentence.start : sentence.end] for sentence in split_sentences(text)]


@pytest.mark.parametrize("seed", range(40))
def test_sentences_cover_any_text_but_its_white_space_in_order(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 (not for secrets)
    for _ in range(25):
        text = "".join(source.choice(PIECES) + source.choice(["", " ", " ", "\n"]) for _ in range(source.randrange(60)))
        end = 0
        for sentence in split_sentences(text):
            between, inside = text[end : sentence.start], text[sentence.start : sentence.end]
            assert sentence.start >= end
            assert not between.strip()
            assert inside
            assert inside == inside.strip()
            end = sentence.end
        assert not text[end:].strip()


def test_the_sample_page_is_covered_and_divided(sample_page: Path) -> None:
    papers = [record for record in read(sample_page) if isinstance(record, Paper)]
    for paper in papers:
        passages = passages_of(paper)
        assert " ".join(passage.text for passage in passages).split() == paper.abstract.split()
        assert all(paper.abstract[passage.start : passage.end] == passage.text for passage in passages)
        assert [passage.index for passage in passages] == list(range(len(passages)))
        assert not any(re.search(r"[a-z]\. (We|Our|The|This|However) ", passage.text) for passage in passages)


@pytest.mark.parametrize("text", ["", " ", "\n\n \t"])
def test_no_text_has_no_sentences(text: str) -> None:
    assert split_sentences(text) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "We follow Smith et al. (2020), Jones et al. [3] and Wu et al. in this.",
        "Language models, e.g. Llama, i.e. GPT vs. Claude, resp. Gemini, are large.",
        "As Fig. 3, Eq. 4, Sec. 5 and Tab. 6 show, cf. Vol. 7, it works.",
        "Accuracy rises from 3.14 to 25.1 % (v2.0, p < .05) at 1.5x the cost.",
        "Prof. J. K. Smith and Dr. A. Jones of the U.S. Army agree.",
        "Let $f(x) = a. B$ and $$a. B! C$$ be as in Wu et al. 2020.",
        "The data are at https://a.org/b.c?d=e.f and on github.com/a/b.",
        "The question “What is it?” was asked by (no!) models of the kind.",
        "It needs 5 ms. per token, approx. 3 GB, etc. and more.",
    ],
)
def test_a_stop_inside_a_sentence_does_not_end_it(sentence: str) -> None:
    assert split(sentence) == [sentence]
    assert split(f"{sentence} We agree. {sentence}") == [sentence, "We agree.", sentence]


@pytest.mark.parametrize(
    "sentences",
    [
        ["We train.", "It works!", "Why?", "Nobody knows...", "Yes."],
        ['He said "Yes."', "(We agree.)", "“Why?”", "We ask."],
        ["Accuracy is 25.1%.", "The rest costs $5.", "Using it for $10 is fine."],
        ["1. First thing.", "2. Second thing.", "3. Third thing."],
        ["xLSTM is good.", "mT5 is better.", "$x$ is best.", "3D is new.", "– It ends."],
        ["We follow Smith et al.", "We go on.", "The answer is no.", "It runs in 5 ms.", "This is the U.S.", "The end."],
        ["We use vitamin C.", "We like it, etc.", "However, it works."],
        ["See https://a.org/b.", "We use v2.0.", "It is GPT-4.", "Done."],
        ["Über uns.", "Élan vital.", "Это так.", "هذا جيد.", "هل هذا صحيح؟", "نعم."],
    ],
)
def test_sentences_end_where_a_reader_sees_them_end(sentences: list[str]) -> None:
    assert split(" ".join(sentences)) == sentences
    assert split("\n".join(sentences)) == sentences


def test_chinese_sentences_end_without_white_space() -> None:
    assert split("我们提出方法。它很好！“代码开源。”") == ["我们提出方法。", "它很好！", "“代码开源。”"]


@pytest.mark.parametrize("gap", ["\n\n", "\n \t\n", "\n\n\n"])
def test_a_paragraph_ends_its_last_sentence(gap: str) -> None:
    assert split(f"A heading{gap}lower case, and e.g.{gap}Code: https://a.b") == [
        "A heading",
        "lower case, and e.g.",
        "Code: https://a.b",
    ]


def test_a_wrapped_sentence_stays_whole() -> None:
    assert split("We study how models\nlearn. Our method\nworks.") == ["We study how models\nlearn.", "Our method\nworks."]


@pytest.mark.parametrize("unit", ["$", "$a. B ", "a. ", "No. ", "\n ", "(", ". ", "1. "])
def test_long_and_odd_texts_are_divided_without_end_or_loss(unit: str) -> None:
    text = f"We begin. {unit * 20_000}We end."
    assert "".join("".join(split(text)).split()) == "".join(text.split())
