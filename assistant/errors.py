"""Errors of asking that a user is meant to read."""

from __future__ import annotations

from ingestion.errors import VouchedError


class QuestionError(VouchedError):
    """The question cannot be asked as it stands: it is empty, or far too long."""


class LLMError(VouchedError):
    """The language model could not be reached, refused, or wrote nothing that can be used."""


class BankError(VouchedError):
    """The worked examples that the settings name cannot be read."""
