"""Chats: follow-up questions made whole, each chat with a memory of its own, kept on disk where it is wanted."""

from assistant.chats.chat import Chat, Turn

__all__ = ["Chat", "Turn"]
