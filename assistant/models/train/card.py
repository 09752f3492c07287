"""The model card: what a model is, from what it learnt, and how well it does, written by the run itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

TEMPLATE = Path(__file__).with_name("reader-card.md.jinja")


def write(path: Path, settings: dict[str, Any], figures: dict[str, float], calibration: dict[str, Any]) -> None:
    """Write the reader's card from the figures of its run."""
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 (Markdown)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    path.write_text(template.render(c=settings, f=figures, k=calibration) + "\n", encoding="utf-8")
