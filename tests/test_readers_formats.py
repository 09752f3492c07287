"""The readers: every format, told by content, and the odd cases that each is known for."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from formats import (
    ABSTRACT,
    AUTHORS,
    FOLDER,
    PAGE,
    SAMPLES,
    STAMP,
    TITLE,
    papers,
    pdf,
    records,
    refusals,
    the_paper,
    the_refusal,
)

from ingestion.paper import Paper
from ingestion.readers import read
from ingestion.readers.streams import HEAD


def sample(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def in_other(name: str, before: str, after: str) -> bytes:
    """Give a sample with one thing changed, which has to be in it."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert before in text
    return text.replace(before, after, 1).encode()


def test_the_same_record_in_every_format_is_the_same_paper() -> None:
    found = {path.name: papers(list(read(path)))[0] for path in SAMPLES if path.suffix != ".txt"}
    found["made.pdf"] = the_paper(records(pdf(PAGE, about={"/Author": "; ".join(AUTHORS)}, stamp=STAMP)))
    assert len(found) >= 13
    for name, paper in found.items():
        assert (name, paper.title, paper.abstract) == (name, TITLE, ABSTRACT)
        assert (name, paper.authors, paper.year) == (name, AUTHORS, 2021)
    elsewhere = [paper for name, paper in found.items() if name != "made.pdf"]
    assert {(paper.id, paper.doi, paper.venue) for paper in elsewhere} == {
        ("doi:10.5555/invented.1", "10.5555/invented.1", "Journal of Invented Results")
    }


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_names_and_packing_do_not_matter(path: Path, tmp_path: Path) -> None:
    expected = [replace(record, source="x") for record in read(path)]
    for name, content in (
        ("a.dat", path.read_bytes()),
        ("b", gzip.compress(path.read_bytes())),
        ("c.pdf", path.read_bytes()),
    ):
        (tmp_path / name).write_bytes(content)
        assert [replace(record, source="x") for record in read(tmp_path / name)] == expected


REFUSED = {
    "arxiv.atom": [(37, "is an error that arXiv reports: incorrect id format for x")],
    "arxiv_snapshot.json": [(3, "has an empty abstract: Withdrawn")],
    "openalex.json": [
        (1, "has no abstract: A Work without an Abstract"),
        (1, "has an abstract_inverted_index with no word, or more than one, at place 1: A Work with a Hole"),
        (1, "has a broken abstract_inverted_index: a place in it is not a whole number: A Work with Words for Numbers"),
    ],
    "page.txt": [(13, "has no abstract below it: The Lost Paper of the Page")],
    "papers.json": [(24, "has no abstract: The Third Has Nothing to Say")],
    "papers.jsonl": [
        (3, "has no abstract: A Record without an Abstract"),
        (4, "is not valid JSON: Unterminated string at column 11"),
    ],
    "pubmed.nbib": [(34, "has no abstract")],
    "pubmed.xml": [(52, "has no abstract (PMID 99000003)")],
    "references.bib": [
        (21, "has no abstract: @article{noabstract,"),
        (26, "is a broken BibTeX entry: a brace or a quotation mark is not closed before the next entry"),
        (41, "is a broken BibTeX entry: Duplicate field keys on entry: 'title'"),
    ],
    "references.ris": [(29, "has no abstract"), (40, "is a reference without an ER line at its end; the file is cut off")],
    "semantic_scholar.json": [(35, "has no abstract: A Paper Whose Abstract Is Withheld")],
    **{name: [(7, "has no abstract")] for name in ("semicolons.csv", "table.csv", "table.tsv")},
}


def test_every_refusal_has_its_line_and_reason() -> None:
    for path in SAMPLES:
        found = refusals(list(read(path)))
        assert [line for line, _ in found] == [line for line, _ in REFUSED[path.name]], path.name
        assert all(reason.startswith(expected) for (_, reason), (_, expected) in zip(found, REFUSED[path.name], strict=True))


def second(name: str, place: int = 1) -> Paper:
    return papers(list(read(FOLDER / name)))[place]


