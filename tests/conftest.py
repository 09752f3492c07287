"""What several test files share: the sample page, and a library that holds it. Treat both as read-only."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from stored_runs import a_run, suite_file

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


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return suite_file(tmp_path_factory.mktemp("suite"))


@pytest.fixture(scope="module")
def kept(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Score two runs once; each test gets copies."""
    folder = tmp_path_factory.mktemp("kept")
    a_run(suite, folder / "good")
    a_run(suite, folder / "bad", right=20, papers_read=2)
    return folder


@pytest.fixture
def good(kept: Path, tmp_path: Path) -> Path:
    """Give a run in which every question is answered rightly, or rightly not."""
    return Path(shutil.copytree(kept / "good", tmp_path / "good"))


@pytest.fixture
def bad(kept: Path, tmp_path: Path) -> Path:
    """Give a run with 10 of 30 facts wrong."""
    return Path(shutil.copytree(kept / "bad", tmp_path / "bad"))
