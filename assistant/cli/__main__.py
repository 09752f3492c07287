"""``python -m assistant.cli`` is ``vouched``."""

from assistant.cli import main

main()