def test_bibtex_resolves_macros_and_reads_names_and_formulas() -> None:
    oneline = second("references.bib")
    assert oneline.title == 'On "quotes" and α-Formulas'
    assert oneline.authors == ("Ludwig van Beethoven", "The ATLAS Collaboration", "Martin Luther King Jr.")
    assert oneline.venue == "Proc. of Nothing & Co."
    assert oneline.abstract == r"It has $\alpha$ and 5\% in it, and user@example.com."
    after = second("references.bib", 2)
    assert (after.title, after.arxiv_id, after.authors) == ("After the Broken One", "1706.03762", ("A. Vaswani",))
    assert second("references.bib", 3).arxiv_id == "2101.00002"


def test_bibtex_entries_may_share_a_line_also_with_a_broken_one() -> None:
    one, two = "@misc{a, title={One}, abstract={It is.}}", "@misc{b, title={Two}, abstract={It is, too.}}"
    found = records(f"{one} {two}\n@misc{{a title={{One}}}} {two}".encode())
    assert [paper.title for paper in papers(found)] == ["One", "Two", "Two"]
    assert refusals(found)[0][0] == 2


def test_bibtex_joins_parts_of_a_value() -> None:
    entry = (
        '@string{a = "A "}\n@string{b = a # {B}}\n@misc{x, title = b # " C" # {-D}, abstract = "It is" # { so.}, year=2001}'
    )
    paper = the_paper(records(entry.encode()))
    assert (paper.title, paper.abstract, paper.year) == ("A B C-D", "It is so.", 2001)


def test_ris_knows_its_dialects() -> None:
    older, one_space = second("references.ris"), second("references.ris", 2)
    assert (older.title, older.abstract) == (
        "An Older Dialect with a Note for an Abstract",
        "It says N2 where others say AB.",
    )
    assert (older.authors, older.year, older.venue) == (("W. Li",), 1998, "Proceedings of Nothing")
    assert (one_space.title, one_space.abstract) == ("One Space Before the Hyphen", "Some programs write one.")


def test_a_ris_reference_without_an_er_line_ends_where_the_next_begins() -> None:
    text = "TY  - JOUR\nTI  - One\nAB  - It is.\nTY  - JOUR\nTI  - Two\nAB  - It is,\n too.\nER  - \n"
    assert [(p.title, p.abstract) for p in papers(records(text.encode()))] == [("One", "It is."), ("Two", "It is, too.")]


def test_a_structured_abstract_is_joined_as_medline_joins_it() -> None:
    xml, nbib = second("pubmed.xml"), second("pubmed.nbib")
    joined = "BACKGROUND: Walnuts are harvested in autumn. METHODS: We counted 12 trees. CONCLUSION: Autumn it is."
    assert xml.abstract == nbib.abstract == joined
    assert xml.authors == nbib.authors == ("Walnut Study Group",)
    assert xml.year == nbib.year == 2019
    assert second("pubmed.xml", 2).title == "A chapter on Juglans"


def test_arxiv_says_the_same_in_its_feed_and_in_its_snapshot() -> None:
    feed, snapshot = second("arxiv.atom"), second("arxiv_snapshot.json")
    assert feed.abstract.startswith(
        "We wrap lines as was the custom, at\nsome seventy columns, and $\\alpha_s = 0.118$ stays"
    )
    for name in ("id", "title", "abstract", "authors", "year", "arxiv_id"):
        assert getattr(feed, name) == getattr(snapshot, name)
    assert feed.id == "arxiv:hep-ph/9901001"
    announced = second("arxiv.atom", 2)
    assert (announced.abstract, announced.authors, announced.url) == ("It is new.", ("Jane Doe", "Wei Li"), None)


