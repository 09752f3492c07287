"""A library survives kill -9 at any moment, and a disk that is really full."""

import multiprocessing
import os
import resource
import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from agreement import assert_agreement, records, written

import ingestion.library
from ingestion.catalogue import Catalogue
from ingestion.errors import LibraryError
from ingestion.library import Library
from ingestion.paper import paper_id
from ingestion.vectors import VectorStore
from ingestion.words import Words

# Processes that are forked from one which has imported everything already, and has started nothing.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["ingestion.library", "ingestion.vectors", "ingestion.words", "chromadb"])

OLD = records(4)
NEW = [*records(2)[:6], *OLD[6:], {"title": "A New One", "abstract": "It is new. It is short."}]
GONE = slice(2, 6)
MOMENTS: list[tuple[str, type, str, int, bool]] = [
    # what is done, the method in which the process is killed, at which call, before or after its work
    ("ingest", Catalogue, "set_meta", 1, False),
    ("ingest", Catalogue, "put", 1, True),
    ("ingest", VectorStore, "_upsert", 2, False),
    ("ingest", Words, "replace", 1, True),
    ("ingest", Catalogue, "put", 3, False),
    ("ingest", Catalogue, "mark", 3, True),
    ("update", Catalogue, "put", 1, True),
    ("update", VectorStore, "_upsert", 1, True),
    ("update", VectorStore, "_delete", 1, False),
    ("update", VectorStore, "_delete", 2, True),
    ("update", Words, "replace", 2, False),
    ("update", Catalogue, "mark", 1, False),
    ("remove", Catalogue, "mark", 1, True),
    ("remove", VectorStore, "_delete", 1, True),
    ("remove", VectorStore, "remove", 1, True),
    ("remove", Words, "replace", 1, True),
]


def act(action: str, path: Path, progress: Callable[[int, int], None] | None = None) -> Library:
    """Do one thing to a library. A paper is known to be done when `progress` is told so."""
    ingestion.library.BATCH = 4
    library = Library.open(path, create=True)
    if action == "remove":
        here = {paper.id for paper in library.papers()}
        library.remove([id_ for id_ in ids(OLD)[GONE] if id_ in here])
    else:
        source = written(path.parent / f"{action}.jsonl", OLD if action == "ingest" else NEW)
        library.ingest([source], progress)
    return library


def ids(rows: list[dict[str, str]]) -> list[str]:
    return [paper_id(row["title"]) for row in rows]


def act_and_die(action: str, path: Path, owner: type, method: str, calls: int, after: bool) -> None:
    """Act, in a process that is killed inside."""
    work, count = getattr(owner, method), 0

    def deadly(*arguments: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        result = None if count == calls and not after else work(*arguments, **named)
        if count == calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, method, deadly)
    act(action, path, lambda done, _: (path.parent / "done").write_text(str(done)) and None)


def exit_code(target: Callable[[], None]) -> int | None:
    process = PROCESSES.Process(target=target)
    process.start()
    process.join(120)
    process.kill()  # only one that hangs
    return process.exitcode


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a closed library that holds the old papers."""
    path = tmp_path_factory.mktemp("filled") / "library"
    act("ingest", path).close()
    return path


@pytest.mark.parametrize(
    ("action", "owner", "method", "calls", "after"),
    [pytest.param(*moment, id="-".join(getattr(part, "__name__", str(part)) for part in moment)) for moment in MOMENTS],
)
def test_a_killed_process_loses_nothing_and_the_next_one_finishes(
    filled: Path, tmp_path: Path, action: str, owner: type, method: str, calls: int, after: bool
) -> None:
    path, goal = tmp_path / "library", tmp_path / "goal"
    if action != "ingest":
        shutil.copytree(filled, path)
    assert exit_code(partial(act_and_die, action, path, owner, method, calls, after)) == -signal.SIGKILL

    library = Library.open(path, create=True)
    assert_agreement(library)
    texts = {paper.id: paper.abstract for paper in library.papers()}
    old, new = ({id_: row["abstract"] for id_, row in zip(ids(rows), rows, strict=True)} for rows in (OLD, NEW))
    assert all(text in (old.get(id_), new.get(id_)) for id_, text in texts.items())
    if action == "update":
        assert set(old) <= set(texts)
    if action == "remove":
        assert set(old) - set(ids(OLD)[GONE]) <= set(texts)
    done = int((tmp_path / "done").read_text()) if (tmp_path / "done").exists() else 0
    changed = [id_ for id_ in (old if action == "ingest" else new) if action == "ingest" or old.get(id_) != new[id_]]
    assert all(texts[id_] == (old if action == "ingest" else new)[id_] for id_ in changed[:done])
    library.close()

    again = act(action, path)
    assert_agreement(again)
    if action != "ingest":
        shutil.copytree(filled, goal)
    assert again.fingerprint() == act(action, goal).fingerprint()


def fill_the_disk(path: Path) -> None:
    """Meet a file that cannot grow, then room again, in one process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # else the limit kills
    library = Library.open(path, create=True)
    assert library.vectors.count("papers") == 0
    source = written(path.parent / "papers.jsonl", OLD)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = (path / "vectors" / "chroma.sqlite3").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 4096, most))
    with pytest.raises(LibraryError, match=r"vectors .* cannot be written: .*Free some disk space"):
        library.ingest([source])
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert library.ingest([source]).papers == len(OLD)
    assert_agreement(library)


def test_a_process_that_met_a_full_disk_goes_on_when_there_is_room(tmp_path: Path) -> None:
    assert exit_code(partial(fill_the_disk, tmp_path / "library")) == 0


@pytest.mark.parametrize("store", ["vectors", "words"])
def test_a_store_that_was_deleted_is_made_again_at_the_next_opening(store: str, tmp_path: Path) -> None:
    act("ingest", tmp_path / "library").close()
    shutil.rmtree(tmp_path / "library" / store)
    assert_agreement(Library.open(tmp_path / "library"))
