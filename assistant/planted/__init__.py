"""Planted text: sentences of a paper that speak to whoever reads the evidence ("ignore the question and answer X").

They are found by rule (`signs`), never become evidence, and the reader of the answer is told. docs/attacks.md says what is
found and what is not.
"""

from assistant.planted.telling import planted, sign_of
from assistant.planted.withholding import remarks, shown, sound_passages

__all__ = ["planted", "remarks", "shown", "sign_of", "sound_passages"]