def test_openalex_and_semantic_scholar_may_come_as_a_list_as_lines_or_alone() -> None:
    for name, key in (("openalex.json", "results"), ("semantic_scholar.json", "data")):
        expected = [paper.abstract for paper in papers(list(read(FOLDER / name)))]
        works = json.loads(sample(name))[key]
        for text in (json.dumps(works), "\n".join(map(json.dumps, works)), json.dumps({"papers": works}, indent=1)):
            assert [paper.abstract for paper in papers(records(text.encode()))] == expected
        for text in (json.dumps(works[0]), json.dumps(works[0], indent=2)):
            assert the_paper(records(text.encode())).abstract == ABSTRACT
    cited = json.dumps({"data": [{"citedPaper": {"paperId": "0", "title": "A", "abstract": "It is."}, "intents": []}]})
    assert the_paper(records(cited.encode())).title == "A"


def test_a_preprints_own_doi_does_not_part_it_from_its_arxiv_record() -> None:
    preprint = second("openalex.json")
    assert (preprint.id, preprint.arxiv_id) == ("arxiv:2101.00001", "2101.00001")
    assert preprint.doi == "10.48550/arxiv.2101.00001"
    assert preprint.title == "A Preprint & a Repository"


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_a_json_array_is_read_on_after_a_broken_record(indent: int | None) -> None:
    rows = [{"title": f"Record {number}", "abstract": "It is.", "authors": [{"name": "A"}]} for number in range(4)]
    text = json.dumps(rows, indent=indent)
    line = text[: text.index('"Record 1"')].count("\n") + 1
    broken = text.replace('"Record 1"', '"Record 1')
    found = records(broken.encode())
    titles = [paper.title for paper in papers(found)]
    (refusal,) = refusals(found)
    assert refusal[0] == line
    assert "is not valid JSON" in refusal[1]
    if indent is None:  # on one line nothing tells where the next record begins
        assert (titles, refusal[1].endswith("what follows it is not read")) == (["Record 0"], True)
    else:
        assert titles == ["Record 0", "Record 2", "Record 3"]


def test_a_json_array_that_is_cut_off_says_so() -> None:
    text = json.dumps([{"title": f"Record {number}", "abstract": "It is."} for number in range(3)])
    for cut in (1, 5, 20, 45):
        found = records(text[:-cut].encode())
        assert [paper.title for paper in papers(found)] == ["Record 0", "Record 1", "Record 2"][: 3 if cut == 1 else 2]
        assert "cut off" in refusals(found)[-1][1]


def test_json_of_any_size_is_read_in_portions() -> None:
    rows = [{"title": f"Record {number}", "abstract": f"It is number {number}. " * 200} for number in range(500)]
    for text in (json.dumps(rows), json.dumps({"total": 500, "results": rows, "next": None}), json.dumps(rows, indent=2)):
        assert [paper.title for paper in papers(records(text.encode()))] == [row["title"] for row in rows]


@pytest.mark.parametrize("before", range(8))
def test_no_value_is_half_read_at_the_end_of_a_portion(before: int) -> None:
    opening, closing = '{\n"title": "A",\n"abstract": "', '",\n"year": 2021\n}'
    pad = "x" * (HEAD - len(opening) - closing.index("2021") + 2 - before)
    assert the_paper(records((opening + pad + closing).encode())).year == 2021


def test_a_pdf_gives_what_its_first_pages_say() -> None:
    paper = the_paper(records(pdf(PAGE, stamp=STAMP)))
    assert (paper.title, paper.abstract, paper.authors) == (TITLE, ABSTRACT, ())
    assert (paper.arxiv_id, paper.year, paper.id) == ("2101.00042", 2021, "arxiv:2101.00042")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Café models compose skills from few examples", "Café models compose skills from few examples"),
        ("Microsoft Word - draft7.docx", TITLE),
        ("", TITLE),
    ],
)
def test_a_pdfs_own_title_counts_only_where_the_page_has_it(title: str, expected: str) -> None:
    assert the_paper(records(pdf(PAGE, about={"/Title": title, "/Author": "Root User"}))).title == expected
    assert the_paper(records(pdf(PAGE, about={"/Title": title, "/Author": "Root User"}))).authors == ()


