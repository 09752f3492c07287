"""The packaged networks: what they hold on to."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from assistant.reading import PACKAGED_READER, Abstract, PackagedReader


def resident() -> float:
    """Give the memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell how much memory is held")
def test_memory_does_not_grow_with_each_new_length_that_is_read() -> None:
    reader, lengths = PackagedReader(PACKAGED_READER), np.random.default_rng(0).permutation(np.arange(20, 320))

    def read(some: np.ndarray) -> float:  # type: ignore[type-arg]
        for length in some:
            reader.read("What is read?", [Abstract("A title", ("word " * int(length),))] * int(1 + length % 4))
        return resident()

    after_most = read(lengths[:200])  # until then it grows to what the largest batch takes
    assert read(lengths[200:]) - after_most < 40  # it was 200 and more
