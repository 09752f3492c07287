"""Answers and papers for tests of exports, plain ones and ones full of traps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from assistant.answer import Answer, Citation, RetrievedPaper, Statement, Usage
from ingestion.errors import LibraryError
from ingestion.paper import Paper

MADE = datetime(2025, 3, 4, 5, 6, tzinfo=UTC)
HOSTILE = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror=\"window.hacked=1\"><svg onload='window.hacked=1'>",
    '"><iframe srcdoc="<script>parent.hacked=1</script>"></iframe>',
    "</title></style></pre></details></blockquote></main><b>out</b>",
    "{{ 7 * 7 }} {% include 'x' %} ${7*7} #{7*7}",
    "&lt;script&gt;window.hacked=1&lt;/script&gt; &amp; &#60;b&#62; &copy;",
    "[click](javascript:window.hacked=1) ![i](http://127.0.0.1:9/i.png) <http://127.0.0.1:9/>",
    "[1]: javascript:window.hacked=1 [^1]: note [[wiki]] (http://127.0.0.1:9/)",
    "# Heading ## more ##",
    "- item + item * item 1. item > quote | a | b | ~~gone~~",
    "=== --- *** ___ `code` ``` fence ~~~ **bold** _em_",
    "See http://127.0.0.1:9/auto, www.example.org and mail@example.org, @someone",
    '\u202eevil\u202c \x00null \x1b[31mred <a href="javascript:1" onclick=window.hacked=1>a</a>',
    "@article{evil, title = {x}} } @comment{ and {unbalanced",
    "50% of {braces \\} \\ and a tail \\\\",
    "\\input{/etc/passwd} \\write18{ls} \\def\\x{} \\end{document} \\href{javascript:1}{x} $x_1$ $$",
    'a"b #1 _under_ ^caret ~tilde & 100\\% \\& {\\"o} and others',
    "<style>*{display:none}</style><link rel=stylesheet href=http://127.0.0.1:9/s.css><meta http-equiv=refresh content=0>",
    "Ωμέγα ≥ H₂O x² – 数据 🧭 e\u0301 ﬁ ½ \ud800",
)
ABSTRACT = "We plan first. On 13 tasks it gains 25.1% over answering directly. Code & data are free."
PLANNED = Paper(
    *("doi:10.1000/x_1", "CodePlan: Größe of a *plan*", ABSTRACT, ("Jörg Müller", "Wei Li"), 2024),
    venue="Journal of Plans", doi="10.1000/x_1", arxiv_id="2409.12452", url="https://example.org/p?a=1&b=2",
    categories=("cs.CL", "cs.AI"),
)  # fmt: skip
UNDATED = Paper("walnuts", "A study of walnuts", "Walnuts are harvested in autumn. Robots help.")


class Shelf(dict[str, Paper]):
    """Papers by their ids."""

    def __init__(self, papers: Iterable[Paper] = (PLANNED, UNDATED)) -> None:
        super().__init__((paper.id, paper) for paper in papers)

    def paper(self, paper_id: str) -> Paper:
        """Give a paper, or raise as a library does."""
        if paper_id not in self:
            raise LibraryError(f"There is no paper {paper_id}.")
        return self[paper_id]


def cited(number: int, paper: Paper, quote: str) -> Citation:
    """Cite a quote of an abstract."""
    start = paper.abstract.index(quote)
    return Citation(number, paper.id, paper.title, quote, start, start + len(quote), 0.9)


GAIN = cited(1, PLANNED, "On 13 tasks it gains 25.1% over answering directly.")
AUTUMN = cited(2, UNDATED, "Walnuts are harvested in autumn.")
GONE = Citation(3, "gone", "A paper that left", "These words are gone.", 7, 28, 0.5)
PLAN = cited(4, PLANNED, "We plan first.")
ANSWER = Answer(
    "How much does CodePlan gain?",
    "answered",
    "It gains 25.1% [1][4]. Walnuts ripen in spring [2].\n\n## More\n\n- It needs 40 GB [3].\n- It **plans** first [4].",
    None,
    (
        Statement("It gains 25.1%.", (1, 4), "supported", 0.97),
        Statement("Walnuts ripen in spring.", (2,), "undetermined", 0.4),
        Statement("It needs 40 GB.", (3,), "unsupported", 0.02, ("number",)),
        Statement("It **plans** first.", (4,), "supported", 0.9),
    ),
    (GAIN, AUTUMN, GONE, PLAN),
    (),
    Usage("some-model", 2, 1200, 34, 0.0123),
    notes=("One paper was left out for room.",),
)
ABSTAINED = replace(
    ANSWER, question="How is bread baked?", status="abstained", answer="The library does not answer this.",
    reason="no abstract speaks of bread", statements=(), citations=(AUTUMN,), usage=Usage(), notes=(),
    retrieved=(RetrievedPaper("walnuts", UNDATED.title, 0.1),), understood="How is bread baked, with walnuts?",
)  # fmt: skip


def hostile(trap: str) -> tuple[Answer, Shelf]:
    """Put a trap wherever text of a paper, a user or a model goes."""
    paper = Paper(
        *("trap", trap, f"{trap} Words between. {trap}", (trap, "Ann Other"), 2024),
        venue=trap, doi=f"10.1/{trap}", arxiv_id=trap, url=f"http://127.0.0.1:9/{trap}", categories=(trap,), pubmed_id=trap,
    )  # fmt: skip
    evil = replace(paper, id=trap, url="javascript:window.hacked=1", doi=None, arxiv_id=None)
    quote = Citation(1, "trap", trap, trap, 0, len(trap), 0.9)
    citations = (quote, replace(quote, number=2, paper_id=trap), replace(quote, number=3, paper_id="gone " + trap))
    said = (Statement(trap, (1, 2), "supported", 0.9), Statement(f"{trap} again", (3,), "unsupported", 0.1, ("name",)))
    answer = Answer(
        trap, "answered", f"{trap} [1][2] {trap}\n\n## {trap}\n\n- {trap} again [3]{trap}\n\n1. [1]{trap}", None, said,
        citations, (RetrievedPaper(trap, trap, 1),), Usage(trap, 1, 1, 1, 1.0), notes=(trap,), understood=trap,
    )  # fmt: skip
    return answer, Shelf((paper, evil))
