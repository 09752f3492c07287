"""What several test files share: the sample page, and a library that holds it. Treat both as read-only."""

from pathlib import Path

import pytest

import ingestion
from ingestion.library import Library


@pytest.fixture(scope="session")
def sample_page() -> Path:
    return Path(ingestion.__file__).parent / "samples" / "papers-page.txt"


@pytest.fixture(scope="session")
def sample_library(sample_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = Library.open(tmp_path_factory.mktemp("sample") / "library", create=True)
    library.ingest([sample_page])
    return library
