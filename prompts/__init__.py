"""Prompts: one versioned Jinja file each, with its variables declared in its first line and checked when it is used.

A prompt has two blocks, ``system`` and ``user``. A changed prompt is a new version: ``answer.v2.jinja``. What several
share is in ``parts/``, and included; a prompt declares the variables of its parts as well. A file of the same name in a
folder of the user's own takes the place of any of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta

from ingestion.errors import VouchedError

DECLARATION = re.compile(r"\{#-? variables: ([a-z_, ]+?) -?#\}")


class PromptError(VouchedError):
    """A prompt of the user's own cannot be used."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt: what the model is told it is, and what it is asked."""

    system: str
    user: str


@cache
def _load(name: str, own: Path | None) -> tuple[Template, frozenset[str]]:
    def source_of(file: str) -> str:
        return source(file, own)

    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 (not HTML: the text goes to a model, which would read &lt; as it stands)
        loader=FunctionLoader(source_of),
    )
    environment.filters["data"] = _data
    text = source_of(f"{name}.jinja")
    declared = DECLARATION.match(text)
    variables = frozenset(declared.group(1).split(", ")) if declared else frozenset()
    used = _used(environment, text, source_of)
    if used != variables:
        raise ValueError(f"The prompt {name} declares {sorted(variables)} and uses {sorted(used)}.")
    template = environment.from_string(text)
    if missing := {"system", "user"} - template.blocks.keys():
        raise ValueError(f"The prompt {name} has no block {missing.pop()}.")
    return template, variables


def source(file: str, own: Path | None = None) -> str:
    """Give the text of a prompt's file, such as ``answer.v2.jinja``: the one in the folder ``own``, if it is there."""
    packaged = resources.files(__package__).joinpath(file)
    return (own / file if own is not None and (own / file).is_file() else packaged).read_text(encoding="utf-8")


def _used(environment: Environment, text: str, source_of: Callable[[str], str]) -> frozenset[str]:
    """Find the variables of a prompt and of the parts that it includes."""
    parsed = environment.parse(text)
    parts = (_used(environment, source_of(part), source_of) for part in meta.find_referenced_templates(parsed) if part)
    return frozenset(meta.find_undeclared_variables(parsed)).union(*parts)


def _data(text: str) -> str:
    """Keep text from papers within its line and its marks: a line of its own could pass for another piece of evidence.

    A model may write half of a surrogate pair, which cannot be sent.
    """
    return " ".join(text.encode("utf-8", "replace").decode().split()).replace("<", "‹")


def render(name: str, *, own: Path | None = None, **variables: object) -> Prompt:
    """Fill in a prompt, such as ``answer.v1``; ``own`` is a folder whose files take the place of ours.

    Raises:
        ValueError: the given variables are not exactly the declared ones.
        PromptError: a file of the folder cannot be used.
    """
    try:
        template, declared = _load(name, own)
        if variables.keys() != declared:
            raise ValueError(f"The prompt {name} takes {sorted(declared)}, not {sorted(variables)}.")
        context = template.new_context(variables)
        system, user = ("".join(template.blocks[block](context)).strip() for block in ("system", "user"))
    except (TemplateError, ValueError, OSError) as error:
        if own is None:
            raise
        line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
        raise PromptError(f"The prompt {name} of {own} cannot be used{line}: {error} Mend or remove its file.") from error
    return Prompt(system, user)
