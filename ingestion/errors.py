"""Errors that a user is meant to read."""


class VouchedError(Exception):
    """An error whose message the user should read: what happened, where, and what to do."""


class LibraryError(VouchedError):
    """The library on disk cannot be opened, read or written as asked."""
