"""What several test files share: the sample page, and a library that holds it. Treat both as read-only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import ingestion
from ingestion.library import Library


@pytest.fixture(scope="session", autouse=True)
def no_cache_of_the_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave the caches of whoever runs the tests alone, and let each test's model be asked, though others asked the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOUCHED_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("VOUCHED_CACHE_CALLS", "0")
        yield


@pytest.fixture(scope="session")
def sample_page() -> Path:
    return Path(ingestion.__file__).parent / "samples" / "papers-page.txt"


@pytest.fixture(scope="session")
def sample_library(sample_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = Library.open(tmp_path_factory.mktemp("sample") / "library", create=True)
    library.ingest([sample_page])
    return library
