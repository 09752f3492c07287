"""Summaries, every sentence vouched for: of a topic, a paper, or papers as a table; and who supports or opposes a claim."""

from assistant.summarizing.claiming import claim_of
from assistant.summarizing.positions import positions
from assistant.summarizing.road import summarize
from assistant.summarizing.summary import Cell, Position, Positions, Row, Section, Summary, Table

__all__ = ["Cell", "Position", "Positions", "Row", "Section", "Summary", "Table", "claim_of", "positions", "summarize"]
