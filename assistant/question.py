"""What can be asked."""

from __future__ import annotations

import re

from assistant.errors import QuestionError

MAX_QUESTION = 4_000  # characters
WORKS = r"(papers|works|studies|articles|methods|approaches|techniques)"
SEVERAL = re.compile(
    rf"^(which|what|list|name|find|show|are there|do any|compare)\b( \w+){{0,3}}? {WORKS}\b"
    r"|\b(the|these|all) (papers|studies|works)\b|^compare\b|\beach (have|has|do|does|one|stud\w+|uses?|reports?)\b",
    re.IGNORECASE,
)


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


def asks_for_several(question: str) -> bool:
    """Tell whether a question wants more than one paper: "Which papers …", "Compare …", "… does each have"."""
    return SEVERAL.search(question) is not None
