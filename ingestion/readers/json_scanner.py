"""A place in JSON text that is read in portions, with its line, and the errors of what stands there."""

from __future__ import annotations

import json
import re
from typing import Any

from ingestion.readers.source import MAX_RECORD, Source, problem_of
from ingestion.readers.streams import SourceError

SPACE = re.compile(r"[ \t\n\r]*")
CUT = 16  # characters: an error as near to the end of what was read may be but its end


class BrokenJsonError(Exception):
    """JSON that cannot be read at a line."""

    def __init__(self, line: int, reason: str) -> None:
        """Say where and why."""
        super().__init__(reason)
        self.line, self.reason = line, reason


class UnreadableValueError(BrokenJsonError):
    """A value that is JSON, but not text in UTF-8; the place is behind it."""


class Scanner:
    """A place in JSON text that is read in portions."""

    def __init__(self, source: Source) -> None:
        """Stand before the first character."""
        self._portions = source.characters()
        self._decoder = json.JSONDecoder()
        self._text, self._at, self._ended = "", 0, False
        self.line = 1  # of the place
        self._line_start = 0  # where in the text that line begins; negative where that is gone

    def peek(self) -> str:
        """Go to the next character that is no space and give it, or "" at the end."""
        while True:
            match = SPACE.match(self._text, self._at)
            self._go(match.end() if match else self._at)
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def take(self, wanted: str) -> None:
        """Go past a character. Raises BrokenJsonError when another one stands there."""
        if self.peek() != wanted:
            raise self.error(
                f"'{wanted}' was expected" if self._text[self._at :] else f"it ends before a '{wanted}'; it is cut off"
            )
        self._go(self._at + 1)

    def value(self) -> Any:  # noqa: ANN401 (any JSON value)
        """Decode the value here and go past it. Raises BrokenJsonError, and stays."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                near = error.pos >= len(self._text) - CUT or error.msg.startswith("Unterminated string")
                if near and self._more():
                    continue
                line, column = self._place(error.pos)
                cut = "; it is cut off" if near and self._ended else ""
                raise BrokenJsonError(
                    line, f"is not valid JSON: {error.msg.removesuffix(' starting at')} at column {column}{cut}"
                ) from error
            except ValueError as error:  # a number of thousands of digits
                raise BrokenJsonError(self.line, f"is JSON that cannot be read: {error}") from error
            except RecursionError as error:
                raise BrokenJsonError(self.line, "is JSON nested too deeply to be a record") from error
            if end == len(self._text) and self._more():  # a number may go on
                continue
            if problem := problem_of(self._text[self._at : end]):
                self._go(end)
                raise UnreadableValueError(self.line, problem)
            self._go(end)
            return value

    def skip_record(self) -> bool:
        """Go to the next line that begins as this one does, with an object; tell whether there is one.

        Only where the record here began its line: the lines of a record that is spread over several begin further in.
        """
        before = self._text[max(self._line_start, 0) : self._at]
        if self._line_start < 0 or before.strip(" \t["):
            return False
        mark, start = f"\n{before.partition('[')[0]}{{", self._at + 1
        while (found := self._text.find(mark, start)) < 0:
            self._go(max(self._at, len(self._text) - len(mark)))
            if not self._more():
                return False
            start = self._at
        self._go(found + len(mark) - 1)
        return True

    def error(self, reason: str) -> BrokenJsonError:
        """Make the error of this place."""
        line, column = self._place(self._at)
        return BrokenJsonError(line, f"is not valid JSON: {reason} at column {column}")

    def _go(self, place: int) -> None:
        lines = self._text.count("\n", self._at, place)
        if lines:
            self.line += lines
            self._line_start = self._text.rfind("\n", self._at, place) + 1
        self._at = place

    def _place(self, position: int) -> tuple[int, int]:
        lines = self._text.count("\n", self._at, position)
        start = self._text.rfind("\n", self._at, position) + 1 if lines else self._line_start
        return self.line + lines, position - start + 1

    def _more(self) -> bool:
        """Read on, twice as much each time, and forget what lies behind; tell whether there was more."""
        if self._ended:
            return False
        keep = max(self._line_start, self._at - 1_000, 0)
        portions, size = [self._text[keep:]], 0
        while size <= len(portions[0]):
            portion = next(self._portions, None)
            if portion is None:
                self._ended = True
                break
            portions.append(portion)
            size += len(portion)
        self._at, self._line_start = self._at - keep, self._line_start - keep
        self._text = "".join(portions)
        if len(self._text) - self._at > 2 * MAX_RECORD:
            raise SourceError(f"holds a record longer than {MAX_RECORD // 1_048_576} million characters", self.line)
        return size > 0
