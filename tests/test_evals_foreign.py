"""Answers of other systems: markers, refusals, the places of contexts."""

from __future__ import annotations

import pytest

from evals.foreign.answers import Context, Papers, answer_of, statements_of
from evals.foreign.refusals import refuses
from ingestion.paper import Paper

ANTS = Paper("ants", "Of ants", "Ants march in lines.\nThey carry 50 times their weight.")
BEES = Paper("bees", "Of bees", "Bees dance to tell the way. They carry pollen.")
CONTEXTS = [Context("Ants march in lines."), Context("They carry pollen."), Context("Wasps sting.")]

MARKED: dict[str, tuple[str, list[tuple[str, list[int], list[int]]]]] = {
    "before the stop": ("Ants march [1]. Bees fly [2].", [("Ants march.", [1], []), ("Bees fly.", [2], [])]),
    "after the stop": ("Ants march.[1] Bees fly. [2][3]", [("Ants march.", [1], []), ("Bees fly.", [2, 3], [])]),
    "in one pair of brackets": ("Both [1, 2] carry [1-3].", [("Both carry.", [1, 2, 3], [])]),
    "with and": ("Both carry [1 and 3].", [("Both carry.", [1, 3], [])]),
    "by name": ("Both [Source 1, Source 2] carry (Source 3).", [("Both carry.", [1, 2, 3], [])]),
    "as footnotes": ("Ants march[^1]. Bees fly [2](#ref-2).", [("Ants march.", [1], []), ("Bees fly.", [2], [])]),
    "invented": ("Ants march [1][7]. Bees fly [2-4].", [("Ants march.", [1], [7]), ("Bees fly.", [2, 3], [4])]),
    "only invented": ("Ants march [9].", [("Ants march.", [], [9])]),
    "none": ("Ants march. Bees fly.", [("Ants march.", [], []), ("Bees fly.", [], [])]),
    "no markers": ("In [0, 1] (see 2) or [a] (1, 2).", [("In [0, 1] (see 2) or [a] (1, 2).", [], [])]),
    "over many lines": (
        "# Insects\n\nAnts march [1].\n\n- Bees fly,\n  and hum [2].\n- Wasps sting.\n[3]\n",
        [("Ants march.", [1], []), ("Bees fly, and hum.", [2], []), ("Wasps sting.", [3], [])],
    ),
    "with references": (
        "Ants march [1].\n\n**References:**\n[1] Of ants, 2020\n[2] http://example.org",
        [("Ants march.", [1], [])],
    ),
    "with sources": ("Ants march [1].\nSources: [1], [2]", [("Ants march.", [1], [])]),
    "with a heading alike": (
        "Sources\nAnts draw on sugar [1].",
        [("Sources", [], []), ("Ants draw on sugar.", [1], [])],
    ),
}


@pytest.mark.parametrize("name", MARKED)
def test_markers(name: str) -> None:
    text, expected = MARKED[name]
    said = answer_of("Who?", text, CONTEXTS)
    assert [(s["text"], s["citations"], s["invented"]) for s in said["statements"]] == expected
    assert [c["number"] for c in said["citations"]] == list(dict.fromkeys(n for _, numbers, _ in expected for n in numbers))
    assert all(c["quote"] == CONTEXTS[c["number"] - 1].text for c in said["citations"])
    assert {(s["verdict"], s["score"]) for s in said["statements"]} == {("undetermined", 0.0)}
    assert (said["status"], said["answer"], said["reason"]) == ("answered", text, None)


def test_a_long_row_of_markers_is_read_at_once() -> None:
    (sentence,) = statements_of("Ants march.\n" + " [1]" * 5_000 + " [x", 1)[:1]
    assert sentence.text == "Ants march."


@pytest.mark.parametrize(
    "text",
    [
        "", "  \n", "...", "I don't know.", "I don’t know the answer.", "Unanswerable", "N/A", "Empty Response",
        "I'm sorry, but I cannot answer that.", "I could not find an answer in the papers.",
        "Not enough information.", "There is not enough information to answer this.",
        "There is no mention of bread in the sources.", "No relevant information was found.",
        "None of the provided sources are helpful for this question.", "None of the sources mention bread [1].",
        "The provided sources do not contain information about bread.", "The sources don't say how bread is baked.",
        "The context provided does not specify this.", "The abstracts contain no information about bread.",
        "Based on the sources, the question cannot be answered.", "This cannot be determined from the given text.",
        "How bread is baked is not mentioned in any of the provided sources.",
        "The library does not answer this: nothing is near.",
        "The sources do not mention bread. They are about ants [1] and bees [2].",
    ],
)  # fmt: skip
def test_a_refusal_is_an_abstention(text: str) -> None:
    said = answer_of("How is bread baked?", text, CONTEXTS)
    assert said["status"] == "abstained"
    assert said["reason"] == (text.strip() or "the answer is empty")
    assert (said["statements"], said["citations"]) == ([], [])
    assert len(said["retrieved"]) == 3


@pytest.mark.parametrize(
    "text",
    [
        "Ants march [1].", "The authors do not know why [1].", "We find no evidence of harm [1].",
        "The paper does not provide guarantees, but a bound [2].", "There is no information loss [1].",
        "It abstains when questions cannot be answered from a passage [1].", "None of the ants sting [3].",
        "Models fail with insufficient context [1].", "Existing papers do not report the variance [1].",
        "The method uses no information about the pose [2].", "It is not described by any linear model [1].",
        "The sources do not mention bread. However, ants eat it [1].", "Ants march [1]. I don't know more.",
    ],
)  # fmt: skip
def test_what_papers_say_is_no_refusal(text: str) -> None:
    assert not refuses(statements_of(text, 3))


def test_contexts_find_their_papers() -> None:
    papers = Papers([ANTS, BEES, Paper("copy", "Of bees again", "They carry pollen.")])
    contexts = [
        Context("They carry 50 times their weight."),
        Context("Ants march in lines. They"),  # a line feed in the abstract
        Context(f"Of ants. {ANTS.abstract}"),
        Context("They carry pollen."),  # in two papers
        Context("They carry pollen.", "bees", "Their own title", 0.5),
        Context("Not in it.", "ants"),
        Context("Wasps sting.", "wasps", "Of wasps"),
        Context(""),
    ]
    said = answer_of("Who?", "All do [1-8].", contexts, papers, timings={"total_ms": 5.0})
    found = [(c["paper_id"], c["title"], c["start"], c["end"]) for c in said["citations"]]
    assert found == [
        ("ants", "Of ants", 21, 54),
        ("ants", "Of ants", 0, 0),
        ("ants", "Of ants", 0, 0),
        (None, "", 0, 0),
        ("bees", "Their own title", 28, 46),
        ("ants", "Of ants", 0, 0),
        ("wasps", "Of wasps", 0, 0),
        (None, "", 0, 0),
    ]
    assert ANTS.abstract[21:54] == said["citations"][0]["quote"]
    assert [paper["paper_id"] for paper in said["retrieved"]] == ["ants", "context:4", "bees", "wasps", "context:8"]
    assert said["contexts"] == [context.text for context in contexts]
    assert (said["timings"], said["usage"]["llm_calls"]) == ({"total_ms": 5.0}, None)
