"""What can be asked."""

from __future__ import annotations

from assistant.errors import QuestionError

MAX_QUESTION = 4_000  # characters


def asked(question: str) -> str:
    """Give a question that can be asked, its white space in order. Raises QuestionError."""
    if len(question) > MAX_QUESTION:
        raise QuestionError(
            f"The question has {len(question):,} characters; at most {MAX_QUESTION:,} can be asked. Shorten it."
        )
    text = " ".join(question.encode("utf-8", "replace").decode("utf-8").split())
    if not any(character.isalnum() for character in text):
        raise QuestionError("The question is empty. Ask one, for instance: vouched ask 'What does CodePlan improve?'")
    return text
