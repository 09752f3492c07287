"""Prompts: one versioned Jinja file each, with its variables declared in its first line and checked when it is used.

A prompt has two blocks, ``system`` and ``user``. A changed prompt is a new version: ``answer.v2.jinja``. What several
share is in ``parts/``, and included; a prompt declares the variables of its parts as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template, meta

DECLARATION = re.compile(r"\{#-? variables: ([a-z_, ]+?) -?#\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt: what the model is told it is, and what it is asked."""

    system: str
    user: str


@cache
def _load(name: str) -> tuple[Template, frozenset[str]]:
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 (not HTML: the text goes to a model, which would read &lt; as it stands)
        loader=FunctionLoader(_source),
    )
    environment.filters["data"] = _data
    source = _source(f"{name}.jinja")
    declared = DECLARATION.match(source)
    variables = frozenset(declared.group(1).split(", ")) if declared else frozenset()
    used = _used(environment, source)
    if used != variables:
        raise ValueError(f"The prompt {name} declares {sorted(variables)} and uses {sorted(used)}.")
    return environment.from_string(source), variables


def _source(file: str) -> str:
    return resources.files(__package__).joinpath(file).read_text(encoding="utf-8")


def _used(environment: Environment, source: str) -> frozenset[str]:
    """Find the variables of a prompt and of the parts that it includes."""
    parsed = environment.parse(source)
    parts = (_used(environment, _source(part)) for part in meta.find_referenced_templates(parsed) if part)
    return frozenset(meta.find_undeclared_variables(parsed)).union(*parts)


def _data(text: str) -> str:
    """Keep text from papers within its line and its marks: a line of its own could pass for another piece of evidence.

    A model may write half of a surrogate pair, which cannot be sent.
    """
    return " ".join(text.encode("utf-8", "replace").decode().split()).replace("<", "‹")


def render(name: str, **variables: object) -> Prompt:
    """Fill in a prompt, such as ``answer.v1``. Raises ValueError unless exactly the declared variables are given."""
    template, declared = _load(name)
    if variables.keys() != declared:
        raise ValueError(f"The prompt {name} takes {sorted(declared)}, not {sorted(variables)}.")
    context = template.new_context(variables)
    system, user = ("".join(template.blocks[block](context)).strip() for block in ("system", "user"))
    return Prompt(system, user)
