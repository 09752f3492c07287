"""Samples of every format, of which all but the page and the PDF say the same of the same paper; and PDFs made to order."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from ingestion.paper import Paper, Refusal
from ingestion.readers import read_stream

FOLDER = Path(__file__).parent / "data" / "formats"
SAMPLES = sorted(FOLDER.iterdir())
TITLE = "Café Models Compose Skills from Few Examples"
ABSTRACT = (
    'We study how models compose skills; "transfer" is rare. Accuracy rises by 25.1% on Café & Co., from 50 to 62.6.'
    " It is cheap to train."
)
AUTHORS = ("Jane Doe", "Max Müller", "Wei Li")
STAMP = "arXiv:2101.00042v2  [cs.CL]  4 Jan 2021"

Text = tuple[int, str]  # the size of its letters, and a line


def records(content: bytes, columns: dict[str, str] | None = None) -> list[Paper | Refusal]:
    """Read bytes as if they were a file."""
    return list(read_stream(io.BytesIO(content), "source", columns))


def papers(found: Sequence[Paper | Refusal]) -> list[Paper]:
    return [record for record in found if isinstance(record, Paper)]


def refusals(found: Sequence[Paper | Refusal]) -> list[tuple[int | None, str]]:
    return [(record.line, record.reason) for record in found if isinstance(record, Refusal)]


def the_paper(found: Sequence[Paper | Refusal]) -> Paper:
    (paper,) = papers(found)
    return paper


def the_refusal(found: Sequence[Paper | Refusal]) -> tuple[int | None, str]:
    """Give the only record, which has to be a refusal."""
    assert len(found) == 1, found
    return refusals(found)[0]


PAGE: tuple[Text, ...] = (
    (8, "Journal of Invented Results 1 (2021)"),
    (17, "Café Models Compose Skills"),
    (17, "from Few Examples"),
    (10, "Jane Doe, Max Müller, Wei Li"),
    (12, "Abstract"),
    (10, 'We study how models compose skills; "trans-'),
    (10, 'fer" is rare. Accuracy rises by 25.1% on'),
    (10, "Café & Co., from 50 to 62.6. It is cheap to train."),
    (12, "1 Introduction"),
    (10, "Skills and their transfer are everywhere."),
)


def pdf(*pages: Sequence[Text], about: dict[str, str] | None = None, stamp: str = "", lock: str = "") -> bytes:
    """Make a PDF of lines of text, with an arXiv stamp at the margin of each page."""
    writer = PdfWriter()
    for lines in pages:
        drawn = ["BT", "1 0 0 1 70 780 Tm"]
        for size, line in lines:
            text = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            drawn += [f"/F {size} Tf", f"({text}) Tj", f"0 -{size + 4} Td"]
        turned = ["0 1 -1 0 30 200 Tm /F 20 Tf", f"({stamp}) Tj"] if stamp else []
        drawn_on(writer, "\n".join([*drawn, *turned, "ET"]).encode("cp1252"))
    if about:
        writer.add_metadata(about)
    if lock:
        writer.encrypt(lock, algorithm="RC4-128")
    return written(writer)


def drawing(content: bytes) -> bytes:
    """Make a PDF of one page with a content stream."""
    writer = PdfWriter()
    drawn_on(writer, content)
    return written(writer)


def drawn_on(writer: PdfWriter, content: bytes) -> None:
    """Add a page with a content stream, compressed as is usual."""
    page = writer.add_blank_page(595, 842)
    stream = DecodedStreamObject()
    stream.set_data(content)
    names = {"Type": "Font", "Subtype": "Type1", "BaseFont": "Helvetica", "Encoding": "WinAnsiEncoding"}
    font = DictionaryObject({NameObject(f"/{key}"): NameObject(f"/{value}") for key, value in names.items()})
    fonts = DictionaryObject({NameObject("/F"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())


def written(writer: PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
