"""What all strategies with a model have in common."""

from __future__ import annotations

from assistant.evidence import Portion
from assistant.settings import Settings


class Writing:
    """A strategy that has a model write, from as many sentences of evidence as the settings say."""

    calls = "1"
    names_papers = False
    searches = False

    def __init__(self, settings: Settings) -> None:
        """Take the settings' portion of evidence."""
        self.settings = settings
        self.portion = Portion(most=settings.evidence, margin=8.0, words=50 * settings.evidence)
