"""A command that is cut short, by Ctrl-C or by the reader of its pipe: no traceback, and nothing acknowledged is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from command import HERE, INTERRUPTIBLE, clean_environment, process, small_library, vouched, written

from ingestion.catalogue import Catalogue
from ingestion.errors import LibraryError


def test_a_reader_that_leaves_a_pipe_is_no_failure(tmp_path: Path) -> None:
    library = small_library(tmp_path)
    for arguments in (["papers", "list"], ["papers", "export"], ["papers", "list", "--json"]):
        reading, writing = os.pipe()
        os.close(reading)
        called = process(*arguments, "--library", library, stdout=writing)
        os.close(writing)
        assert (called.code, "Traceback" in called.err, "Exception ignored" in called.err) == (0, False, False)


def ready(library: Path) -> int:
    """Count the papers that an ingest has acknowledged so far."""
    try:
        catalogue = Catalogue(library / "catalogue.sqlite3", create=False)
    except LibraryError:  # not made yet
        return 0
    try:
        return catalogue.count() - catalogue.unsettled()
    finally:
        catalogue.close()


def test_an_interrupted_ingest_keeps_what_it_acknowledged_and_goes_on(tmp_path: Path) -> None:
    many = [
        {"title": f"Study {n} of walnuts", "abstract": f"In orchard {n} walnuts are harvested by robots."}
        for n in range(400)
    ]
    file, library = written(tmp_path / "many.jsonl", many), tmp_path / "library"
    command = [*INTERRUPTIBLE, "ingest", str(file), "--library", str(library), "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=HERE, env=clean_environment()
    ) as ingest:
        while ready(library) == 0:
            assert ingest.poll() is None
            time.sleep(0.01)
        ingest.send_signal(signal.SIGINT)
        out, err = ingest.communicate()
    assert (ingest.returncode, out) == (130, "")
    assert "run it again to go on" in err
    assert "Traceback" not in err
    kept = ready(library)
    assert 128 <= kept < 400
    found = vouched("search", "walnuts harvested by robots", "--library", library, "--json").json
    assert len(found["results"]) == 10
    again = vouched("ingest", file, "--library", library, "--json").json
    assert again["added"] + again["unchanged"] == again["papers"] == 400
    assert again["unchanged"] >= kept
    assert json.loads(vouched("papers", "export", "--library", library).out.split("\n")[0])["title"] == "Study 0 of walnuts"
