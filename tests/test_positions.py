"""Positions: a question becomes a claim; papers support it, oppose it or are silent, each with its quote; the command."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from command import clean_environment, vouched

from assistant import Assistant, Settings
from assistant.claims import Claim, Verified
from assistant.errors import QuestionError
from assistant.summarizing import claim_of, positions
from assistant.summarizing.assertions import agrees, finds, turns
from assistant.summarizing.stances import Candidate, stances
from ingestion.errors import LibraryError
from ingestion.library import Library
from ingestion.paper import Paper
from ingestion.passages import passages_of

CLAIM = "Mulch reduces soil erosion on steep slopes."
QUESTION = "Does mulch reduce soil erosion on steep slopes?"
PAPERS = [
    Paper(
        "straw",
        "Straw on terraced vineyards",
        "Vineyards lose soil with every storm. Twelve terraces were covered for four years."
        " Straw mulch reduced soil erosion on steep slopes by 61\\%.",
    ),
    Paper(
        "bark",
        "Bark chips after wildfire 🔥",
        "Burnt hillsides are bare — “moon-like”. Chips were spread on six catchments in autumn."
        " Moreover, we show that mulch reduces soil erosion on steep slopes, even in heavy rain.",
    ),
    Paper(
        "tea",
        "Ground cover in tea gardens",
        "Tea is grown on hills. Forty gardens were followed through two monsoons."
        " Mulch clearly reduced soil erosion on steep slopes in both of them.",
    ),
    Paper(
        "alps",
        "A decade of plots in the Alps",
        "Alpine plots are cheap to run. Ours were measured each spring for ten years."
        " Mulch did not reduce soil erosion on steep slopes.",
    ),
    Paper(
        "roads",
        "Shredded wood and runoff",
        "Road banks are often covered with shredded wood. We rained on twenty banks."
        " Mulch had no effect on soil erosion on steep slopes, as water ran beneath it.",
    ),
    Paper(
        "drones",
        "Surveying erosion from the air",
        "Soil erosion on steep slopes is hard to measure. We flew drones over hills."
        " Our maps agree with surveys on the ground within 4 cm.",
    ),
    Paper(
        "farmers",
        "What farmers think of mulch",
        "Mulch is popular among growers. Ninety of them were asked."
        " It remains unclear whether mulch reduces soil erosion on steep slopes.",
    ),
]
SIDES = {"supports": {"straw", "bark", "tea"}, "opposes": {"alps", "roads"}}
REVERSED = {"supports": SIDES["opposes"], "opposes": SIDES["supports"]}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    library = Library.open(tmp_path_factory.mktemp("mulch") / "library", create=True)
    library.add(PAPERS)
    return Assistant.open(library, Settings(llm="extractive"))


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        (QUESTION, CLAIM),
        (
            "Do small models benefit from chain-of-thought prompting?",
            "Small models benefit from chain-of-thought prompting.",
        ),
        ("Does the use of tools on long tasks really help agents?", "The use of tools on long tasks really helps agents."),
        ("Do transformers need attention?", "Transformers need attention."),
        ("Does compute matter?", "Compute matters."),
        ("Does the need to improve recall matter?", "The need to improve recall matters."),
        ("Does X carry over to tasks that require planning?", "X carries over to tasks that require planning."),
        ("Did pruning hurt accuracy?", "Pruning did hurt accuracy."),
        ("Doesn’t dropout help?", "Dropout helps."),
        ("Does dropout not help?", "Dropout does not help."),
        ("Is fine-tuning on code better than prompting?", "Fine-tuning on code is better than prompting."),
        ("Are models trained on code more accurate than others?", "Models trained on code are more accurate than others."),
        ("Is retrieval as good as a long context?", "Retrieval is as good as a long context."),
        ("Are hallucinations caused by noise in the data?", "Hallucinations are caused by noise in the data."),
        ("Is laparoscopy safe and effective in children?", "Laparoscopy is safe and effective in children."),
        ("Is acute fibrinous and organizing pneumonia a risk?", "Acute fibrinous and organizing pneumonia is a risk."),
        ("Is fMRI useful?", "fMRI is useful."),
        ("Isn't p53 mutated in tumours?", "p53 is mutated in tumours."),
        ("Is it possible to train without labels?", "It is possible to train without labels."),
        ("Are there any gains from scale?", "There are gains from scale."),
        ("Can LLMs plan?", "LLMs can plan."),
        ("Do bees dance in the dark?", "Bees dance in the dark."),
        ("Should models be calibrated after training?", "Models should be calibrated after training."),
        ("Has the use of transformers changed vision?", "The use of transformers has changed vision."),
        ("Have LLMs been shown to reason?", "LLMs have been shown to reason."),
        ("Is there any evidence that scale helps?", "Scale helps."),
        ("Is it true that bees dance or not?", "Bees dance."),
        ("Test-time training: does it improve robustness?", "Test-time training improves robustness."),
        ("Sparse models: is pruning worth the effort?", "Sparse models: pruning is worth the effort."),
        ("“Scaling improves reasoning”", "Scaling improves reasoning."),
        ("Scaling improves reasoning?", "Scaling improves reasoning."),
        (
            "Große Modelle verstehen die Sprache der Bienen 🐝 besser",
            "Große Modelle verstehen die Sprache der Bienen 🐝 besser.",
        ),
    ],
)
def test_a_yes_no_question_is_put_round_into_a_claim(question: str, claim: str) -> None:
    assert claim_of(question) == claim


@pytest.mark.parametrize(
    "text",
    [
        "How does CodePlan work?",
        "Which papers study pruning?",
        "Why is attention slow?",
        "Compare pruning and distillation.",
        "diffusion models",
        "Deep learning for tea: a new hope?",
        "Is retrieval or fine-tuning better?",
        "Does pruning help? Does distillation help?",
        "Is this?",
        "Does the flurble glimmer wibble?",
        "or not",
        "Is " + "very " * 200 + "long?",
    ],
)
def test_what_is_no_claim_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(QuestionError, match=r"is no claim.*vouched summarize '.*' --positions"):
        claim_of(text)


@pytest.mark.parametrize("text", ["", "?!", "x" * 4_001])
def test_what_cannot_be_asked_is_no_claim(text: str) -> None:
    with pytest.raises(QuestionError):
        claim_of(text)


@pytest.mark.parametrize(
    ("sentence", "turn"),
    [
        ("Mulch reduced erosion by half.", None),
        ("Mulch did not significantly reduce erosion.", "denial"),
        ("Mulch had little measurable effect on erosion.", "denial"),
        ("Mulch failed to reduce erosion.", "denial"),
        ("Mulch reduced not only runoff but erosion.", None),
        ("Mulch reduced erosion on plots which were not tilled and on those who did not till.", "denial"),
        ("Mulch increases erosion.", "direction"),
        ("Mulch does not increase erosion.", None),
    ],
)
def test_a_claim_is_turned_round_by_a_denial_or_the_other_direction_and_not_by_both(sentence: str, turn: str | None) -> None:
    assert turns("Mulch reduces erosion.", sentence) == turn
    assert agrees("Mulch reduces erosion.", sentence) == (turn is None and "not" not in sentence)
    assert agrees(sentence, sentence)


def test_an_aim_or_a_question_is_no_finding() -> None:
    assert finds("Mulch reduces erosion.")
    for sentence in (
        "We ask whether it does.",
        "We aimed to measure it.",
        "To assess this, we dug.",
        "Does it?",
        "It is unclear.",
    ):
        assert not finds(sentence), sentence


@pytest.mark.parametrize(
    ("text", "claim", "sides"),
    [
        (QUESTION, CLAIM, SIDES),
        (CLAIM.rstrip("."), CLAIM, SIDES),
        (
            "Mulch does not reduce soil erosion on steep slopes",
            "Mulch does not reduce soil erosion on steep slopes.",
            REVERSED,
        ),
    ],
)
def test_each_paper_supports_opposes_or_is_silent_with_its_quote(
    assistant: Assistant, text: str, claim: str, sides: dict[str, set[str]]
) -> None:
    summary = positions(assistant, text)
    answer, found = summary.answer, summary.positions
    assert found is not None
    assert (answer.question, answer.status, answer.reason, found.claim, found.silent) == (text, "answered", None, claim, 2)
    taken = {"supports": found.supports, "opposes": found.opposes}
    assert {side: {position.paper_id for position in of_side} for side, of_side in taken.items()} == sides
    for of_side, section, verb in zip(taken.values(), summary.sections, ("support", "oppose"), strict=True):
        assert section.heading == f"Papers that {verb} it ({len(of_side)})"
        assert f"## {section.heading}" in answer.answer
        assert [answer.statements[index].citations for index in section.statements] == [(p.citation,) for p in of_side]
        probabilities = [position.probability for position in of_side]
        assert probabilities == sorted(probabilities, reverse=True)
        assert all(0.5 < probability < 1 for probability in probabilities)
        for position in of_side:
            citation = answer.citations[position.citation - 1]
            assert (citation.number, citation.paper_id) == (position.citation, position.paper_id)
    for citation, statement in zip(answer.citations, answer.statements, strict=True):
        abstract = assistant.library.paper(citation.paper_id).abstract
        assert abstract[citation.start : citation.end] == citation.quote
        assert statement.text.lower() in citation.quote.replace("\\%", "%").lower()
        assert (statement.verdict, statement.score) == ("supported", 1.0)
        assert f"*{citation.title}*: {statement.text.rstrip('.')} [{citation.number}]." in answer.answer
    assert "2 of the 7 nearest papers take no clear side." in answer.answer
    assert "docs/summaries.md" in answer.notes[0]
    assert (answer.usage.model, answer.usage.llm_calls) == ("extractive", 0)
    assert [paper.score > 0 for paper in answer.retrieved] == [True] * 5 + [False] * 2


class Certain:
    """A verifier that finds in every text what it is told to find, and in the whole abstract something else."""

    def __init__(self, sentence: Verified, whole: Verified) -> None:
        self.sentence, self.whole = sentence, whole

    def load(self) -> None: ...

    def verify(self, claims: Sequence[Claim]) -> list[Verified]:
        return [self.whole if claim.titles else self.sentence for claim in claims]


YES, NO = Verified("supported", 0.9, 0.1), Verified("unsupported", 0.1, 0.9)


@pytest.mark.parametrize(
    ("last", "near", "similarity", "sentence", "whole", "side"),
    [
        ("Mulch reduces erosion on hills.", 0.5, 0.65, YES, YES, "supports"),
        ("Mulch reduces erosion on hills.", 0.49, 0.65, YES, YES, None),  # the sentence is of something else
        ("Mulch reduces erosion on hills.", 0.5, 0.64, YES, YES, None),  # the paper is
        ("Mulch reduces erosion on hills.", 0.5, 0.65, YES, NO, None),  # the abstract leans the other way
        ("Mulch reduces erosion on hills.", 0.5, 0.65, NO, NO, None),  # of contradictions alone most are wrong
        ("Hardly any mulch reduces erosion on hills.", 0.5, 0.65, YES, YES, None),
        ("Mulch does not reduce erosion on hills.", 0.5, 0.65, NO, NO, "opposes"),
        ("Mulch does not reduce erosion on hills.", 0.5, 0.65, NO, YES, None),
        ("Mulch increases erosion on hills.", 0.5, 0.65, NO, NO, "opposes"),
        ("Mulch increases erosion on hills.", 0.5, 0.65, YES, YES, None),
    ],
)
def test_only_what_is_near_and_sure_takes_a_side(
    last: str, near: float, similarity: float, sentence: Verified, whole: Verified, side: str | None
) -> None:
    paper = Paper("p", "Mulch", f"Mulch reduces erosion for sure. Mulch is old. Hills are steep. {last}")
    candidate = Candidate(paper, tuple(passages_of(paper)), (0.9, 0.1, 0.1, near), similarity)
    [stance] = stances(Certain(sentence, whole), "Mulch reduces erosion on hills.", [candidate])
    assert (stance and (stance.side, stance.place)) == (side and (side, 3))


def test_the_other_direction_opposes(assistant: Assistant) -> None:
    found = positions(assistant, "Mulch increases soil erosion on steep slopes").positions
    assert found is not None
    assert not found.supports
    assert {position.paper_id for position in found.opposes} >= {"straw", "bark", "tea"}
    assert "alps" not in {position.paper_id for position in found.opposes}  # it denies the other way


def test_a_paper_that_says_both_takes_no_side_and_the_same_abstract_speaks_once(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library", create=True)
    [straw, alps] = [next(paper for paper in PAPERS if paper.id == id_) for id_ in ("straw", "alps")]
    last = [paper.abstract.split(". ")[-1] for paper in (straw, alps)]
    both = Paper(
        "both", "Mulch here and there", f"Fields differ. We dug in two. {last[0]} In the other field the {last[1].lower()}"
    )
    library.add([straw, Paper("preprint", "Straw (preprint)", f" {straw.abstract}"), both])
    found = positions(Assistant.open(library, Settings(llm="extractive")), CLAIM).positions
    assert found is not None
    assert (len(found.supports), len(found.opposes), found.silent) == (1, 0, 1)


def test_where_none_takes_a_side_it_abstains_and_names_the_nearest(assistant: Assistant, tmp_path: Path) -> None:
    summary = positions(assistant, "Do bees dance in the dark?", ["drones", "farmers"])
    answer = summary.answer
    assert summary.positions is not None
    assert (answer.status, answer.statements, summary.sections, summary.positions.silent) == ("abstained", (), (), 2)
    assert answer.reason == "none of the 2 papers nearest to it surely supports or opposes “Bees dance in the dark”"
    assert answer.reason in answer.answer
    assert {citation.paper_id for citation in answer.citations} == {"drones", "farmers"}
    empty = Library.open(tmp_path / "library", create=True)
    nobody = positions(Assistant.open(empty, Settings(llm="extractive")), CLAIM)
    assert (nobody.answer.status, nobody.answer.citations, nobody.answer.retrieved) == ("abstained", (), ())
    with pytest.raises(LibraryError, match="There is no paper nonsense"):
        positions(assistant, CLAIM, ["nonsense"])


def test_words_alone_know_no_opposition_and_a_note_says_so(assistant: Assistant) -> None:
    summary = positions(Assistant.open(assistant.library, Settings(llm="extractive", verifier="lexical")), CLAIM)
    assert summary.positions is not None
    assert [position.paper_id for position in summary.positions.supports] == ["bark"]  # word for word
    assert not summary.positions.opposes
    assert "no opposition" in summary.answer.notes[-1]


def test_the_command_gives_the_summary_with_positions_as_json_or_to_read(assistant: Assistant) -> None:
    folder = assistant.library.path
    told = vouched("summarize", QUESTION, "--positions", "--library", folder, "--json").json
    expected = json.loads(json.dumps(positions(assistant, QUESTION).to_dict()))
    assert {**told, "timings": None} == {**expected, "timings": None}
    assert list(told)[-3:] == ["sections", "table", "positions"]
    assert list(told["positions"]) == ["claim", "supports", "opposes", "silent"]
    assert [list(position) for position in told["positions"]["opposes"]] == [["paper_id", "citation", "probability"]] * 2
    wide = {**clean_environment(), "COLUMNS": "400"}
    shown = vouched(
        "summarize", QUESTION, "--positions", "--library", folder, "--paper", "alps", "--paper", "bark", env=wide
    )
    assert shown.out.startswith(
        f"**{CLAIM}** Supported by 1 paper [1], opposed by 1 paper [2]; 0 of the 2 nearest papers take no clear side.\n\n"
        "## Papers that support it (1)\n\n*Bark chips after wildfire 🔥*: We show that mulch"
    )
    assert "\nEvidence\n[1] ✓ Bark chips" in shown.out
    assert "positions" not in vouched("summarize", "--paper", "alps", "--library", folder, "--json").json


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--positions", "--paper", "alps"], "--positions needs a claim"),
        ([CLAIM, "--positions", "--table", "--paper", "alps", "--paper", "tea"], "give one"),
        (["soil erosion", "--positions"], "is no claim"),
    ],
)
def test_a_wrong_call_is_told(assistant: Assistant, arguments: list[str], words: str) -> None:
    called = vouched("summarize", *arguments, "--library", assistant.library.path, "--json")
    assert called.code == 2
    assert words in called.json["error"]["message"]
