"""Vouched itself as a system under test."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from assistant.engine import Assistant
from assistant.llm import public

KEPT_BACK = {"library", "openai_api_key", "cache_calls"}  # the last changes no answer


class Vouched:
    """Asks an assistant; its settings are those of the assistant, save where the library lies and the key."""

    name = "vouched"

    def __init__(self, assistant: Assistant) -> None:
        """Ask this assistant."""
        self.assistant = assistant
        self.settings: dict[str, Any] = assistant.settings.model_dump(mode="json", exclude=KEPT_BACK)
        if address := self.settings["openai_base_url"]:
            self.settings["openai_base_url"] = public(address)
        if folder := assistant.settings.prompts:  # what they say counts, not where they lie
            texts = [(file.name, file.read_text(encoding="utf-8")) for file in sorted(folder.rglob("*.jinja"))]
            self.settings["prompts"] = hashlib.sha256(json.dumps(texts).encode()).hexdigest()

    def ask(self, question: str) -> dict[str, Any]:
        """Answer from the library. Raises VouchedError."""
        return self.assistant.ask(question).to_dict()
