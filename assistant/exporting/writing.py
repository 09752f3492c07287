"""Writes a document to a file in the format that the file's name asks for: all of it or, after a failure, nothing."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from assistant.exporting.document import Document
from assistant.exporting.errors import ExportError


def _markdown(document: Document) -> bytes:
    from assistant.exporting.markdown import markdown

    return _encoded(markdown(document))


def _html(document: Document) -> bytes:
    from assistant.exporting.html import html

    return _encoded(html(document))


def _json(document: Document) -> bytes:
    """Write the contract's object; of a chat one object that has them as its turns."""
    records = [dict(part.record) for part in document.parts]
    made = document.made.isoformat(timespec="seconds")
    value = {"chat": document.title, "made": made, "turns": records} if document.kind == "chat" else records[0]
    # Half a surrogate pair can be in no file; JSON has a spelling for it.
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


def _bib(document: Document) -> bytes:
    from assistant.exporting.bibtex import bibliography

    return _encoded(bibliography(document.cited()))


FORMATS: dict[str, Callable[[Document], bytes]] = {".md": _markdown, ".html": _html, ".json": _json, ".bib": _bib}


def check(path: Path) -> None:
    """See that a file can be written, before anything is paid for. What is there is left as it is.

    Raises:
        ExportError: the suffix names no format, or there is no such folder, or nothing can be written there.
    """
    if path.suffix.lower() not in FORMATS:
        raise ExportError(f"{path} cannot be written: its suffix says the format, and is one of {', '.join(FORMATS)}.")
    try:
        if path.exists() and not path.is_file():
            raise ExportError(f"{path} cannot be written: it is {'a folder' if path.is_dir() else 'no ordinary file'}.")
        beside = _beside(path)
        beside.touch(exist_ok=False)
        beside.unlink()
    except (OSError, RuntimeError, ValueError) as error:
        raise _unwritable(path, error) from error


def export(document: Document, path: Path) -> None:
    """Write a document in the format of the file's suffix. A file that is there is replaced, once the new one is whole.

    Raises:
        ExportError: as `check`, or the disk is full.
    """
    check(path)
    content = FORMATS[path.suffix.lower()](document)
    beside = _beside(path)
    try:
        try:
            beside.write_bytes(content)
            target = path.resolve()
            if target.exists():
                shutil.copymode(target, beside)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def _beside(path: Path) -> Path:
    """Name a file in the same folder as what is to be replaced, which a link may have led to."""
    return path.resolve().with_name(f".vouched-{secrets.token_hex(8)}.part")


def _unwritable(path: Path, error: Exception) -> ExportError:
    if isinstance(error, FileNotFoundError) and not path.parent.is_dir():
        return ExportError(f"{path} cannot be written: there is no folder {path.parent}. Make it, or name another.")
    reason = (error.strerror if isinstance(error, OSError) else None) or error
    return ExportError(f"{path} cannot be written: {reason}. Name another place.")


def _encoded(text: str) -> bytes:
    """Put a question mark for what no file can hold: half a surrogate pair, which JSON can spell."""
    return text.encode("utf-8", "replace")
