"""What keeps an export from being made."""

from __future__ import annotations

from ingestion.errors import VouchedError


class ExportError(VouchedError):
    """The file cannot be written as asked, or what is to be written is no answer."""
