"""The sentences of a summary, group by group: the papers' own, or a model's, each checked and where it fails replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import Evidence, Statement
from assistant.budget import fitted, room_for
from assistant.claims import Verifier
from assistant.drafts import THOUGHT
from assistant.errors import LLMError
from assistant.grounding import CLOSING_STOP, Drafted, check, parse_draft
from assistant.llm import Writer
from assistant.settings import Settings
from assistant.summarizing.outline import Group, Outline, Quote
from assistant.vouching import reattributed
from prompts import Prompt, render


@dataclass(frozen=True, slots=True)
class Said:
    """A checked statement, whose citations are still evidence numbers; ``quote`` is what it says word for word, if so."""

    statement: Statement
    quote: Quote | None = None


def quoted(quotes: Sequence[Quote], outline: Outline, verifier: Verifier) -> list[Said]:
    """Say quotes in the papers' own words. Raises ModelError."""
    drafted = [Drafted(quote.text, (quote.evidence.number,)) for quote in quotes]
    checked = check(drafted, [quote.evidence for quote in outline.quotes], verifier)
    return [Said(statement, quote) for statement, quote in zip(checked, quotes, strict=True)]


def extracted(outline: Outline, verifier: Verifier) -> list[list[Said]]:
    """Say each group in the papers' own words. Raises ModelError."""
    return [quoted(group.quotes, outline, verifier) for group in outline.groups]


def draft(outline: Outline, writer: Writer, settings: Settings) -> tuple[list[Drafted], list[str]]:
    """Have a model write all groups in one call; gives its sentences, and notes on what it was not shown.

    Raises:
        LLMError: the model failed, or cites nothing.
    """

    def prompt_of(shown: Sequence[Evidence]) -> Prompt:
        themes = _themes(outline.groups, shown)
        return render("summary.v1", own=settings.prompts, question=outline.subject, evidence=shown, themes=themes)

    evidence = [quote.evidence for quote in outline.quotes]
    room = room_for(settings, writer.llm.metadata)
    prompt, shown = fitted(evidence, room, prompt_of)
    notes = []
    if len(shown) < len(evidence):
        notes.append(
            f"{len(evidence) - len(shown)} of {len(evidence)} sentences of evidence did not fit into a prompt of {room}"
            " tokens and were left out. VOUCHED_PROMPT_TOKENS and VOUCHED_CONTEXT_TOKENS limit it."
        )
    sentences = [s for s in parse_draft(THOUGHT.sub("", "".join(writer.write(prompt))), shown) if not _is_heading(s)]
    if settings.llm != "local" and not any(sentence.numbers for sentence in sentences):
        raise LLMError(
            f"The model {writer.meter.model} cites none of the evidence. Name a more able one, or use --llm extractive."
        )
    return sentences, notes


def vouched(outline: Outline, drafted: Sequence[Drafted], verifier: Verifier) -> tuple[list[list[Said]], list[str]]:
    """Check a model's sentences and put each into the group that it cites first.

    One that its evidence does not support, nor other evidence, gives way to the evidence itself, and a group without any is
    said in the papers' own words; notes tell of both. Raises ModelError.
    """
    home = {quote.evidence.number: place for place, group in enumerate(outline.groups) for quote in group.quotes}
    groups: list[list[Said | Quote]] = [[] for _ in outline.groups]
    by_number, replaced = {quote.evidence.number: quote for quote in outline.quotes}, 0
    evidence = [quote.evidence for quote in outline.quotes]
    for statement in reattributed(check(drafted, evidence, verifier), evidence, verifier):
        group = groups[home[statement.citations[0]]] if statement.citations else []
        if statement.verdict != "unsupported":
            group.append(Said(statement))
            continue
        replaced += 1
        if statement.citations:
            group.append(by_number[statement.citations[0]])
    empty = [place for place, group in enumerate(groups) if not group]
    for place in empty:
        groups[place] = list(outline.groups[place].quotes[:2])
    notes = []
    if replaced:
        notes.append(
            f"{replaced} of the model's {len(drafted)} sentences were not supported by what they cite; the papers' own"
            " stand in their place."
        )
    if empty:
        names = "; ".join(outline.groups[place].heading for place in empty)
        notes.append(f"The model wrote nothing that can be vouched for on: {names}. There the papers' own sentences stand.")
    return [_filled(group, outline, verifier) for group in groups], notes


def _filled(group: Sequence[Said | Quote], outline: Outline, verifier: Verifier) -> list[Said]:
    """Say the quotes that stand in for a sentence, each once."""
    quotes = list({item.evidence.number: item for item in group if isinstance(item, Quote)}.values())
    own = dict(zip([quote.evidence.number for quote in quotes], quoted(quotes, outline, verifier), strict=True))
    filled = [item if isinstance(item, Said) else own.pop(item.evidence.number, None) for item in group]
    return [item for item in filled if item is not None]


def _is_heading(sentence: Drafted) -> bool:
    """Tell a heading that the model wrote all the same, or a sentence that it did not end, from one that it did."""
    return not (sentence.numbers or sentence.astray or CLOSING_STOP.search(sentence.text))


def _themes(groups: Sequence[Group], shown: Sequence[Evidence]) -> list[str]:
    """Name each group with the numbers of its evidence that is shown; one of which nothing is shown is left out."""
    there = {item.number for item in shown}
    numbers = [[q.evidence.number for q in group.quotes if q.evidence.number in there] for group in groups]
    return [f"{g.heading}: {''.join(f'[{n}]' for n in found)}" for g, found in zip(groups, numbers, strict=True) if found]
