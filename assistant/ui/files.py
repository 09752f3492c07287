"""Files that a visitor may download: written to a folder of their own, which goes when the app ends."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from assistant.exporting import FORMATS, Document, export

NAMES = {".md": "Markdown", ".html": "HTML", ".json": "JSON", ".bib": "BibTeX"}  # of FORMATS, as a reader knows them


class Files:
    """Writes what is to be downloaded; every call into a new folder, so that no visitor meets another's file."""

    def __init__(self) -> None:
        """Make the folder."""
        self._folder = tempfile.TemporaryDirectory(prefix="vouched-", ignore_cleanup_errors=True)

    def exported(self, document: Document) -> list[Path]:
        """Export a document in each of FORMATS. Raises ExportError when the disk is full."""
        folder = Path(tempfile.mkdtemp(dir=self._folder.name))
        files = [folder / f"{document.kind}{suffix}" for suffix in FORMATS]
        for file in files:
            export(document, file)
        return files

    def written(self, contents: Mapping[str, str]) -> list[Path]:
        """Write texts by the names of their files. Raises OSError when the disk is full."""
        folder = Path(tempfile.mkdtemp(dir=self._folder.name))
        for name, text in contents.items():
            (folder / name).write_text(text, encoding="utf-8", errors="replace")
        return [folder / name for name in contents]
