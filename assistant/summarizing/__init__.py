"""Summaries, every sentence vouched for: of a topic, a paper, or a selection of papers as a table."""

from assistant.summarizing.road import summarize
from assistant.summarizing.summary import Cell, Row, Section, Summary, Table

__all__ = ["Cell", "Row", "Section", "Summary", "Table", "summarize"]
