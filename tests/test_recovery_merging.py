"""A process that is killed while records become one paper, or while an old library is brought up to date, loses nothing."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import tarfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from agreement import assert_agreement
from embedders import HashEmbedding
from test_merging import DELTA, JOURNAL, LISTED, PREPRINT, RECORDS, content, ingested
from test_recovery import exit_code

from ingestion.catalogue import Catalogue
from ingestion.library import Library
from ingestion.vectors import VectorStore
from ingestion.words import Words

MERGING: list[tuple[type, str, int, bool]] = [
    # the method in which the process is killed, at which call, before or after its work
    (Catalogue, "put", 1, False),
    (Catalogue, "put", 1, True),
    (VectorStore, "replace", 1, True),
    (Words, "replace", 1, True),
    (Catalogue, "mark", 1, True),
    (VectorStore, "remove", 1, True),
    (Words, "replace", 2, True),
    (Catalogue, "delete", 1, True),
]
UPGRADING: list[tuple[str | type, str, int, bool]] = [
    ("ingestion.schema", "adopt", 1, False),
    ("ingestion.schema", "write_keys", 3, True),
    ("ingestion.schema", "write_facets", 4, True),
    ("ingestion.schema", "adopt", 1, True),
    (Catalogue, "put", 1, True),
    (VectorStore, "remove", 1, False),
    (Catalogue, "set_meta", 1, False),
]


def named(moment: tuple[Any, str, int, bool]) -> str:
    owner, method, calls, after = moment
    return f"{getattr(owner, '__name__', owner)}-{method}-{calls}-{'after' if after else 'before'}"


def merge(path: Path) -> Library:
    """Ingest what makes one paper of two that are there, and one of two that come."""
    library = Library.open(path, embedder=HashEmbedding, create=True)
    ingested(library, path.parent, JOURNAL, RECORDS[5])
    return library


def upgrade(path: Path) -> Library:
    """Open a library of version 1, and group what it holds."""
    library = Library.open(path)
    library.add([])
    return library


def do_and_die(what: str, path: Path, owner: Any, method: str, calls: int, after: bool) -> None:
    """Do it, in a process that is killed inside a method, or a function of a module."""
    owner = importlib.import_module(owner) if isinstance(owner, str) else owner
    work, count = getattr(owner, method), 0

    def deadly(*arguments: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        result = None if count == calls and not after else work(*arguments, **named)
        if count == calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, method, deadly)
    {"merge": merge, "upgrade": upgrade}[what](path)


@pytest.mark.parametrize("moment", [pytest.param(moment, id=named(moment)) for moment in MERGING])
def test_a_merge_that_was_cut_short_is_finished_or_can_be_run_again(
    tmp_path: Path, moment: tuple[type, str, int, bool]
) -> None:
    before = Library.open(tmp_path / "library", embedder=HashEmbedding, create=True)
    ingested(before, tmp_path, PREPRINT, LISTED, DELTA)
    assert before.count() == 2
    old = content(before)
    before.close()
    shutil.copytree(tmp_path / "library", tmp_path / "goal")
    assert exit_code(partial(do_and_die, "merge", tmp_path / "library", *moment)) == -signal.SIGKILL

    library = Library.open(tmp_path / "library", embedder=HashEmbedding)
    assert_agreement(library)
    goal = content(merge(tmp_path / "goal"))
    assert set(goal) == {"doi:10.1234/bees.4", "doi:10.1000/d1"}
    assert content(library) == (old if moment[1:] == ("put", 1, False) else goal)
    for name in ("arxiv:2001.00001", "sand-of-the-danube-3b5f2d14"):  # what had these ids is found all the time
        assert library.paper(name)
    library.close()
    again = merge(tmp_path / "library")
    assert content(again) == goal
    assert_agreement(again)


@pytest.mark.parametrize("moment", [pytest.param(moment, id=named(moment)) for moment in UPGRADING])
def test_an_upgrade_that_was_cut_short_is_begun_again(tmp_path: Path, moment: tuple[Any, str, int, bool]) -> None:
    with tarfile.open(Path(__file__).parent / "data" / "library-of-version-1.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    assert exit_code(partial(do_and_die, "upgrade", tmp_path / "library", *moment)) == -signal.SIGKILL
    library = Library.open(tmp_path / "library")
    assert library.count() in (3, 4)
    assert library.paper("arxiv:2001.00001").year == (2020 if library.count() == 4 else 2021)
    assert_agreement(library)
    library.add([])
    assert library.count() == 3
    assert library.scope(authors=["Müller"]) == ["doi:10.1234/bees.4"]
    assert_agreement(library)
