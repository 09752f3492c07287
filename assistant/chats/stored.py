"""Chats on disk: a file each, one finished turn a line, for its owner alone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from assistant.chats.chat import Chat, Turn
from ingestion.errors import VouchedError

SUFFIX = ".jsonl"
NAME = re.compile(r"[\w][\w .-]{0,79}")
PATIENCE_S = 5.0


class ChatError(VouchedError):
    """A saved chat cannot be opened, or a turn of it not kept."""


class ChatFile:
    """A saved chat. Its first line says of which library it is, each further one is a turn."""

    def __init__(self, folder: Path, name: str) -> None:
        """Name a chat. Raises ChatError for a name that is none."""
        if not NAME.fullmatch(name):
            raise ChatError(f"{name!r} is no name for a chat. Use letters, digits, spaces, points and dashes, at most 80.")
        self.name, self.path = name, folder / f"{name}{SUFFIX}"

    def turns(self) -> list[Turn]:
        """Read the turns; none where there is no such chat yet. Half a line at the end, of a killed process, is left out.

        Raises:
            ChatError: the file cannot be read, or is damaged.
        """
        return [self._turn(number, line) for number, line in enumerate(self._lines(), start=1) if number > 1]

    def library(self) -> str | None:
        """Say of which library the chat is; None where there is no such chat yet. Raises ChatError."""
        first = next(iter(self._lines()), None)
        return None if first is None else str(self._object(1, first).get("library"))

    def add(self, turn: Turn, library: Path) -> None:
        """Keep a turn. Raises ChatError."""
        line = json.dumps({"question": turn.question, "answer": turn.answer}, ensure_ascii=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(f"{self.path}.lock", timeout=PATIENCE_S), self._opened() as file:
                whole = file.read()
                end = whole.rfind(b"\n") + 1
                file.truncate(end)  # what a killed process left of a line
                file.seek(end)
                head = b"" if end else json.dumps({"library": str(library.resolve())}).encode() + b"\n"
                file.write(head + line.encode("utf-8", "replace") + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except Timeout as error:
            raise ChatError(f"Another program is writing to the chat {self.name} ({self.path}). Try again.") from error
        except OSError as error:
            raise ChatError(f"The chat {self.name} cannot be kept in {self.path}: {error.strerror or error}.") from error

    def delete(self) -> None:
        """Delete the chat. Raises ChatError where there is none."""
        try:
            self.path.unlink()
            Path(f"{self.path}.lock").unlink(missing_ok=True)
        except OSError as error:
            raise ChatError(f"The chat {self.name} cannot be deleted: {error.strerror or error}.") from error

    def _opened(self) -> BinaryIO:
        return os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")

    def _lines(self) -> list[bytes]:
        try:
            return [line for line in self.path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ChatError(f"The chat {self.name} cannot be read: {error.strerror or error}.") from error

    def _turn(self, number: int, line: bytes) -> Turn:
        found = self._object(number, line)
        question, answer = found.get("question"), found.get("answer")
        if not isinstance(question, str) or not isinstance(answer, dict):
            raise ChatError(f"{self.path}, line {number}, is no turn of a chat. Remove the line, or the file.")
        return Turn(question, answer)

    def _object(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            return dict(json.loads(line))
        except (ValueError, TypeError) as error:
            raise ChatError(f"{self.path}, line {number}, is damaged ({error}). Remove the line, or the file.") from error


class SavedChat(Chat):
    """A chat whose every finished turn is kept in its file at once."""

    def __init__(self, chat: Chat, file: ChatFile, library: Path) -> None:
        """Go on with what the file holds. Raises ChatError."""
        super().__init__(chat.answerer, file.turns(), chat.understand)
        self.file, self.library = file, library

    def keep(self, turn: Turn) -> None:
        """Keep a finished turn. Raises ChatError."""
        self.file.add(turn, self.library)
        super().keep(turn)


def saved(folder: Path) -> Iterator[ChatFile]:
    """Yield the saved chats, the one last written to first."""
    files = sorted(folder.glob(f"*{SUFFIX}"), key=lambda file: -file.stat().st_mtime) if folder.is_dir() else []
    return (ChatFile(folder, file.name.removesuffix(SUFFIX)) for file in files if NAME.fullmatch(file.stem))
