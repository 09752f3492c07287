"""Files of whole lines, which a killed process may have cut short."""

from __future__ import annotations

from pathlib import Path


def mend(file: Path) -> None:
    """Cut off the last line if it was cut short when a run was killed."""
    content = file.read_bytes() if file.exists() else b""
    if content and not content.endswith(b"\n"):
        with file.open("r+b") as stream:
            stream.truncate(content.rfind(b"\n") + 1)
