"""Answers of other systems: a text with markers such as [1], and the contexts they count, become the contract's object.

The whole text counts, not its first line only (the evaluation of ALCE, Gao et al. 2023, cuts there). A marker after the
full stop belongs to the sentence before it. A marker that names no context is invented: it is kept apart, so that it can be
counted, and its neighbours stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.answer import Evidence
from assistant.grounding import CLOSING_STOP, MARKER, Drafted, parse_draft
from evals.foreign.refusals import refuses
from ingestion.paper import Paper

# What some systems put before the number: [Source 1], [Source 1, Source 2], [^1], (Source 1), and [1](#link).
NAME = re.compile(r"(?:source|context|document|doc|passage|reference|ref)s?[ :#.]*(?=\d)|\^(?=\d)", re.IGNORECASE)
BRACKETS = re.compile(r"[\[【(]([^()\[\]【】]{1,80})[)\]】]")
NUMBERS = re.compile(r"\d{1,4}(?: ?(?:[,;&–-]|and) ?\d{1,4})*+")
LINK = re.compile(r"(\[\d{1,4}\])\((?:https?:|#)[^()\s]*\)")
BIBLIOGRAPHY = re.compile(r"[#*_ ]*(?:references|sources|citations|bibliography|works cited)[*_:,;. ]*", re.IGNORECASE)
ENTRY = re.compile(r"(?:[-*•] ?)?(?:[\[【(]?\d{1,4}[\]】).:]|https?://)")


@dataclass(frozen=True, slots=True)
class Context:
    """A text that an answer was drawn from: a marker names it by its place, from 1.

    ``paper_id`` is None where the paper is not known. ``start`` and ``end`` are the place of the text in the paper's
    abstract, in code points; both are 0 where it does not stand there as it is.
    """

    text: str
    paper_id: str | None = None
    title: str = ""
    score: float = 0.0
    start: int = 0
    end: int = 0


class Papers:
    """Finds the papers of contexts: by their ids, else by the texts, white space aside."""

    def __init__(self, papers: Iterable[Paper]) -> None:
        """Find among these papers."""
        self._papers = {paper.id: paper for paper in papers}
        self._plain = {id_: _squeezed(paper.abstract) for id_, paper in self._papers.items()}

    def place(self, context: Context) -> Context:
        """Fill in what is known of a context's paper; as it was where none, or more than one, has its text."""
        id_ = self._holder(context.text) if context.paper_id is None else context.paper_id
        paper = self._papers.get(id_ or "")
        if paper is None:
            return context
        start = paper.abstract.find(context.text) if context.text else -1
        place = (start, start + len(context.text)) if start >= 0 else (0, 0)
        return replace(context, paper_id=paper.id, title=context.title or paper.title, start=place[0], end=place[1])

    def _holder(self, text: str) -> str | None:
        """Find the one paper whose abstract holds a text, or stands whole in it."""
        sought = _squeezed(text)
        if not sought:
            return None
        holders = [id_ for id_, abstract in self._plain.items() if sought in abstract]
        holders = holders or [id_ for id_, abstract in self._plain.items() if abstract in sought]
        return holders[0] if len(holders) == 1 else None


