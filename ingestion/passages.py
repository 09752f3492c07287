"""What of a paper is embedded: its passages, small ones to find the place and the whole to find the topic.

A passage is one sentence. On the development questions wider windows were no better, at up to three times the cost in
tokens (``python -m evals.retrieval_ablation``); sentences also let the evidence be chosen without embedding again.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.paper import Paper
from ingestion.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of an abstract: ``abstract[start:end] == text``, in code points. ``index`` counts within the paper."""

    paper_id: str
    index: int
    start: int
    end: int
    text: str


def passages_of(paper: Paper) -> list[Passage]:
    """Give a paper's passages in order: at least one, as no abstract is empty."""
    return [
        Passage(paper.id, index, sentence.start, sentence.end, paper.abstract[sentence.start : sentence.end])
        for index, sentence in enumerate(split_sentences(paper.abstract))
    ]


def whole_text(paper: Paper) -> str:
    """Give the text that stands for the whole paper: its title, then its abstract."""
    return f"{paper.title}. {paper.abstract}"
