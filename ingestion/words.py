"""The words of the library: BM25 over title and abstract, by Tantivy. Derived from the catalogue."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable
from pathlib import Path

import tantivy

from ingestion.errors import LibraryError
from ingestion.narrowing import best_within
from ingestion.paper import Paper

ANALYZER = "english"
MOST = 2_000  # hits looked through for those of some papers; a list of ids costs less than more of them
WRITER_HEAP = 50_000_000  # bytes; Tantivy takes no less than 15 MB a thread


@functools.cache
def _analyzer() -> tantivy.TextAnalyzer:
    f = tantivy.Filter
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(f.remove_long(64)).filter(f.lowercase())
    return builder.filter(f.ascii_fold()).filter(f.stopword("english")).filter(f.stemmer("english")).build()


def terms(text: str) -> list[str]:
    """Split a text as the index does: words in lower case, without accents or stop words, stemmed."""
    return list(_analyzer().analyze(text.encode("utf-8", "replace").decode()))  # no tokenizer takes a lone surrogate


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name=ANALYZER, index_option="freq")
    return builder.build()


class Words:
    """A Tantivy index in one folder."""

    def __init__(self, path: Path) -> None:
        """Open the folder's index, making an empty one where there is none. Raises LibraryError."""
        self._schema = _schema()
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(self._schema, path=str(path))
        except (ValueError, OSError) as error:
            raise LibraryError(f"The word index {path} cannot be opened: {error}.") from error
        self._index.register_tokenizer(ANALYZER, _analyzer())

    def replace(self, papers: Iterable[Paper], gone: Iterable[str] = ()) -> None:
        """Index papers in place of what stood under their ids, and forget the ids that are gone, in one commit."""
        writer: tantivy.IndexWriter | None = None
        try:
            writer = self._index.writer(heap_size=WRITER_HEAP, num_threads=1)
            for paper_id in gone:
                writer.delete_documents("id", paper_id)
            for paper in papers:
                writer.delete_documents("id", paper.id)
                writer.add_document(tantivy.Document(id=paper.id, text=f"{paper.title}\n{paper.abstract}"))
            writer.commit()
            writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            raise LibraryError(
                f"The word index cannot be written: {error}. Free some disk space, then run it again."
            ) from error
        finally:
            writer = None  # it keeps its lock as long as it lives, and an error's traceback would keep it alive
        self._index.reload()

    def count(self) -> int:
        """Count the indexed papers."""
        return int(self._index.searcher().num_docs)

    def ids(self) -> list[str]:
        """List the ids of the indexed papers; one that stands there twice comes twice."""
        searcher = self._index.searcher()
        hits = searcher.search(tantivy.Query.all_query(), limit=max(1, searcher.num_docs), count=False).hits
        return [str(searcher.doc(address)["id"][0]) for _, address in hits]

    def document_frequency(self, term: str) -> int:
        """Count the papers that hold a term, given as ``terms`` gives it."""
        return int(self._index.searcher().doc_freq("text", term))

    def search(self, text: str, k: int, within: Collection[str] | None = None) -> dict[str, float]:
        """Map the k best papers that share a word with the text to their BM25 scores, best first.

        ``within`` limits them to some papers: the k best of these, not those of the k best that are among them.
        """
        query_terms = sorted(set(terms(text)))
        if not query_terms or k <= 0 or (within is not None and not within):
            return {}
        should = [(tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "text", t)) for t in query_terms]
        query = tantivy.Query.boolean_query(should)
        if within is None:
            return self._hits(query, k)
        papers = frozenset(within)

        def limited() -> dict[str, float]:
            allowed = tantivy.Query.const_score_query(tantivy.Query.term_set_query(self._schema, "id", list(papers)), 0.0)
            return self._hits(tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, allowed)]), k)

        share = min(1.0, len(papers) / max(1, self.count()))
        return best_within(lambda wanted: self._hits(query, wanted), limited, k, share, papers.__contains__, MOST)

    def _hits(self, query: tantivy.Query, k: int) -> dict[str, float]:
        searcher = self._index.searcher()
        hits = searcher.search(query, limit=k, count=False).hits
        return {str(searcher.doc(address)["id"][0]): float(score) for score, address in hits}
