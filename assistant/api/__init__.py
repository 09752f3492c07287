"""For other programs: the assistant over HTTP (`routes`) and as tools of an MCP server (`tools`)."""

from assistant.api.services import Services

__all__ = ["Services"]
