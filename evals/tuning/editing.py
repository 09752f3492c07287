"""What of a prompt may be edited: its instructions, the text of the block ``system`` up to the first tag of Jinja."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from evals.errors import SuiteError
from prompts import source

SYSTEM = re.compile(r"(?<={% block system %}\n)(.*?)(?=\{%|\{\{)", re.DOTALL)
LONGEST = 2_500  # characters of instructions
FENCE = re.compile(r"^```[a-z]*\n|\n?```$")


@dataclass(frozen=True, slots=True)
class Editable:
    """A prompt as a file, and the part of it that may be edited."""

    file: str
    text: str

    @property
    def instructions(self) -> str:
        """The part that may be edited."""
        match = SYSTEM.search(self.text)
        return match.group().strip() if match else ""

    def edited(self, instructions: str) -> Editable:
        """Give the prompt with other instructions. Raises ValueError for ones that cannot be."""
        said = FENCE.sub("", instructions.strip()).strip()
        if not any(character.isalpha() for character in said):
            raise ValueError("it is empty")
        if len(said) > LONGEST:
            raise ValueError(f"it has more than {LONGEST:,} characters")
        if any(mark in said for mark in ("{%", "{{", "{#", "</evidence>")):
            raise ValueError("it holds marks of the template's own")
        return Editable(self.file, SYSTEM.sub(lambda _: f"{said}\n", self.text, count=1))

    def write(self, folder: Path) -> None:
        """Write it to a folder of prompts."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / self.file).write_text(self.text, encoding="utf-8")


def load(name: str, own: Path | None = None) -> Editable:
    """Read a prompt, such as ``answer.v2``. Raises SuiteError where there is none, or nothing in it may be edited."""
    try:
        found = Editable(f"{name}.jinja", source(f"{name}.jinja", own))
    except FileNotFoundError as error:
        raise SuiteError(f"There is no prompt {name}. See them: vouched prompts list") from error
    if not found.instructions:
        raise SuiteError(f"The prompt {name} has no instructions that could be edited.")
    return found