def answer_of(
    question: str,
    text: str,
    contexts: Sequence[Context],
    papers: Papers | None = None,
    *,
    timings: Mapping[str, Any] | None = None,
    usage: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Make the contract's object from another system's answer.

    It differs from Vouched's own in this: citations keep the numbers of the text, those of the contexts; each statement has
    ``invented``, the numbers in it that name no context; ``contexts`` are the texts. A citation's quote is its whole
    context; its ``paper_id`` is null where the paper is not known, and ``start`` and ``end`` are 0 where the quote does not
    stand in the abstract as it is. Every verdict is ``undetermined`` with score 0.0, until a judge is asked. What the
    caller does not know of usage and time is null.

    Args:
        question: the question.
        text: the answer, Markdown or plain, with or without markers: [1], [1][2], [1, 2], [1-3].
        contexts: what the markers count, from 1; best first.
        papers: where to look for the contexts' papers.
        timings: milliseconds by stage, ``total_ms`` at least.
        usage: what it cost, as the contract has it.
    """
    placed = [papers.place(context) if papers is not None else context for context in contexts]
    drafted = statements_of(text, len(placed))
    refused = refuses(drafted)
    answer: dict[str, Any] = {
        "question": question,
        "status": "abstained" if refused else "answered",
        "answer": text,
        "reason": (text.strip() or "the answer is empty") if refused else None,
        "statements": [] if refused else [_statement(sentence) for sentence in drafted],
        "citations": [],
        "retrieved": _retrieved(placed),
        "usage": dict.fromkeys(("model", "llm_calls", "prompt_tokens", "completion_tokens", "cost_usd")) | dict(usage or {}),
        "timings": {"total_ms": None, **(timings or {})},
        "notes": [],
        "denied_by": None,
        "contexts": [context.text for context in placed],
    }
    cited = dict.fromkeys(number for statement in answer["statements"] for number in statement["citations"])
    answer["citations"] = [_citation(number, placed[number - 1]) for number in cited]
    return answer


def statements_of(text: str, contexts: int) -> list[Drafted]:
    """Split an answer into its sentences with their markers; ``contexts`` says how many there are to name.

    Headings, bullets and a list of references at the end are no statements.
    """
    numbered = [Evidence(number, "", "", "", 0, 0, 0.0) for number in range(1, contexts + 1)]
    return parse_draft("\n".join(_lines(LINK.sub(r"\1", BRACKETS.sub(_marker, text)))), numbered)


def _marker(brackets: re.Match[str]) -> str:
    """Write a marker plainly: "[Source 1 and Source 2]" as "[1, 2]"; whatever else stands in brackets stays."""
    inner, names = NAME.subn("", brackets[1])
    numbers = NUMBERS.fullmatch(inner) and (names or not brackets[0].startswith("("))
    return f"[{re.sub('and|&', ',', inner)}]" if numbers else brackets[0]


def _lines(text: str) -> list[str]:
    """Give the lines of an answer, a wrapped one as one; markers on a line of their own belong to the line before."""
    lines: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        wrapped = line[0].islower() and lines and not CLOSING_STOP.search(MARKER.sub("", lines[-1]))
        if lines and (wrapped or _only_markers(line)):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    for place, line in enumerate(lines):
        if BIBLIOGRAPHY.fullmatch(MARKER.sub("", line)) and all(ENTRY.match(entry) for entry in lines[place + 1 :]):
            return lines[:place]
    return lines


def _only_markers(line: str) -> bool:
    return MARKER.search(line) is not None and not MARKER.sub("", line).strip(" ,;.")


def _statement(sentence: Drafted) -> dict[str, Any]:
    judged = {"verdict": "undetermined", "score": 0.0, "alarms": []}
    return {"text": sentence.text, "citations": list(sentence.numbers), **judged, "invented": list(sentence.astray)}


def _citation(number: int, context: Context) -> dict[str, Any]:
    place = {"quote": context.text, "start": context.start, "end": context.end}
    return {"number": number, "paper_id": context.paper_id, "title": context.title, **place, "score": context.score}


def _retrieved(contexts: Sequence[Context]) -> list[dict[str, Any]]:
    """Rank the papers of the contexts, each once; a context of an unknown paper holds its place under a name of its own."""
    papers: dict[str, dict[str, Any]] = {}
    for number, context in enumerate(contexts, start=1):
        id_ = context.paper_id or f"context:{number}"
        papers.setdefault(id_, {"paper_id": id_, "title": context.title, "score": context.score})
    return list(papers.values())


def _squeezed(text: str) -> str:
    return " ".join(text.split())
