"""The reader's and the verifier's networks: ONNX files whose checksums are checked, run by `ingestion.inference`."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from ingestion.embedding import EmbeddingError, word_vectors
from ingestion.errors import VouchedError
from ingestion.inference import compiled

if TYPE_CHECKING:
    from openvino import CompiledModel

CORES_OF_ONE = 4  # that one piece of work is reckoned to keep busy
_loading = threading.Lock()
Done = TypeVar("Done")


class ModelError(VouchedError):
    """A model that cannot be used: which one, why, and what to do."""


class Network:
    """One ONNX file of a model's folder, its checksum checked when it is loaded, which is at its first use."""

    def __init__(self, folder: Path, name: str) -> None:
        """Name the folder, which holds ``checksums.json``, and the file."""
        self.folder, self.name = folder, name

    def load(self) -> None:
        """Load it now. Raises ModelError."""
        with _loading:  # the cache alone would let two threads load it twice
            _compiled(self.folder, self.name, os.getpid())
            _words()

    def run(self, inputs: Mapping[str, npt.NDArray[np.int64]]) -> list[npt.NDArray[np.float32]]:
        """Give the outputs, in the file's order. Safe from several threads.

        The file holds no word vectors, which are most of such a model and the same in all: ``input_ids`` are looked up here.

        Raises:
            ModelError: the model's files are missing or damaged.
        """
        self.load()
        request = _compiled(self.folder, self.name, os.getpid()).create_infer_request()
        others = {name: value for name, value in inputs.items() if name != "input_ids"}
        results = request.infer({**others, "words": _words()[inputs["input_ids"]]})
        return [np.array(results[output], dtype=np.float32) for output in results]


def in_turn(work: Callable[[], Done]) -> Done:
    """Do a long piece of work on a network when its turn comes: those who ask at the same time are answered in turn.

    A network uses the cores that there are. Two pieces of work side by side end no sooner than one after the other, and
    both of them end last. And each thread that ever works holds on to the memory that it took: so only few ever do.
    """
    return _workers(os.getpid()).submit(work).result()


@cache
def _workers(_process: int) -> ThreadPoolExecutor:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ThreadPoolExecutor(max(1, cores // CORES_OF_ONE), "network")


@cache
def _compiled(folder: Path, name: str, _process: int) -> CompiledModel:
    return compiled(checked(folder, name).read_bytes())


def _words() -> npt.NDArray[np.float16]:
    try:
        return word_vectors()
    except EmbeddingError as error:
        raise ModelError(str(error)) from error


def checked(folder: Path, name: str) -> Path:
    """Check a file of a model against the folder's ``checksums.json``. Raises ModelError."""
    path = folder / name
    try:
        expected = json.loads((folder / "checksums.json").read_text(encoding="utf-8"))[name]
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"The packaged model {path} cannot be read ({error}). Install Vouched again.") from error
    if found != expected:
        raise ModelError(f"The packaged model {path} is damaged: its SHA-256 is not {expected}. Install Vouched again.")
    return path
