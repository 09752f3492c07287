"""A draft, LaTeX, Markdown or plain, becomes its sentences, each with its line and what it cites."""

from __future__ import annotations

import random

import pytest

from assistant.auditing import Said, sentences

LATEX = r"""\documentclass{article}
\newcommand{\ours}{\textsc{NitroFusion}\xspace}
\title{A title. It is no sentence.}
\begin{document}
\section{Related \emph{work}}\label{sec:related}
% A comment. It is no sentence.
Training on \emph{many tasks}~\cite{caruana,aribandi} helps by 4.5\% on $x_{1}. Y$ data. tasksource~\citep[see][p.~3]{sileo}
brings ``annotations'' to 400 tasks --- and more. \citet{smith2020} show that it works
% in the middle of a sentence
and lasts. It costs \$5 or \$6.\footnote{A note with T\"ULU \cite{lambert}. It has two.} It is {\bf new, \textit{fine}}.
\begin{figure}
  \caption{A caption. It is no sentence.}
\end{figure}

The loss is
\begin{equation}\label{eq:loss}
  L = 3.
\end{equation}
As Section~\ref{sec:related} says, \ours{} is na\"{\i}ve.
\begin{itemize}
\item The first item holds.
\item[CREDIT] is a multi-
task framework.
\end{itemize}
\end{document}
What stands here is not printed.
"""
MARKDOWN = """---
title: A title. No sentence.
---
# A heading. No sentence.

tasksource *brings* many **annotations** to 400 tasks [3]. xLSTM grows. tasksource covers few-
and many-shot tasks [@sileo2023; see @b, p. 3]. @smith2020 shows that $a*b*c$ holds.[^1] Wu et al. [4] propose it.
[5] shows it. See approx. the value, e.g. tasksource.^[A note in place.] It ends.[6] It begins.

| a table. | b |
|---|---|
| a cell. | c |

- A [link](http://example.org/a.b) and `code`.
- Another meth-
  od here.

```
print("Hello. World.")
```

    An indented paragraph stays.

A paragraph above a rule stays.
---

[^1]: The note says so.
"""


def read(text: str, name: str = "") -> list[tuple[int, str, tuple[str, ...]]]:
    return [(said.line, said.text, said.cites) for said in sentences(text, name)]


@pytest.mark.parametrize("name", ["draft.tex", ""])
def test_latex_is_read_as_it_is_printed(name: str) -> None:
    assert read(LATEX, name) == [
        (7, "Training on many tasks helps by 4.5% on $x_{1}. Y$ data.", ("caruana", "aribandi")),
        (7, "tasksource brings “annotations” to 400 tasks — and more.", ("sileo",)),
        (8, "smith2020 show that it works and lasts.", ("smith2020",)),
        (10, "It costs $5 or $6.", ()),
        (10, "It is new, fine.", ()),
        (10, "A note with TÜLU.", ("lambert",)),
        (10, "It has two.", ()),
        (15, "The loss is.", ()),
        (19, "As Section says, NitroFusion is naïve.", ()),
        (21, "The first item holds.", ()),
        (22, "CREDIT is a multi-task framework.", ()),
    ]


@pytest.mark.parametrize("name", ["draft.md", ""])
def test_markdown_is_read_as_it_is_shown(name: str) -> None:
    assert read(MARKDOWN, name) == [
        (6, "tasksource brings many annotations to 400 tasks.", ("3",)),
        (6, "xLSTM grows.", ()),
        (6, "tasksource covers few- and many-shot tasks.", ("sileo2023", "b")),
        (7, "smith2020 shows that $a*b*c$ holds.", ("smith2020",)),
        (7, "Wu et al. propose it.", ("4",)),
        (8, "[5] shows it.", ("5",)),
        (8, "See approx. the value, e.g. tasksource.", ()),
        (8, "It ends.", ("6",)),
        (8, "It begins.", ()),
        (8, "A note in place.", ()),
        (14, "A link and code.", ()),
        (15, "Another method here.", ()),
        (22, "An indented paragraph stays.", ()),
        (24, "A paragraph above a rule stays.", ()),
        (27, "The note says so.", ()),
    ]


def test_a_plain_text_has_headings_too_but_its_last_line_is_none() -> None:
    text = "Related Work\n\nOne is here. Two\nis there.\n\n2.1 Multi-task learning\n\n• An item\n• Another\n\nThree"
    assert [(line, said) for line, said, _ in read(text, "draft.txt")] == [
        (3, "One is here."),
        (3, "Two is there."),
        (8, "An item"),
        (9, "Another"),
        (11, "Three"),
    ]


