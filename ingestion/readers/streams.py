"""Bytes from anywhere, read once and never more than allowed; what is compressed with gzip is unpacked on the way."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from typing import TYPE_CHECKING, BinaryIO

from ingestion.errors import VouchedError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD = 65_536  # bytes by which a format is told
MAX_BYTES = 64_000_000_000  # of one file, unpacked; the whole of arXiv is 5 GB
MAX_RATIO = 200  # text is packed 3 to 20 times smaller; a bomb 1,000 times
BOMB_BYTES = 64_000_000  # less than that is no bomb, however well it was packed
GZIP = b"\x1f\x8b"
PACKED = {
    rb"PK(\x03\x04|\x05\x06|\x07\x08)": "a zip archive (or an office document); unpack it and give the files in it",
    rb"BZh[1-9]1AY&SY": "compressed with bzip2; unpack it, or compress it with gzip",
    rb"\xfd7zXZ\0": "compressed with xz; unpack it, or compress it with gzip",
    rb"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it, or compress it with gzip",
    rb"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it and give the files in it",
    rb"(?s:.{257})ustar": "a tar archive; unpack it and give the folder",
}


class SourceError(VouchedError):
    """Why a source, or the rest of one, cannot be read; ``line`` is the one that could not, where that is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        """Say why, as the end of a sentence that begins with the source's name."""
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Bounded(io.RawIOBase):
    """A stream that can be peeked into once, at its head, and that ends with a SourceError where it is too long."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile, packed: Bounded | None = None) -> None:
        """Read the first bytes of a stream. ``packed`` is what it is unpacked from. Raises SourceError."""
        super().__init__()
        self._stream, self._packed = stream, packed
        self.given = 0
        self.head = b""
        while len(self.head) < HEAD and (chunk := self._read(HEAD - len(self.head))):
            self.head += chunk
        self._again = memoryview(self.head)

    def readable(self) -> bool:
        """Tell that this can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer with what comes next. Raises SourceError."""
        room = memoryview(buffer).cast("B")
        chunk = self._again[: len(room)] if self._again else memoryview(self._read(len(room)))
        self._again = self._again[len(chunk) :]
        room[: len(chunk)] = chunk
        return len(chunk)

    def _read(self, size: int) -> bytes:
        try:
            chunk = self._stream.read(size) or b""
        except EOFError as error:
            raise SourceError("is cut off: the compressed file ends in the middle; fetch it again") from error
        except (OSError, zlib.error) as error:  # gzip's own error is an OSError
            packed = " as gzip" if self._packed is not None else ""
            raise SourceError(f"cannot be read{packed}: {getattr(error, 'strerror', None) or error}") from error
        self.given += len(chunk)
        if self.given > MAX_BYTES:
            raise SourceError(f"is larger than {MAX_BYTES // 1_000_000_000} GB; split it into smaller files")
        if self._packed is not None and self.given > max(BOMB_BYTES, MAX_RATIO * self._packed.given):
            raise SourceError(
                f"unpacks to more than {MAX_RATIO} times its size, as no file of papers does; it is not read on"
            )
        return chunk


def unpacked(stream: BinaryIO) -> Bounded:
    """Give a stream's bytes, out of gzip if they are in it. Raises SourceError for other packings, and for two in one."""
    raw = Bounded(stream)
    if not raw.head.startswith(GZIP):
        return _checked(raw)
    inner = Bounded(gzip.GzipFile(fileobj=io.BufferedReader(raw, HEAD)), packed=raw)
    if inner.head.startswith(GZIP):
        raise SourceError("is compressed twice; unpack it once and try again")
    return _checked(inner)


def _checked(stream: Bounded) -> Bounded:
    for magic, what in PACKED.items():
        if re.match(magic, stream.head):
            raise SourceError(f"is {what}")
    return stream
