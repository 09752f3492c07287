"""A document as one page of HTML that needs nothing else: no script, no network, styles inside.

All that is filled in is escaped, and the page's own policy lets nothing run and nothing be fetched, whatever stands in a
paper. The colours are those of the web app.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from assistant.exporting import sources
from assistant.exporting.bibtex import bibliography
from assistant.exporting.document import Document
from assistant.exporting.view import turns
from assistant.ui.escaping import INVISIBLE
from assistant.ui.marks import SIGNS, told


def html(document: Document) -> str:
    """Write a document as a page."""
    css = _source("assistant.ui", "static", "colours.css") + _source("assistant.exporting", "page.css")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_visible,
    )
    cited = document.cited()
    return environment.from_string(_source("assistant.exporting", "page.html.jinja")).render(
        document=document,
        turns=turns(document),
        css=Markup(css),  # noqa: S704 (packaged files)
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        made=sources.made(document),
        facts=sources.facts,
        reason=sources.reason,
        doubts=sources.doubts,
        told=told,
        signs=SIGNS,
        bibtex=bibliography(cited, abstracts=False) if cited else "",
    )


def _visible(value: object) -> object:
    """Drop control characters, and marks that reverse the direction of writing, from whatever is filled in."""
    return INVISIBLE.sub("", value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _source(package: str, *path: str) -> str:
    return files(package).joinpath(*path).read_text(encoding="utf-8")