def test_authors_and_years_are_citations_and_no_part_of_the_claim() -> None:
    text = "It covers 400 tasks (see Sileo, 2023; Wu et al. 2021a). Smith and Lee (2020) agree, and so does CREDIT (2024)."
    assert sentences(text) == [
        Said("It covers 400 tasks.", 1, ("Sileo, 2023", "Wu et al. 2021a"), "It covers 400 tasks."),
        Said(
            "Smith and Lee (2020) agree, and so does CREDIT.",
            1,
            ("Smith and Lee (2020)", "CREDIT 2024"),
            "The authors agree, and so does CREDIT.",
        ),
    ]


@pytest.mark.parametrize(
    "kept", ["It ran (in 2023) well.", "The TREC tasks (TREC, of 2020) are old.", "Take the pair (a, b) of it."]
)
def test_other_brackets_stay(kept: str) -> None:
    assert read(kept) == [(1, kept, ())]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("We train on 400 tasks.", "tasksource helps."),
        ("It reaches 25%.", "word-piece models win."),
        ("We tune it with PPO.", "trlx is used."),
        ("Does it help?", "tasksource does."),
        ("It is old (and slow).", "tasksource is new."),
    ],
)
def test_a_sentence_may_begin_with_a_name_in_lower_case(first: str, second: str) -> None:
    assert [text for _, text, _ in read(f"{first} {second}")] == [first, second]


@pytest.mark.parametrize(
    "whole",
    [
        "It costs approx. five times as much, incl. storage and resp. power.",
        "The conf. paper and the proc. volume of Smith et al. agree.",
        "The question “Is it so?” was asked by (no!) models.",
        "The formula $a. b$ holds in Fig. three of it.",
        "They wait... and see no. five of it.",
        "Models of the dept. of physics win.",
    ],
)
def test_a_shortened_word_ends_no_sentence(whole: str) -> None:
    assert [text for _, text, _ in read(whole)] == [whole]


@pytest.mark.parametrize(
    ("divided", "joined"),
    [
        ("multi-\ntask learning", "multi-task learning"),
        ("a meth-\nod of", "a method of"),
        ("the general-\nization of", "the generalization of"),
        ("a GPT-\nstyle model", "a GPT-style model"),
        ("few-\nand many-shot", "few- and many-shot"),
    ],
)
def test_words_that_a_line_divides_are_joined(divided: str, joined: str) -> None:
    assert read(f"We study {divided} here.\nIt works.") == [(1, f"We study {joined} here.", ()), (3, "It works.", ())]


@pytest.mark.parametrize(
    "text", ["", "# Only a heading\n\n---\n", "\\begin{document}% only a comment", "\\section{Only this}\n", "1 2 3"]
)
def test_what_says_nothing_has_no_sentences(text: str) -> None:
    assert sentences(text) == []


PIECES = [
    *(
        "We",
        "et al.",
        "$x. Y$",
        "$",
        "\\cite{a}",
        "\\citet{b,c}",
        "\\begin{figure}",
        "\\end{figure}",
        "\\[",
        "\\]",
        "{",
        "}",
    ),
    *("\\", "%", "\n", "\n\n", "[3]", "[@k]", "@k", "^[n. n]", "[^1]", "[^1]: ", "- ", "# ", "```", "|a|\n|-|\n", "Fig. 3"),
    *(
        "\\footnote{A b. C}",
        "(Wu, 2020)",
        "Wu et al. (2021)",
        "multi-\ntask",
        "\v\ue000",
        "\\newcommand{\\x}{\\x}",
        "\\x ",
        "<b>",
    ),
]


@pytest.mark.parametrize("name", ["a.tex", "a.md"])
def test_any_text_can_be_read(name: str) -> None:
    source = random.Random(7)  # noqa: S311 (not for secrets)
    for _ in range(150):
        text = "".join(source.choice(PIECES) + source.choice(["", " ", "\n"]) for _ in range(source.randrange(30)))
        for said in sentences(text, name):
            assert 1 <= said.line <= text.count("\n") + 1
            for shown in (said.text, said.claim, *said.cites):
                assert shown.isprintable()
                assert shown == shown.strip()


@pytest.mark.parametrize(
    "unit", ["{", "$", "\\begin{figure}", "\\footnote{", "A, ", "Wu et al. ", "(Wu, 2020; ", "^[", "> "]
)
def test_long_and_odd_drafts_are_read_without_end_or_loss(unit: str) -> None:
    for name in ("a.tex", "a.md"):
        said = " ".join(sentence.text for sentence in sentences(f"We begin. {unit * 2000}\n\nWe end.", name))
        assert said.startswith("We begin.")
        assert said.endswith("We end.")
