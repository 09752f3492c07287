"""PubMed's XML: what its site and its service (efetch) give, and the yearly files of all of MEDLINE."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from ingestion.paper import Paper, Refusal
from ingestion.readers.record import paper_from_record
from ingestion.readers.source import Source
from ingestion.readers.xml_records import records, root_of, text_of

ARTICLES = ("PubmedArticle", "PubmedBookArticle")
ROOTS = {"PubmedArticleSet", "PubmedBookArticleSet", "MedlineCitationSet", "MedlineCitation", *ARTICLES}


def detects(source: Source) -> bool:
    """Tell PubMed's XML by its first element."""
    return root_of(source) in ROOTS


def read(source: Source) -> Iterator[Paper | Refusal]:
    """Yield a paper for each article with an abstract, and a refusal, with its line, for each other one."""
    bare = (root_of(source) or "").startswith("MedlineCitation")
    for line, article in records(source, ("MedlineCitation",) if bare else ARTICLES):
        citation = article if bare else article.find("MedlineCitation")
        if citation is None:
            citation = article.find("BookDocument")
        if citation is None:
            yield Refusal(source.name, line, "is an article without a MedlineCitation")
            continue
        pubmed_id = text_of(citation, "PMID")
        paper = paper_from_record(_fields(article, citation, pubmed_id), source.name, line)
        yield Refusal(source.name, line, f"{paper.reason} (PMID {pubmed_id})") if isinstance(paper, Refusal) else paper


def _fields(article: Element, citation: Element, pubmed_id: str) -> dict[str, object]:
    body = citation.find("Article")
    body = citation if body is None else body
    dates = ("Journal/JournalIssue/PubDate/Year", "Journal/JournalIssue/PubDate/MedlineDate", "ArticleDate/Year")
    years = (text_of(body, path) for path in (*dates, "Book/PubDate/Year", "ContributionDate/Year"))
    ids = (
        *body.iterfind("ELocationID[@EIdType='doi']"),
        *article.iterfind("PubmedData/ArticleIdList/ArticleId[@IdType='doi']"),
    )
    titles = ("Journal/Title", "Journal/ISOAbbreviation", "Book/BookTitle")
    topics = [*citation.iterfind("MeshHeadingList/MeshHeading/DescriptorName"), *citation.iterfind("KeywordList/Keyword")]
    return {
        "title": text_of(body, "ArticleTitle") or text_of(body, "VernacularTitle") or text_of(body, "Book/BookTitle"),
        "abstract": " ".join(_section(part) for part in body.iterfind("Abstract/AbstractText")),
        "authors": [_name(author) for author in body.iterfind("AuthorList/Author")],
        "year": next(filter(None, years), None),
        "venue": next(filter(None, (text_of(body, path) for path in titles)), None),
        "doi": next((text_of(id_) for id_ in ids), None),
        "pubmed_id": pubmed_id,
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pubmed_id}/" if pubmed_id else None,
        "categories": [text_of(topic) for topic in topics],
    }


def _section(part: Element) -> str:
    """Give a section as MEDLINE's own tagged format has it: "METHODS: We …"; a space joins it to the next."""
    label = part.get("Label")
    return f"{label}: {text_of(part)}" if label and label != "UNLABELLED" else text_of(part)


def _name(author: Element) -> list[str]:
    last = text_of(author, "LastName") or text_of(author, "CollectiveName")
    return [last, text_of(author, "ForeName") or text_of(author, "Initials"), text_of(author, "Suffix")]
