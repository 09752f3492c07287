"""What stands in the place of a result when there is none."""

from __future__ import annotations

from assistant.ui import escaping


def remark(words: str) -> str:
    """Give a remark."""
    return f'<p class="v-note" role="status">{escaping.text(words)}</p>'


def unexpected(error: Exception) -> str:
    """Say of an error of which we know nothing what the reader may know."""
    return f"Something unexpected went wrong ({type(error).__name__}). The server's log says more."
