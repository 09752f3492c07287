"""A document as Markdown: numbered markers in the text, and below it the exact quotes that they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from assistant.answer import Statement
from assistant.exporting import marking, sources
from assistant.exporting.bibtex import bibliography
from assistant.exporting.document import Document, Part
from assistant.ui.markdown import Piece
from assistant.ui.marks import told
from assistant.ui.prose import Paragraph, Passage, paragraphs

SIGNS = {"supported": "", "undetermined": " **(? undetermined)**", "unsupported": " **(✗ not supported)**"}
STYLES = {"strong": "**", "em": "*", "code": ""}


def markdown(document: Document) -> str:
    """Write a document; what stands in papers, questions and answers marks nothing up."""
    head = [f"# {marking.text(document.title)}", f"*{marking.text(_about(document))}*"]
    bodies = [block for part in document.parts for block in _part(part, document)]
    cited = document.cited()
    tail = ["## BibTeX", marking.fenced(bibliography(cited, abstracts=False), "bibtex")] if cited else []
    return "\n\n".join([*head, *bodies, *tail]) + "\n"


def _about(document: Document) -> str:
    turns = len(document.parts)
    told = {"answer": "An answer", "summary": "A summary", "chat": f"A chat of {turns} question{'s'[: turns != 1]}"}
    return f"{told[document.kind]} by Vouched, {sources.made(document)}"


def _part(part: Part, document: Document) -> Iterator[str]:
    answer, level = part.answer, "##"
    if document.kind == "chat":
        yield f"## {marking.text(answer.question)}"
        level = "###"
    if answer.understood:
        yield f"Understood as: *{marking.text(answer.understood.strip())}*"
    if answer.status == "abstained":
        yield f"**Not in the library.** {marking.line(sources.reason(answer))}"
    else:
        yield from _body(part, level)
    yield from (f"> {marking.line(note)}" for note in answer.notes)
    yield from _doubts(sources.doubts(answer))
    yield marking.line(sources.facts(answer))
    if answer.citations:
        yield f"{level} {'Nearest evidence' if answer.status == 'abstained' else 'Sources'}"
        yield from map(_card, sources.cards(answer, document.papers))


def _body(part: Part, level: str) -> Iterator[str]:
    found = paragraphs(part.text, part.said)
    for kind, group in groupby(found, key=lambda paragraph: paragraph.kind):
        lines = [_words(paragraph) for paragraph in group]
        if kind in {"ul", "ol"}:
            yield "\n".join(f"{'-' if kind == 'ul' else f'{n}.'} {said}" for n, said in enumerate(lines, start=1))
        else:
            yield from (f"{level} {said}" if kind == "h3" else said for said in lines if said)
    if part.table is not None:
        rows = [["Paper", *map(marking.line, part.table.aspects)], ["---"] * (1 + len(part.table.aspects))]
        for row in part.table.rows:
            cells = [_cell(part.answer.statements[cell.statement]) if cell else "—" for cell in row.cells]
            rows.append([marking.line(row.title), *cells])
        yield "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(statement: Statement) -> str:
    return _words(Paragraph("p", (Passage((Piece(statement.text),), statement, statement.citations, ends=True),)))


def _words(paragraph: Paragraph) -> str:
    return marking.block(marking.marked("".join(map(_passage, paragraph.passages))))


def _passage(passage: Passage) -> str:
    said = "".join(map(_piece, passage.pieces))
    if passage.statement is None:
        return said
    if passage.markers:  # before the stop, as the contract has them
        words = said.rstrip(".!?")
        said = f"{words} {''.join(f'[{number}]' for number in passage.markers)}{said[len(words) :]}"
    return said + (SIGNS[passage.statement.verdict] if passage.ends else "")


def _piece(piece: Piece) -> str:
    if piece.marker is not None:
        return f"[{piece.marker}]"
    if "code" in piece.styles:
        return marking.code(piece.text)
    around = "".join(STYLES[style] for style in piece.styles)
    return f"{around}{marking.text(piece.text)}{around[::-1]}"


def _doubts(statements: tuple[Statement, ...]) -> Iterator[str]:
    if statements:
        yield "\n".join(f"- “{marking.text(found.text.strip())}” {told(found)}" for found in statements)


def _card(card: sources.Card) -> str:
    links = " · ".join(marking.link(label, address) for label, address in card.links.items())
    about = " · ".join(filter(None, [marking.text(card.byline), links]))
    lines = [f"**{marking.text(card.title.strip())}**" + (f"  \n{marking.block(about)}" if about else ""), ""]
    for citation in card.citations:
        lost = "; the library no longer holds these words" if card.lost(citation) else ""
        place = f"characters {citation.start}–{citation.end} of the abstract{lost}"
        lines.append(f"- [{citation.number}] “{marking.text(citation.quote.strip())}” ({place})")
    return "\n".join(lines)
