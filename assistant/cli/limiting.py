"""Options that limit a command to some of the papers, and what is said where none is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from assistant.cli.output import console
from ingestion.library import Library

YearFrom = Annotated[
    int | None, typer.Option("--year-from", help="Leave out papers of earlier years, or of none.", show_default=False)
]
YearTo = Annotated[
    int | None, typer.Option("--year-to", help="Leave out papers of later years, or of none.", show_default=False)
]
Venues = Annotated[
    list[str] | None,
    typer.Option("--venue", metavar="NAME", help="Only papers of this venue; may be repeated: any of them."),
]
Categories = Annotated[
    list[str] | None,
    typer.Option("--category", metavar="NAME", help="Only papers of this category, or of what it begins: cs is cs.CL too."),
]
Authors = Annotated[
    list[str] | None,
    typer.Option("--author", metavar="NAME", help="Only papers by this author, by surname or full name; may be repeated."),
]


def scope_of(library: Library, **limits: Any) -> tuple[list[str] | None, Mapping[str, Any]]:  # noqa: ANN401 (of `Library.scope`)
    """Give the ids of the papers that the options leave, None for all, and the options as `Library.scope` has them.

    Raises:
        LibraryError: there is no such paper, venue, category or author; it names some that there are.
    """
    scope = {name: value for name, value in limits.items() if value not in (None, [])}
    within = library.scope(**scope)
    if within is not None and not within:
        console(err=True).print(library.emptiness(**scope), soft_wrap=True)
    return within, scope
