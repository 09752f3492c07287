"""The web app: a conversation with the library on one side, the abstracts it quotes on the other.

Gradio takes seconds to import, so only ``assistant.ui.app`` imports it, and only the ``serve`` command imports that.
"""
