"""What may be sent to the API."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

Names = list[str]


class Request(BaseModel):
    """An object without fields that nobody knows: a misspelt one is an error, not ignored."""

    model_config = ConfigDict(extra="forbid")


class Scope(Request):
    """The papers that a question is limited to; none of these means all."""

    papers: Names = Field(default=[], max_length=1000, description="Ids, DOIs, arXiv or PubMed ids.")
    year_from: int | None = Field(default=None, description="Leaves out papers of earlier years, or of none.")
    year_to: int | None = Field(default=None, description="Leaves out papers of later years, or of none.")
    venues: Names = Field(default=[], max_length=100, description="Any of these.")
    categories: Names = Field(
        default=[], max_length=100, description="Any of these, or of what one begins: cs is cs.CL too."
    )
    authors: Names = Field(default=[], max_length=100, description="Any of these, by surname or full name.")


class Question(Scope):
    """A question, as `vouched ask` takes it."""

    question: str


class Query(Scope):
    """A search, as `vouched search` takes it."""

    query: str
    k: int = Field(default=10, ge=1, le=100, description="How many papers.")


class Topic(Request):
    """What to summarize: a topic, papers, or both."""

    topic: str | None = None
    papers: Names = Field(default=[], max_length=100)
    positions: bool = Field(default=False, description="The topic is a claim: who supports it, who opposes it?")


class Draft(Request):
    """A text to check against the library, LaTeX, Markdown or plain."""

    text: str
    name: str = Field(default="", description="The file's name, whose ending tells the kind of text.")


class Pair(Request):
    """A claim to check against a source text alone."""

    claim: str
    source: str