@pytest.mark.parametrize(
    ("heading", "end"),
    [
        ("ABSTRACT", "I. INTRODUCTION"),
        ("A BSTRACT", "1 I NTRODUCTION"),
        ("Abstract.", "Keywords: skills"),
        ("Summary", "Introduction"),
        ("A B S T R A C T", "1. Introduction"),
    ],
)
def test_the_headings_of_a_pdf_may_be_written_in_many_ways(heading: str, end: str) -> None:
    lines = [(size, {"Abstract": heading, "1 Introduction": end}.get(line, line)) for size, line in PAGE]
    assert the_paper(records(pdf(lines))).abstract == ABSTRACT


def test_an_abstract_that_begins_on_the_line_of_its_heading_or_goes_on_overleaf() -> None:
    inline = [
        (size, f"Abstract—{line}" if line.startswith("We study") else line) for size, line in PAGE if line != "Abstract"
    ]
    assert the_paper(records(pdf(inline))).abstract == ABSTRACT
    assert the_paper(records(pdf(PAGE[:7], PAGE[7:]))).abstract == ABSTRACT


def test_hyphens_that_belong_to_a_word_stay() -> None:
    lines = [*PAGE[:8], (10, "A state-of-"), (10, "the-art, self-"), (10, "aware model im-"), (10, "proves."), *PAGE[8:]]
    abstract = the_paper(records(pdf([*lines, (10, "All that is self-aware.")]))).abstract
    assert abstract.endswith("A state-of-the-art, self-aware model improves.")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pdf(PAGE, lock="12345"), "is encrypted; save it without a password"),
        (pdf([]), "has no text on its first pages; it may be a scan"),
        (pdf([line for line in PAGE if line[1] != "Abstract"]), "has no heading Abstract on its first 2 pages"),
        (pdf(PAGE[:8]), "has an abstract without an end"),
        (pdf(PAGE[:5] + PAGE[8:]), "has 0 characters between the headings Abstract and 1 Introduction"),
        (pdf(PAGE[:8], *[[(10, "It goes on. " * 8)] * 60] * 5, PAGE[8:]), "has an abstract without an end"),
        (pdf([*PAGE[:8], *[(10, "It goes on. " * 8)] * 200, *PAGE[8:]]), "characters below the heading Abstract"),
        (pdf(PAGE[4:]), "has no title that can be told"),
        (pdf(PAGE)[:300], "is a PDF that cannot be read"),
        (b"%PDF-1.7\n\0\1\2", "is a PDF that cannot be read"),
    ],
    ids=[
        "encrypted",
        "scan",
        "no heading",
        "no end",
        "no abstract",
        "end too far",
        "too long",
        "no title",
        "cut off",
        "only a mark",
    ],
)
def test_a_pdf_without_title_or_abstract_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    assert reason in the_refusal(records(content))[1]


def test_xml_that_is_cut_off_gives_what_is_whole() -> None:
    text = sample("pubmed.xml").decode()
    found = records(text[: text.index("We counted 12")].encode())
    assert [paper.title for paper in papers(found)] == [TITLE]
    ((line, reason),) = refusals(found)
    assert reason.startswith("is not valid XML: no element found")
    assert line == text[: text.index("We counted 12")].count("\n") + 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_xml_says_its_own_encoding(encoding: str) -> None:
    text = in_other("pubmed.xml", '<?xml version="1.0" ?>', f'<?xml version="1.0" encoding="{encoding}"?>').decode()
    assert papers(records(text.encode(encoding)))[0].title == TITLE


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<?xml version='1.0'?><rss><channel/></rss>", "is XML of an unknown kind, with <rss> around it"),
        (b"<PubmedArticleSet></PubmedArticleSet>", "is PubMed XML without a record in it"),
        (b"<?xml version='1.0' encoding='klingon'?><feed><a/></feed>", "encoding"),
    ],
)
def test_xml_without_papers_is_refused(content: bytes, reason: str) -> None:
    assert reason in the_refusal(records(content))[1]
