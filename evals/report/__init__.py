"""The report of a run: one HTML file, Markdown for a pull request, JUnit XML for a build, JSON for programs.

`evals.report.content` reads what the folders hold; each form is a module of its own, and no form reads a file of a run.
"""

from __future__ import annotations

from importlib import resources

from jinja2 import Environment, StrictUndefined, Template


def source(name: str) -> str:
    """Read a packaged file of the report, such as ``report.css``."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def template(name: str, *, html: bool) -> Template:
    """Load a template of the report; in HTML all that is filled in is escaped, in Markdown by the filter ``cell``."""
    from evals.report.wording import cell

    environment = Environment(autoescape=html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701
    environment.filters["cell"] = cell
    return environment.from_string(source(name))


def encodable(text: str) -> str:
    """Put a question mark for what no file can hold: half a surrogate pair, which JSON can spell."""
    return text.encode("utf-8", "replace").decode("utf-8")
