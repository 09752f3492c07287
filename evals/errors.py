"""Errors of evaluating that a user is meant to read."""

from __future__ import annotations

from ingestion.errors import VouchedError


class SuiteError(VouchedError):
    """A suite cannot be read, or does not fit its library."""
