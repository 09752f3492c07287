"""Errors that a user is meant to read."""


class VouchedError(Exception):
    """An error whose message the user should read: what happened, where, and what to do."""


class LibraryError(VouchedError):
    """The library on disk cannot be opened, read or written as asked.

    ``absent`` says that it can be read, and only lacks what was named.
    """

    def __init__(self, message: str, *, absent: bool = False) -> None:
        """Say what happened, and what to do."""
        super().__init__(message)
        self.absent = absent
