"""A library is looked after: what is wrong is found and mended, copies are whole, and no kill loses a paper."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from agreement import assert_agreement, records, written
from command import vouched
from llama_index.core.embeddings import MockEmbedding

import ingestion.library
from ingestion import upkeep
from ingestion.embedding import PackagedEmbedding
from ingestion.errors import LibraryError
from ingestion.library import Library
from ingestion.paper import paper_id
from ingestion.vectors import VectorStore

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["ingestion.library", "ingestion.vectors", "ingestion.words", "ingestion.upkeep", "chromadb"]
)
KILLS = int(os.environ.get("VOUCHED_KILLS", "12"))  # 200 take some six minutes on two cores
OLD, NEW = records(3), [*records(2)[:5], *records(3)[5:], {"title": "A New One", "abstract": "It is new. It is short."}]
GONE = [paper_id(row["title"]) for row in OLD[6:8]]


def of_fives() -> MockEmbedding:
    return MockEmbedding(embed_dim=5, model_name="fives")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "library"
    library = Library.open(path, create=True)
    library.ingest([written(path.parent / "old.jsonl", OLD)])
    library.close()
    return path


@pytest.fixture
def path(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "library"))


def lose_a_vector(library: Library) -> None:
    library.vectors.remove([paper_id(OLD[0]["title"])])


def keep_a_stranger(library: Library) -> None:
    library.vectors.replace({"stranger": np.ones((2, 384), np.float32)}, {"stranger": np.ones(384, np.float32)})


def forget_words(library: Library) -> None:
    library.words.replace((), gone=[paper_id(OLD[1]["title"])])


def leave_half_way(library: Library) -> None:
    library.catalogue.mark([paper_id(OLD[2]["title"])], "pending")


def delete_words(library: Library) -> None:
    shutil.rmtree(library.store("words"))


def damage_vectors(library: Library) -> None:
    (library.store("vectors") / "chroma.sqlite3").write_bytes(b"no database" * 1000)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lose_a_vector, "in the catalogue and not among the vectors"),
        (keep_a_stranger, "among the vectors of papers and not in the catalogue"),
        (forget_words, "more or less than once among the words"),
        (leave_half_way, "left half-way"),
        (delete_words, "not there: words"),
        (damage_vectors, "cannot be read"),
    ],
)
def test_what_is_wrong_is_told_and_mended(path: Path, harm: Callable[[Library], None], said: str) -> None:
    assert vouched("library", "verify", "--library", path, "--json").json == {"papers": 10, "faults": []}
    library = Library.open(path, recover=False)
    harm(library)
    library.close()
    for _ in range(2):  # looking mends nothing
        found = vouched("library", "verify", "--library", path)
        assert (found.code, said in found.out) == (1, True), found.out
    mended = vouched("library", "repair", "--library", path, "--json")
    assert (mended.code, mended.json["faults"]) == (0, [])
    assert_agreement(Library.open(path))
    assert "Nothing was wrong" in vouched("library", "repair", "--library", path).out


def test_a_copy_is_a_library_and_replaces_nothing(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "one"
    assert vouched("library", "backup", target, "--library", path).code == 0
    copy = Library.open(target)
    assert_agreement(copy)
    assert copy.fingerprint() == Library.open(path).fingerprint()
    again = vouched("library", "backup", target, "--library", path)
    assert (again.code, "is there already" in again.err) == (1, True)
    assert [file.name for file in target.parent.iterdir()] == ["one"]


def test_what_is_in_a_library_is_counted(path: Path) -> None:
    told = vouched("library", "stats", "--library", path, "--json").json
    assert (told["papers"], told["records"], told["passages"]) == (10, 10, 30)
    assert told["embedding"] == "all-MiniLM-L6-v2"
    assert told["years"] == {"unknown": 10}
    assert all(size > 0 for size in told["bytes"].values())
    assert "papers: 10" in vouched("library", "stats", "--library", path).out


def test_another_embedding_is_refused_until_the_library_is_embedded_anew(path: Path, tmp_path: Path) -> None:
    other = Library.open(path, embedder=of_fives)
    more = written(tmp_path / "more.jsonl", NEW[-1:])
    with pytest.raises(LibraryError, match=r"was embedded with all-MiniLM-L6-v2, not with fives.*vouched library reembed"):
        other.ingest([more])
    reader = Library.open(path)
    asked = np.asarray(reader.embedding.get_query_embedding(OLD[0]["title"]), dtype=np.float32)
    before = reader.vectors.nearest("papers", asked, 3)
    upkeep.renew(other, of_fives())
    assert upkeep.verify(other) == []
    assert reader.vectors.nearest("papers", asked, 3) == before  # an open reader goes on
    assert reader.words.search("badger", 1)
    assert len(other.wholes()[1][0]) == 5
    assert other.ingest([more]).added == 1
    with pytest.raises(LibraryError, match="was embedded with fives"):
        _ = Library.open(path).embedding
    back = vouched("library", "reembed", "--embedding", "all-MiniLM-L6-v2", "--library", path)
    assert (back.code, "embedded with all-MiniLM-L6-v2" in back.out) == (0, True)
    assert_agreement(Library.open(path))
    assert len([folder for folder in path.iterdir() if folder.name.startswith("vectors")]) == 2  # those before, for readers


def renew_and_die(path: Path) -> None:
    work, count = VectorStore.replace, 0

    def deadly(*arguments: Any) -> None:
        nonlocal count
        count += 1
        if count == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        work(*arguments)

    ingestion.library.BATCH = upkeep.BATCH = 4
    VectorStore.replace = deadly  # type: ignore[method-assign]
    upkeep.renew(Library.open(path), of_fives())


def test_a_renewal_that_is_killed_changes_nothing(path: Path) -> None:
    process = PROCESSES.Process(target=partial(renew_and_die, path))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    library = Library.open(path)
    assert_agreement(library)
    upkeep.renew(library, PackagedEmbedding())
    assert upkeep.verify(library) == []


def act(action: str, path: Path) -> None:
    """Do one thing to a library, telling in a file which papers are acknowledged."""
    ingestion.library.BATCH = upkeep.BATCH = 2
    library = Library.open(path, create=True)
    if action == "remove":
        library.remove([id_ for id_ in GONE if library.catalogue.find(id_)])
    elif action == "rebuild":
        upkeep.renew(library, PackagedEmbedding())
    else:
        rows = OLD if action == "ingest" else NEW
        source = written(path.parent / f"{action}.jsonl", rows)
        library.ingest([source], lambda done, _: (path.parent / "done").write_text(str(done)) and None)
    (path.parent / "ended").touch()


def test_no_kill_at_any_moment_loses_a_paper(filled: Path, tmp_path: Path) -> None:
    drawn = random.Random(os.environ.get("VOUCHED_SEED", "1"))  # noqa: S311 (no secret)
    actions, killed = ("ingest", "update", "remove", "rebuild"), 0
    for number in range(KILLS):
        action = actions[number % len(actions)]
        path = tmp_path / str(number) / "library"
        path.parent.mkdir()
        if action != "ingest":
            shutil.copytree(filled, path)
        process = PROCESSES.Process(target=partial(act, action, path))
        process.start()
        time.sleep(drawn.uniform(0.2, 1.6))
        process.kill()
        process.join()
        killed += not (path.parent / "ended").exists()
        library = Library.open(path, create=True)
        assert_agreement(library)
        assert upkeep.verify(library) == []
        texts = {paper.id: paper.abstract for paper in library.papers()}
        acknowledged = int((path.parent / "done").read_text()) if (path.parent / "done").exists() else 0
        if action == "ingest":
            assert list(texts)[:acknowledged] == [paper_id(row["title"]) for row in OLD[:acknowledged]]
        else:
            assert {paper_id(row["title"]) for row in OLD} - set(texts) <= set(GONE if action == "remove" else ())
        library.close()
        act(action, path)  # and the next run finishes it
        finished = Library.open(path)
        assert_agreement(finished)
        assert finished.count() == {"ingest": 10, "update": 11, "remove": 8, "rebuild": 10}[action]
        finished.close()
        shutil.rmtree(path.parent)
    assert killed  # some met a process at work
