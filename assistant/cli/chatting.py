"""``vouched chat``: questions one after the other, each of which may lean on those before it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from assistant.cli.exporting import ExportOption, writable, write_to
from assistant.cli.options import JsonOption, LibraryOption, ModelOption, settings_from
from assistant.cli.output import console, fail, show_answer, waking_up, write_json
from assistant.errors import QuestionError
from assistant.exporting import ExportError, of_chat
from assistant.exporting import export as write_file
from assistant.opening import open_library
from assistant.settings import Caution, LLMKind, Settings, StrategyName
from ingestion.errors import VouchedError
from ingestion.library import Library

if TYPE_CHECKING:
    from assistant.chats import Chat

HELP = (
    "/new begins anew, /history shows the questions so far, /export FILE.html (.md, .json, .bib) writes them with their"
    " answers, /quit leaves (as does Ctrl-D). Ctrl-C stops an answer."
)


def chat(
    context: typer.Context,
    name: Annotated[str | None, typer.Option(help="Keep the chat under this name, or go on with it.")] = None,
    list_chats: Annotated[bool, typer.Option("--list", help="List the saved chats, and end.")] = False,
    delete: Annotated[str | None, typer.Option(metavar="NAME", help="Delete a saved chat, and end.")] = None,
    export: ExportOption = None,
    llm: Annotated[LLMKind | None, typer.Option(help="Who writes the answers.", show_default=False)] = None,
    model: ModelOption = None,
    strategy: Annotated[StrategyName | None, typer.Option(help="How the model is asked.", show_default=False)] = None,
    caution: Annotated[Caution | None, typer.Option(help="How sure it must be to answer.", show_default=False)] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Chat with the library. A follow-up such as "how does it compare to the second one?" is made whole, and shown.

    From a pipe it reads one question a line; with --json it prints one answer a line. With --export a saved chat is
    written to files, and nothing is asked.

    Examples: vouched chat  ·  vouched chat --name diffusion  ·  vouched chat --list  ·  vouched chat --json < questions.txt
    ·  vouched chat --name diffusion --export diffusion.html
    """
    from assistant.chats.stored import ChatFile, saved

    settings = settings_from(context, library, llm=llm, model=model, strategy=strategy, caution=caution)
    folder = settings.chats or settings.library / "chats"
    if list_chats:
        _list([(file.name, len(file.turns())) for file in saved(folder)], as_json)
        return
    if delete is not None:
        ChatFile(folder, delete).delete()
        console(err=True).print(f"The chat {delete} is deleted.")
        return
    if export and name is None:
        raise typer.BadParameter("--export writes a saved chat: give its --name, or type /export FILE in the chat.")
    files = writable(export)
    opened = open_library(settings)
    if files and name is not None:
        turns = ChatFile(folder, name).turns()
        if not turns:
            raise QuestionError(f"Nothing has been asked in the chat {name}. See the saved ones: vouched chat --list")
        write_to(files, lambda: of_chat(name, [turn.answer for turn in turns], opened))
        return
    _talk(_begun(opened, settings, folder, name), opened, as_json)


def _begun(opened: Library, settings: Settings, folder: Path, name: str | None) -> Chat:
    from assistant.chats.stored import ChatFile, SavedChat

    with waking_up():
        from assistant.engine import Assistant

        assistant = Assistant(opened, settings)
        assistant.wake()
    begun = assistant.chat()
    if name is None:
        return begun
    file = ChatFile(folder, name)
    before = file.library()
    if before is not None and before != str(opened.path.resolve()):
        console(err=True).print(f"This chat was with another library ({before}); now it is with {opened.path}.")
    return SavedChat(begun, file, opened.path)


def _talk(chat: Chat, library: Library, as_json: bool) -> None:
    """Ask what is typed or piped in, until there is no more."""
    asks = sys.stdin.isatty()
    if asks:
        console(err=True).print(f"{len(chat.turns)} questions so far. {HELP}" if chat.turns else HELP)
    while True:
        try:
            line = console(err=True).input("\n› ") if asks else sys.stdin.readline()
        except (EOFError, KeyboardInterrupt):
            return
        if not line and not asks:
            return
        question = line.strip()
        if question in ("/quit", "/exit"):
            return
        if question.startswith("/"):
            chat = _command(question, chat, library)
        elif question:
            _ask(chat, question, as_json, stoppable=asks)


def _ask(chat: Chat, question: str, as_json: bool, *, stoppable: bool) -> None:
    try:
        with console(err=True).status("Asking …"):
            answer = chat.ask(question)
    except VouchedError as error:  # the chat goes on
        fail(error, as_json, code=1)
        return
    except KeyboardInterrupt:
        if not stoppable:
            raise
        console(err=True).print("Stopped.")
        return
    if as_json:
        write_json(answer.to_dict())
        return
    if answer.understood:
        console().print(Text(f"Understood as: {answer.understood}", style="italic"))
    show_answer(answer)


def _command(said: str, chat: Chat, library: Library) -> Chat:
    out = console(err=True)
    if said == "/new":
        from assistant.chats import Chat

        out.print("Begun anew; what a name keeps stays kept.")
        return Chat(chat.answerer, (), chat.understand)
    if said == "/history":
        for number, turn in enumerate(chat.turns, start=1):
            out.print(f"{number:>3}. {turn.question}")
    elif said.startswith("/export ") and chat.turns:
        _export(chat, Path(said.removeprefix("/export ").strip()), library)
    elif said.startswith("/export "):
        out.print("Nothing has been asked yet.")
    else:
        out.print(HELP)
    return chat


def _export(chat: Chat, file: Path, library: Library) -> None:
    from assistant.chats.stored import SavedChat

    name = chat.file.name if isinstance(chat, SavedChat) else chat.turns[0].question
    try:
        write_file(of_chat(name, [turn.answer for turn in chat.turns], library), file)
    except ExportError as error:  # the chat goes on
        fail(error, as_json=False, code=1)
    else:
        console(err=True).print(f"Written: {file}", soft_wrap=True)


def _list(chats: list[tuple[str, int]], as_json: bool) -> None:
    if as_json:
        write_json({"chats": [{"name": name, "questions": count} for name, count in chats]})
        return
    for name, count in chats:
        console().print(f"{name}  ({count} {'question' if count == 1 else 'questions'})")
    if not chats:
        console(err=True).print("No chat is saved. Save one: vouched chat --name NAME")
