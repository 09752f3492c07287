"""Answers of other systems become runs that can be scored, compared and gated."""
