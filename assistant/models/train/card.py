"""The model card: what a model is, from what it learnt, and how well it does, written by the run itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined


def write(path: Path, template: str, **values: Any) -> None:  # noqa: ANN401 (what the template names)
    """Write a model's card from a template in this folder and the values of its run."""
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 (Markdown)
    text = Path(__file__).with_name(template).read_text(encoding="utf-8")
    path.write_text(environment.from_string(text).render(values) + "\n", encoding="utf-8")
