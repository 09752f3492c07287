"""Answers, summaries and chats as files that others can read: Markdown, one page of HTML, JSON, BibTeX of what is cited."""

from assistant.exporting.document import Document, of_answer, of_chat, of_summary
from assistant.exporting.errors import ExportError
from assistant.exporting.writing import FORMATS, check, export

__all__ = ["FORMATS", "Document", "ExportError", "check", "export", "of_answer", "of_chat", "of_summary"]
