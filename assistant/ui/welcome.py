"""What the page says before anything is asked."""

from __future__ import annotations


def papers(count: int) -> str:
    """Give a number of papers in words."""
    return "1 paper" if count == 1 else f"{count:,} papers"


def masthead(count: int) -> str:
    """Give the name of the house and the size of the library."""
    held = f"{papers(count)} in the library" if count else "The library is empty"
    return f'<div class="v-masthead"><h1>Vouched</h1><p>{held}</p></div>'


def greeting(count: int) -> str:
    """Give the words above the first questions; for an empty library, how to fill it."""
    if not count:
        return (
            '<div class="v-hello"><h2>The library is empty.</h2><p>Add papers with <code>vouched ingest FILE</code>, '
            "then load this page again.</p></div>"
        )
    abstracts = "one abstract" if count == 1 else f"{count:,} abstracts"
    return (
        f'<div class="v-hello"><h2>Ask {abstracts}.</h2><p>Every sentence of an answer leads to the words it rests on, '
        "and is checked against them. What the library does not say, the answer does not either.</p></div>"
    )
