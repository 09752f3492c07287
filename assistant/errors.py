"""Errors of asking that a user is meant to read."""

from __future__ import annotations

from ingestion.errors import VouchedError


def error_object(error: Exception) -> dict[str, dict[str, str]]:
    """Give an error as the contract's object."""
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    return {"error": {"type": type(error).__name__, "message": message}}


class QuestionError(VouchedError):
    """The question cannot be asked as it stands: it is empty, or far too long."""


class LLMError(VouchedError):
    """The language model could not be reached, refused, or wrote nothing that can be used."""


class BusyError(VouchedError):
    """Too many wait already; asking again a little later helps."""


class BankError(VouchedError):
    """The worked examples that the settings name cannot be read."""
