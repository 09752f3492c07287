"""The files of a folder, in the order of their names."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ingestion.paper import Refusal


def files_of(path: Path) -> Iterator[Path | Refusal]:
    """Yield a file as it is; of a folder all files, also of the folders in it, sorted, without hidden ones.

    What is no file (a pipe, a socket) is refused inside a folder, where nobody asked for it. Links to folders are not
    followed: they may lead round in a circle.
    """
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError) as error:  # a zero byte in the name
        yield unreadable(path, error)
        return
    if not is_folder:
        yield path
        return
    found = False
    for file in _walked(path):
        found = True
        yield file
    if not found:
        yield Refusal(str(path), None, "is a folder without files; hidden ones do not count")


def _walked(folder: Path) -> Iterator[Path | Refusal]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield unreadable(folder, error)
        return
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _walked(path)
            elif stat.S_ISREG(entry.stat().st_mode):
                yield path
            elif not entry.is_dir():
                yield Refusal(str(path), None, "is no file but a pipe, a socket or a device; it is not read inside a folder")
        except OSError as error:  # a link to nothing
            yield unreadable(path, error)


def unreadable(path: Path, error: OSError | ValueError) -> Refusal:
    """Say that a path cannot be read, in the system's words."""
    return Refusal(str(path), None, f"cannot be read: {getattr(error, 'strerror', None) or error}")
