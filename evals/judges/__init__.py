"""Judges: who tells whether quotes support a statement, what they said before, and how good they are."""
