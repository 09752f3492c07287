"""Looking after a library: does all of it agree, what is in it, a copy of it."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingestion.errors import LibraryError
from ingestion.library import BATCH, STORES, STORES_NOW, Library, Progress, vectors_of
from ingestion.passages import passages_of
from ingestion.schema import VERSION

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it should be: what, how many papers, and some of them."""

    what: str
    papers: int = 0
    some: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is in a library. Sizes are in bytes."""

    papers: int
    records: int
    passages: int
    sources: dict[str, int]
    years: dict[str, int]
    bytes: dict[str, int]
    embedding: str | None
    schema: int


def verify(library: Library) -> list[Fault]:
    """Hold catalogue, vectors and words against each other; nothing is changed. An empty list says that all is well.

    The library should have been opened with ``recover=False``, else what a killed process left is finished already.
    """
    faults = [Fault(f"The catalogue is damaged: {said}") for said in library.catalogue.faults()]
    if faults:
        return faults
    if unsettled := library.catalogue.unsettled():
        faults.append(Fault("left half-way by a process that was killed", unsettled))
    expected = {paper.id: len(passages_of(paper)) for paper in library.papers()}
    missing = [name for name in STORES if not library.store(name).is_dir()]
    if missing and expected:
        return [*faults, Fault(f"not there: {' and '.join(missing)}", len(expected))]
    try:
        ids, vectors = library.wholes()
        lengths, words = library.vectors.lengths(), Counter(library.words.ids())
    except LibraryError as error:
        return [*faults, Fault(str(error), len(expected))]
    faults += _differing("in the catalogue and not among the vectors of papers", expected.keys() - set(ids))
    faults += _differing("among the vectors of papers and not in the catalogue", set(ids) - expected.keys())
    faults += _differing("with more or fewer sentences among the vectors", _unlike(expected, lengths))
    faults += _differing("more or less than once among the words", _unlike(dict.fromkeys(expected, 1), words))
    sound = [bool(np.isfinite(vector).all()) for vector in vectors]
    bad = [id_ for id_, is_sound in zip(ids, sound, strict=True) if not is_sound]
    return faults + _differing("with vectors that are no numbers", bad)


def _differing(what: str, ids: Iterable[str]) -> list[Fault]:
    found = sorted(ids)
    return [Fault(what, len(found), tuple(found[:5]))] if found else []


def _unlike(expected: dict[str, int], found: dict[str, int]) -> set[str]:
    return {id_ for id_ in expected.keys() | found.keys() if expected.get(id_, 0) != found.get(id_, 0)}


def statistics(library: Library) -> Statistics:
    """Count what is in a library."""
    papers = list(library.papers())
    sources = library.sources()
    sizes = {"catalogue": _size(library.path.glob("catalogue.sqlite3*"))}
    sizes |= {name: _size(library.store(name).rglob("*")) for name in STORES}
    return Statistics(
        papers=len(papers),
        records=library.catalogue.records.count(),
        passages=sum(len(passages_of(paper)) for paper in papers),
        sources=dict(Counter(source for of_paper in sources.values() for source in of_paper).most_common()),
        years=dict(sorted(Counter(str(paper.year) if paper.year else "unknown" for paper in papers).items())),
        bytes=sizes,
        embedding=library.catalogue.meta("embedding"),
        schema=VERSION,
    )


def _size(files: Iterable[Path]) -> int:
    return sum(file.stat().st_size for file in files if file.is_file())


def renew(library: Library, embedding: BaseEmbedding, progress: Progress | None = None) -> None:
    """Make vectors and words anew beside the old ones, with any embedding model, and take them in their place.

    The change is one transaction of the catalogue. Readers go on with the old ones until they open the library again; for
    their sake these stay until the next renewal. What a killed process has left goes then, too.

    Raises:
        LibraryError: another process is writing, or the disk cannot be written; the library is as it was.
    """
    from ingestion.vectors import VectorStore
    from ingestion.words import Words

    with library.writing():
        _sweep(library)
        number = int(library.catalogue.meta(STORES_NOW) or 0) + 1
        vectors, words = (VectorStore(library.path / f"vectors{number}"), Words(library.path / f"words{number}"))
        papers = list(library.papers())
        for start in range(0, len(papers), BATCH):
            if progress is not None:
                progress(start, len(papers))
            batch = papers[start : start + BATCH]
            vectors.replace(*vectors_of(batch, embedding))
            words.replace(batch)
        vectors.close()
        gone = [paper.id for paper in library.catalogue.papers(state="leaving")]
        library.catalogue.swap({STORES_NOW: str(number), "embedding": embedding.model_name if papers else None})
        library.catalogue.mark([paper.id for paper in papers], "ready")
        library.catalogue.delete(gone)
        library.close_stores()
        if progress is not None:
            progress(len(papers), len(papers))


def _sweep(library: Library) -> None:
    """Remove vectors and words that are not those in use."""
    used = {library.store(name) for name in STORES}
    for name in STORES:
        for folder in set(library.path.glob(f"{name}*")) - used:
            if folder.is_dir() and re.fullmatch(r"\d*", folder.name.removeprefix(name)):
                shutil.rmtree(folder, ignore_errors=True)


def backup(library: Library, target: Path) -> None:
    """Copy a library to a new folder, while nobody writes to it.

    Raises:
        LibraryError: the folder is there already, another process is writing, or the disk cannot be written.
    """
    if target.exists():
        raise LibraryError(f"{target} is there already. Name a folder that is not.")
    beside = target.with_name(f".{target.name}.part")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        with library.writing():
            beside.mkdir(parents=True)
            library.catalogue.copy(beside / "catalogue.sqlite3")
            for name in STORES:
                if library.store(name).is_dir():
                    shutil.copytree(library.store(name), beside / library.store(name).name)
        beside.rename(target)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise LibraryError(
            f"The copy {target} cannot be written: {error}. Free some disk space, or name another."
        ) from error
