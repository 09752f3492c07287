"""The one interpreter of mapping files: a data set becomes papers to ingest and a suite over them.

The papers' ids are those that ingesting gives, because they come of the same records by the same code.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.case import case_from
from evals.errors import SuiteError
from evals.mapping.file import Judgements, Mapping, Numbered, Texts
from evals.mapping.papers import PaperIndex
from evals.mapping.records import Row, Table, read_table
from evals.mapping.values import cell, facts, kind_of, meets, plain_list, texts
from ingestion.paper import Paper, Refusal
from ingestion.readers.record import paper_from_record

SUITE, CORPUS = "suite.jsonl", "corpus.jsonl"
FIRST = 3  # places named of what was left out

Record = dict[str, Any]
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Imported:
    """What an import makes: questions as records of a suite, papers as records to ingest (None: the set has none).

    ``left_out`` are the places of what was left out, by why.
    """

    questions: list[Record] = field(default_factory=list)
    papers: list[Record] | None = None
    left_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def kinds(self) -> dict[str, int]:
        """Count the questions of each kind, the most frequent first."""
        return dict(Counter(question["kind"] for question in self.questions).most_common())


def read_tables(mapping: Mapping, data: Path) -> dict[str, Table]:
    """Read the tables of a mapping from a folder, or from the file of the questions and the others beside it.

    Raises:
        SuiteError: a table or a column is not there, which lists those that are, or a file cannot be read.
    """
    folder = data if data.is_dir() else data.parent
    tables = {}
    for name, part in mapping.tables.items():
        of_questions = name == mapping.questions.table
        files = [data] if of_questions and data.is_file() else sorted(filter(Path.is_file, folder.glob(part.files)))
        if files:
            tables[name] = read_table(files, part.items)
        elif not part.optional:
            raise SuiteError(f"{folder} has no {part.files}, which the mapping {mapping.name} takes for its table {name}.")
    if mapping.corpus is not None and mapping.corpus.table in tables:
        columns = (column for part in mapping.corpus.cells().values() for column in part.columns())
        numbered = [part.of for part in mapping.questions.evidence if isinstance(part, Numbered)]
        tables[mapping.corpus.table].require((column for of in (columns, numbered) for column in of), "`corpus`")
    tables[mapping.questions.table].require(mapping.questions.columns(), "`questions`")
    for judgements in mapping.questions.papers:
        if isinstance(judgements, Judgements):
            tables[judgements.table].require(judgements.judged(), "`papers`")
    return tables


def import_set(
    mapping: Mapping, data: Path, limit: int | None = None, library: Iterable[Paper] | None = None,
    progress: Progress = lambda done, total: None,
) -> Imported:  # fmt: skip
    """Make the papers and the questions of a data set.

    Args:
        mapping: what becomes what.
        data: the folder of the set, or the file of its questions.
        limit: the most questions to make; the mapping's own limit by default.
        library: where to look for gold papers when the set brings none. Without it they are kept as they are named.
        progress: called with the rows done, and all of them.

    Raises:
        SuiteError: the data do not fit the mapping, which says where, or no question comes of them.
    """
    tables = read_tables(mapping, data)
    corpus = tables.get(mapping.corpus.table) if mapping.corpus is not None else None
    if corpus is not None and library is not None:
        raise SuiteError(f"{mapping.name} brings its own papers: leave --library away, and ingest the {CORPUS} it makes.")
    rows = tables[mapping.questions.table].rows
    total = len(rows) + (len(corpus.rows) if corpus else 0)
    made = _Import(mapping, tables, Imported())
    for done, row in enumerate(corpus.rows if corpus else (), start=1):
        made.add_paper(row)
        progress(done, total)
    for paper in library or ():
        made.know(paper)
    most = limit or mapping.questions.limit or len(rows)
    for done, row in enumerate(rows, start=total - len(rows) + 1):
        if len(made.imported.questions) >= most:
            break
        made.add_question(row)
        progress(done, total)
    if not made.imported.questions:
        why = "; ".join(f"{len(places)} × {reason}" for reason, places in made.imported.left_out.items())
        raise SuiteError(f"No question comes of {data}: {why or 'it has no rows'}.")
    return made.imported


class _Import:
    """An import under way: what is made, and what is known to make it with."""

    def __init__(self, mapping: Mapping, tables: dict[str, Table], imported: Imported) -> None:
        self.mapping, self.imported = mapping, imported
        self._index: PaperIndex | None = None
        self._sentences: dict[str, tuple[Row, str]] = {}  # by paper: the row, and the column, that number its sentences
        self._ids: set[str] = set()
        self._asked: set[str] = set()
        judgements = [part for part in mapping.questions.papers if isinstance(part, Judgements)]
        self._judged = {id(part): _judged(part, tables[part.table]) for part in judgements}

    def know(self, paper: Paper, *names: str) -> None:
        """Take a paper for one that questions may name."""
        self._index = self._index or PaperIndex()
        self._index.add(paper, *names)

    def add_paper(self, row: Row) -> None:
        """Make a record to ingest of a row of the corpus."""
        corpus = self.mapping.corpus
        if corpus is None:
            return
        if self.imported.papers is None:
            self.imported.papers, self._index = [], PaperIndex()
        cells = {name: text for name, part in corpus.cells().items() if (text := cell(part, row))}
        own = cells.get("id")
        if own is None:
            self._leave_out("papers without an id", row)
            return
        # The set's name keeps its ids apart from those of other sets in one library.
        record = {**cells, "id": f"{self.mapping.name}:{own}"}
        paper = paper_from_record(record, row.file, row.number)
        if isinstance(paper, Refusal):
            self._leave_out(f"papers refused ({paper.reason})", row)
        elif paper.id in self._ids:
            self._leave_out("papers whose id an earlier one has", row)
        else:
            self._ids.add(paper.id)
            self.imported.papers.append(record)
            self.know(paper, own)
            for part in self.mapping.questions.evidence:
                if isinstance(part, Numbered):
                    self._sentences[paper.id] = (row, part.of)

    def add_question(self, row: Row) -> None:
        """Make a question of a row."""
        fields = self.mapping.questions
        if not meets(fields.keep, row):
            self._leave_out("rows that the mapping does not keep", row)
            return
        id_ = (cell(fields.id, row) if fields.id else "") or f"q{row.number}"
        question = cell(fields.question, row)
        if not question:
            self._leave_out("rows without a question", row)
        elif id_ in self._asked:
            self._leave_out("questions whose id an earlier one has", row)
        else:
            record: Record = {"id": id_, "kind": kind_of(fields.kind, row), "question": question}
            self._complete(record, row)

    def _complete(self, record: Record, row: Row) -> None:
        """Add what a right answer holds, and keep the question if that says enough."""
        fields = self.mapping.questions
        named = list(self._named(record["id"], row))
        found: dict[str, int] = {}
        for reference, grade, where in named:
            id_ = self._resolve(reference)
            if id_ is None:
                named_as = "near" if record["kind"] == "unanswerable" else "gold"
                self.imported.left_out[f"{named_as} papers that are not there"].append(f"{where} ({reference})")
            else:
                found[id_] = max(grade, found.get(id_, 0))
        if record["kind"] == "unanswerable":
            gold: Record = {"near": list(found)}
        elif named and not found:
            self._leave_out("questions none of whose gold papers is there", row)
            return
        else:
            gold = {
                "papers": list(found),
                "relevance": found if any(grade > 1 for grade in found.values()) else None,
                "facts": [fact for part in fields.facts for fact in facts(part, row)],
                "nuggets": [text for part in fields.nuggets for text in texts(part, row)],
            }
            if not any(gold.values()):
                self._leave_out("questions of which nothing says what a right answer holds", row)
                return
            gold["evidence"] = list(self._evidence(list(found), row))
        record |= {name: value for name, value in gold.items() if value}
        case_from(record, row.where)
        self._asked.add(record["id"])
        self.imported.questions.append(record)

    def _named(self, question: str, row: Row) -> Iterator[tuple[str, int, str]]:
        """Give the papers that the set names: reference, grade, and where."""
        for part in self.mapping.questions.papers:
            if isinstance(part, Texts):
                yield from ((text, 1, row.where) for text in texts(part, row))
            elif meets(part.when, row):
                yield from self._judged[id(part)].get(question, ())

    def _resolve(self, reference: str) -> str | None:
        if self._index is None:
            return reference
        paper = self._index.find(reference)
        return paper.id if paper else None

    def _evidence(self, papers: list[str], row: Row) -> Iterator[str]:
        """Give the evidence; where the papers are known, only what stands in a gold one word for word."""
        for part in self.mapping.questions.evidence:
            found = texts(part, row) if isinstance(part, Texts) else self._numbered(part, row)
            for quote in dict.fromkeys(found):
                if self._index is None or any(quote in paper.abstract for id_ in papers if (paper := self._index.find(id_))):
                    yield quote
                else:
                    self._leave_out("evidence that is not verbatim in a gold paper", row)

    def _numbered(self, part: Numbered, row: Row) -> Iterator[str]:
        """Give the sentences that a row names by paper and number."""
        by_paper = row.cells.get(part.column)
        for reference, groups in (by_paper if isinstance(by_paper, dict) else {}).items():
            id_ = self._resolve(reference)
            if id_ not in self._sentences:
                continue
            source, column = self._sentences[id_]
            sentences = plain_list(source.cells.get(column), source, column)
            numbers = [number for group in plain_list(groups, row, part.column) for number in group.get(part.numbers, ())]
            for number in numbers:
                if not isinstance(number, int) or not 0 <= number < len(sentences):
                    raise SuiteError(f"{row.where}: there is no sentence {number!r} in {source.where}, column {column}.")
                yield str(sentences[number]).strip()

    def _leave_out(self, reason: str, row: Row) -> None:
        self.imported.left_out[reason].append(row.where)


def _judged(part: Judgements, table: Table) -> dict[str, list[tuple[str, int, str]]]:
    """Read judgements by question: paper, grade in a suite, where. Papers that are not relevant are left out."""
    found: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for row in table.rows:
        said = row.text(part.grade) if part.grade else "1"
        try:
            grade = int(said)
        except ValueError as error:
            raise SuiteError(f"{row.where}: the column {part.grade} holds {said!r}, not a whole number.") from error
        if grade >= part.minimum:
            graded = grade if part.grades is None else part.grades.get(grade, 0)
            if graded > 0:
                found[row.text(part.question)].append((row.text(part.paper), graded, row.where))
    return found


def write(imported: Imported, mapping: Mapping, out: Path) -> list[Path]:
    """Write the suite, and the corpus if the set has one; gives the files. Raises SuiteError when that cannot be done."""
    licence = f" Licence: {mapping.licence}." if mapping.licence else ""
    source = f" Source: {mapping.source}." if mapping.source else ""
    about = f"Made by `vouched eval import` with the mapping {mapping.name}, version {mapping.version}.{licence}{source}"
    header = {"name": out.resolve().name, "version": 1, "about": about}
    files = {CORPUS: imported.papers, SUITE: [header, *imported.questions]}
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, records in files.items():
            if records is not None:
                begun = out / f"{name}.begun"  # a killed import leaves no half of a suite
                with begun.open("w", encoding="utf-8") as stream:
                    stream.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
                begun.replace(out / name)
                written.append(out / name)
    except OSError as error:
        raise SuiteError(f"{out} cannot be written: {error.strerror or error}. Give another folder with --out.") from error
    return written
