"""Vouched's assistant: answers from a library of abstracts, every sentence vouched for by an exact quote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.engine import Assistant
    from assistant.settings import Settings

__all__ = ["Answer", "Assistant", "Settings"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 (a module's attributes)
    """Import on first use: the engine needs LlamaIndex, which takes longer to import than most commands to run."""
    from importlib import import_module

    homes = {"Answer": "assistant.answer", "Assistant": "assistant.engine", "Settings": "assistant.settings"}
    if name not in homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(homes[name]), name)
