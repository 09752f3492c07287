"""The readers: LaTeX in titles becomes Unicode, names are said first name first, identifiers lose what is around them."""

import json

import pytest
from formats import records, the_paper
from hypothesis import given, settings
from hypothesis import strategies as some

from ingestion.readers.latex import unicode_of
from ingestion.readers.names import names_of


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"Schr\"odinger's Cat", "Schrödinger's Cat"),
        (r"Poincar\'e, Erd\H os and \O rsted on {\aa}ngstr{\"o}ms", "Poincaré, Erdős and Ørsted on ångströms"),
        (r"Fran\c{c}ois \v{S}\'{\i}", "François Ší"),
        (r"$\alpha$-GAN in $O(n^2)$ and $\mathcal{L}_1$", "α-GAN in O(n²) and ℒ₁"),
        (r"H$_2$O at 360$^\circ$, $\textbf{P}$olicy $\neq$ Plan, 2$\times$2", "H₂O at 360°, Policy ≠ Plan, 2×2"),
        (r"\textsc{Mem} \emph{and} {\it In vivo}", "Mem and In vivo"),
        (r"R\&D at 50\% of \$5 and C\#", "R&D at 50% of $5 and C#"),
        (r"R\&D at 50% of ~10 & more", "R&D at 50% of ~10 & more"),
        (r"\MyModel: \foo{bar} \baz qux", r"MyModel: bar \baz qux"),
        ("Is $5 better than $10?", "Is $5 better than $10?"),
        ("US$5-$10 -- ~50% {sic} ``so''", "US$5-$10 -- ~50% {sic} ``so''"),
        (r"An open { and \'e", r"An open { and \'e"),
        ("Plain", "Plain"),
        (r"\href{http://a.b}{A Link} $\left(x\right)$", "A Link (x)"),
    ],
)
def test_latex_in_a_title_becomes_unicode_and_the_rest_stays(latex: str, expected: str) -> None:
    abstract = rf"It stays: {latex}"
    paper = the_paper(records(json.dumps({"title": latex, "abstract": abstract}).encode()))
    assert (paper.title, paper.abstract) == (expected, abstract)


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("{The {BERT}} of~50% -- ``so''", "The BERT of 50% – “so”"),
        (r"{$\pi$}0: A {{Vision}}", "π0: A Vision"),
        (r"It costs \$5, or $5", "It costs $5, or $5"),
    ],
)
def test_bibtex_is_latex_throughout(latex: str, expected: str) -> None:
    assert unicode_of(latex, tex=True) == expected


@settings(max_examples=300, deadline=None)
@given(some.text("\\{}$^_~%&#'\"`- aAéz1()[]@", max_size=40), some.booleans())
def test_no_text_is_too_odd_and_plain_words_are_never_lost(text: str, tex: bool) -> None:
    assert "lighthouse" in unicode_of(f"lighthouse {text}", tex=tex)
    once = unicode_of(text)
    assert isinstance(once, str)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("Doe, Jane; Li, Wei", ("Jane Doe", "Wei Li")),
        ("Doe, Jane and Li, Wei", ("Jane Doe", "Wei Li")),
        ("Jane Doe, Wei Li and Max Müller", ("Jane Doe", "Wei Li", "Max Müller")),
        ("Jane Doe, Wei Li", ("Jane Doe", "Wei Li")),
        ("Jane Doe and Wei Li and Max Müller", ("Jane Doe", "Wei Li", "Max Müller")),
        ("Doe, Jane", ("Jane Doe",)),
        ("Ann", ("Ann",)),
        (["Wei Zhang", "Wei Zhang"], ("Wei Zhang", "Wei Zhang")),
        (["King, Martin Luther, Jr.", "King, Jr., Martin Luther"], ("Martin Luther King Jr.",) * 2),
        (
            [["Doe", "Jane", ""], ["Walnut Group", "", ""], ["King", "M.", "Jr."]],
            ("Jane Doe", "Walnut Group", "M. King Jr."),
        ),
        (
            [{"name": "Doe, Jane"}, {"given": "Wei", "family": "Li"}, {"first": "A", "middle": ["B."], "last": "C"}],
            ("Jane Doe", "Wei Li", "A B. C"),
        ),
        ([r"M{\"u}ller, Max", r"\L ukasz K"], ("Max Müller", "Łukasz K")),
        ([None, 5, "", {}, []], ()),
        (None, ()),
    ],
)
def test_names_are_said_first_name_first(given_: object, expected: tuple[str, ...]) -> None:
    assert names_of(given_) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"arxiv_id": "arXiv:2101.00001v2"}, ("2101.00001", None)),
        ({"arxiv_id": "https://arxiv.org/abs/hep-ph/9901001v3"}, ("hep-ph/9901001", None)),
        ({"url": "http://arxiv.org/pdf/2101.00001v2.pdf"}, ("2101.00001", None)),
        ({"doi": "10.48550/arXiv.2101.00001"}, ("2101.00001", "10.48550/arXiv.2101.00001")),
        ({"doi": "https://dx.doi.org/10.1/AB"}, (None, "10.1/AB")),
        ({"DOI": "doi: 10.1/AB"}, (None, "10.1/AB")),
        ({"url": "https://example.org/2101.00001"}, (None, None)),
    ],
)
def test_identifiers_lose_what_is_around_them(record: dict[str, str], expected: tuple[str | None, str | None]) -> None:
    paper = the_paper(records(json.dumps({"title": "A", "abstract": "It is.", **record}).encode()))
    assert (paper.arxiv_id, paper.doi) == expected


@pytest.mark.parametrize(
    ("date", "year"),
    [
        (2021, 2021),
        ("2021", 2021),
        ("2021-03-04T00:00:00Z", 2021),
        ("2021/01//", 2021),
        ("Mon, 2 Apr 2007 19:18:42 GMT", 2007),
        ("Jan 5, 2025", 2025),
        ("2019 Nov-Dec", 2019),
        ("12345", None),
        ("in press", None),
        (True, None),
    ],
)
def test_a_year_is_found_in_a_date(date: object, year: int | None) -> None:
    assert the_paper(records(json.dumps({"title": "A", "abstract": "It is.", "date": date}).encode())).year == year
