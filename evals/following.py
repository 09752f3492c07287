"""Do follow-ups find the paper that they ask of?

    python -m evals.following --library library

Takes pairs of questions of one paper from a suite, of which the second names the paper's system: "it" is put in the place
of the name. Prints how often the right paper comes first for the second question in a chat, as it was typed but alone, and
with the name. No language model takes part.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant.chats.following import names_in
from assistant.engine import Assistant
from assistant.settings import Settings
from evals.case import Case
from evals.statistics import wilson
from evals.suite import load_suite
from ingestion.library import Library


def pairs(cases: tuple[Case, ...], library: Library) -> Iterator[tuple[Case, Case, str]]:
    """Yield a question, another one of the same paper that names its system, and that with "it" for the name."""
    answerable = [case for case in cases if case.answerable and len(case.papers) == 1]
    for second in answerable:
        title = library.paper(second.papers[0]).title
        names = [name for name in names_in(second.question) if name in title]
        others = [case for case in answerable if case.papers == second.papers and case is not second]
        if len(names) == 1 and len(names_in(second.question)) == 1 and others:
            yield others[0], second, leaning(second.question, names[0])


def leaning(question: str, name: str) -> str:
    """Put "it" and "its" in the place of a name."""
    said = re.sub(rf"\b{re.escape(name)}['’]s\b", "its", question)
    said = re.sub(rf"(?:\b[Tt]he )?\b{re.escape(name)}\b(?: (?:model|framework|method|benchmark|dataset))?", "it", said)
    return said[:1].upper() + said[1:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, default=Path("library"))
    parser.add_argument("--suite", default="page-test")
    options = parser.parse_args()
    library = Library.open(options.library)
    assistant = Assistant(library, Settings(llm="extractive"))
    asked = list(pairs(load_suite(options.suite).cases, library))
    right = {"in a chat": 0, "alone": 0, "with the name": 0}
    wrong = []
    for first, second, said in track(asked, "Asking", console=Console(stderr=True)):
        chat = assistant.chat()
        chat.ask(first.question)
        answers = {
            "in a chat": chat.ask(said),
            "alone": assistant.ask(said),
            "with the name": assistant.ask(second.question),
        }
        found = {way: answer.retrieved[0].paper_id in second.papers for way, answer in answers.items()}
        for way, is_right in found.items():
            right[way] += is_right
        if found["with the name"] and not found["in a chat"]:
            wrong.append((first.question, said, answers["in a chat"].understood))
    table = Table("second question", "right paper first", "95 %", box=None)
    for way, count in right.items():
        low, high = wilson(count, len(asked))
        table.add_row(way, f"{count} of {len(asked)}", f"{low:.3f} to {high:.3f}")
    out = Console(soft_wrap=True, highlight=False)
    out.print(table)
    for first_asked, said, understood in wrong:
        out.print(f"- {first_asked} | {said} | understood: {understood}", markup=False)


if __name__ == "__main__":
    main()
