"""What one browser session has asked and been told. Each session has its own; nothing here is shared."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant import chats
from assistant.answer import Answer, Delta, Event, Stage
from ingestion.paper import Paper


@dataclass(slots=True, eq=False)
class Turn:
    """A question and what has become of it so far. It changes until it is settled, and never after."""

    number: int
    question: str
    stages: list[Stage] = field(default_factory=list)
    draft: str = ""
    answer: Answer | None = None
    papers: dict[str, Paper] = field(default_factory=dict)
    error: str | None = None
    stopped: bool = False

    @property
    def settled(self) -> bool:
        """Tell whether nothing more will come."""
        return self.stopped or self.answer is not None or self.error is not None

    def take(self, event: Event) -> None:
        """Take in one event of the answer being made. Whoever writes again, after a failure or a check, begins anew."""
        match event:
            case Stage():
                self.draft = "" if event.name == "writing" else self.draft
                self.stages.append(event)
            case Delta():
                if self.stages and self.stages[-1].name == "checking":
                    self.take(Stage("writing", "again, for the check found fault with the draft"))
                self.draft += event.text
            case Answer():
                self.answer = event


@dataclass(slots=True)
class Conversation:
    """The turns of one session, oldest first, and the ids of the only papers that are asked; none means all."""

    turns: list[Turn] = field(default_factory=list)
    asked: int = 0
    only: tuple[str, ...] = ()

    @property
    def busy(self) -> bool:
        """Tell whether an answer is under way."""
        return any(not turn.settled for turn in self.turns)

    def finished(self) -> list[chats.Turn]:
        """Give the turns that a further question may lean on."""
        return [chats.Turn(turn.question, turn.answer.to_dict()) for turn in self.turns if turn.answer is not None]

    def begin(self, question: str) -> Turn:
        """Open a turn. Numbers are not used again, so that a link to an old turn never leads to a new one."""
        self.asked += 1
        turn = Turn(self.asked, question)
        self.turns.append(turn)
        return turn

    def stop(self) -> None:
        """Settle the turns still open as stopped, with what they have."""
        for turn in self.turns:
            turn.stopped = turn.stopped or not turn.settled

    def clear(self) -> None:
        """Forget every turn, the open ones too."""
        self.stop()
        self.turns.clear()
