"""Text of papers, questions and models becomes HTML here, and nowhere else.

Gradio hands a chat message to a Markdown parser and then to a sanitiser. Both stay on, but neither is relied on: a
character that either HTML or Markdown could read as markup leaves here as a numeric reference.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

MARKUP = frozenset("&<>\"'`*_[]()!\\~|#$%{}")
TITLE_LIMIT = 320
INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def text(value: str) -> str:
    """Escape text for an element's content or a quoted attribute.

    Control characters, and marks that reverse the direction of writing, would let a text pose as another: they go.
    """
    return "".join(f"&#{ord(c)};" if c in MARKUP else c for c in INVISIBLE.sub("", value))


def line(value: str, limit: int | None = None) -> str:
    """Escape text as one line, cut at ``limit`` characters."""
    flat = " ".join(value.split())
    if limit is not None and len(flat) > limit:
        flat = flat[: limit - 1].rstrip() + "…"
    return text(flat)


def web_address(value: str | None) -> str | None:
    """Give an address when it is a plain web address, and None otherwise: no ``javascript:``, no ``data:``."""
    if not value:
        return None
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return None
    return value.strip() if parts.scheme in {"http", "https"} and parts.netloc else None
