"""What stands before the web app, the API and the MCP server alike: who may come in, how, how often, with how much."""

from assistant.guard.gate import Gate
from assistant.guard.users import Users

__all__ = ["Gate", "Users"]
