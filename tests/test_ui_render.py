"""What the web app makes of answers: escaped, linked, marked. No browser and no Gradio."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from assistant.answer import Answer, Citation, Delta, RetrievedPaper, Stage, Statement, Usage
from assistant.ui import escaping, evidence, highlights, marks, render, statements
from assistant.ui.conversation import Conversation, Turn
from assistant.ui.markdown import inline, layout
from ingestion.paper import Paper

ABSTRACT = "Snow is cold 🙂. It melts <quickly> at 0 °C. Rivers rise & fall."
PAPER = Paper("p1", "On *snow* <b>", ABSTRACT, ("A. Bee", "C. Dee"), 2024, "J. Ice", doi="10.1/x", url="javascript:alert(1)")
NASTY = "<img src=x onerror=alert(1)> ![i](http://evil/x.png) [l](javascript:alert(1)) <script>alert(1)</script>"


def cited(number: int, quote: str, paper_id: str = "p1") -> Citation:
    """Cite a quote of the abstract above."""
    start = ABSTRACT.index(quote)
    return Citation(number, paper_id, "On snow", quote, start, start + len(quote), 0.9)


def answer_of(text: str, said: tuple[Statement, ...] = (), citations: tuple[Citation, ...] = ()) -> Answer:
    """Give an answer of that text."""
    return Answer("Why?", "answered", text, None, said, citations, ())


class Tags(HTMLParser):
    """Collects the tags and the text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        """Read it."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Give the attributes of every tag of that name."""
        return [attributes for name, attributes in self.tags if name == tag]


def test_text_is_escaped_for_html_and_markdown() -> None:
    escaped = escaping.text(NASTY)
    assert unescape(escaped) == NASTY
    assert not set(escaped) & set("<>\"'`*_[]()!\\~|")


def test_marks_that_reverse_the_text_go() -> None:
    assert escaping.text("safe\u202egnp.exe\x00") == "safegnp.exe"


@pytest.mark.parametrize("bad", [None, "", "javascript:alert(1)", "data:text/html,x", "//evil", "http://", "http://[", "x"])
def test_only_web_addresses_become_links(bad: str | None) -> None:
    assert escaping.web_address(bad) is None


def test_a_web_address_is_escaped() -> None:
    html = evidence.byline(replace(PAPER, doi='10.1/"#?', url='https://a.org/?q="x"&r'))
    assert [link["href"] for link in Tags(html).all("a")] == ["https://doi.org/10.1/%22%23%3F", 'https://a.org/?q="x"&r']
    assert "q=&#34;x&#34;&#38;r" in html


@pytest.mark.parametrize("state", ["answer", "draft", "error", "reason", "note", "title", "question"])
def test_nothing_untrusted_becomes_markup(state: str) -> None:
    citation = Citation(1, "p1", NASTY, NASTY, 0, 5, 0.5)
    answer = answer_of(f"{NASTY} [1].", (Statement(NASTY, (1,), "supported", 0.9),), (citation,))
    if state == "reason":
        answer = replace(answer, status="abstained", reason=NASTY, retrieved=(RetrievedPaper("p9", NASTY, 1.0),))
    turn = Turn(1, NASTY, [Stage("writing", NASTY)], draft=NASTY)
    turn.error = NASTY if state == "error" else None
    turn.answer = None if state in {"draft", "error"} else replace(answer, notes=(NASTY,), usage=Usage(model=NASTY))
    turn.papers = {"p1": replace(PAPER, title=NASTY, abstract=NASTY, authors=(NASTY,), venue=NASTY, doi='"><script>')}
    html = render.question(turn) + render.reply(turn) + evidence.panel([turn])
    page = Tags(html)
    assert not {"img", "script", "b", "iframe"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert all(re.match(r"#(cite|turn|ask|copy)-\d|https?://", link["href"] or "") for link in page.all("a"))
    assert "alert(1)" in page.text
    assert "\n" not in render.reply(turn)  # a blank line would end the HTML block and let Markdown in


def test_markdown_keeps_its_blocks() -> None:
    source = "## Head\nFirst line\nof **two** [1]\n\n- one\n- *two*\n\n1. `x<y`\n"
    html = layout(source, lambda start, end: inline(source[start:end], lambda n: f"<i>{n}</i>"))
    assert html == (
        "<h3>Head</h3><p>First line of <strong>two</strong> <i>1</i></p>"
        "<ul><li>one</li><li><em>two</em></li></ul><ol><li><code>x&#60;y</code></li></ol>"
    )


def test_markers_become_links_with_the_quote_as_tooltip() -> None:
    said = (Statement("Snow is cold.", (1,), "supported", 0.98), Statement("It melts.", (2,), "unsupported", 0.1))
    answer = answer_of(
        "Snow is cold [1]. It melts [2].", said, (cited(1, "Snow is cold 🙂."), cited(2, "Rivers rise & fall."))
    )
    page = Tags(render.answered(7, answer))
    links = [link for link in page.all("a") if link.get("class") == "v-cite"]
    assert [link["href"] for link in links] == ["#cite-7-1", "#cite-7-2"]
    assert links[0]["title"] == "“Snow is cold 🙂.” — On snow"
    assert [a["class"] for a in page.all("span") if "v-statement" in (a.get("class") or "")] == [
        "v-statement v-ok",
        "v-statement v-bad",
    ]
    assert "1 of 2 sentences supported, 1 unsupported" in page.text


def test_a_marker_without_a_citation_stays_text() -> None:
    page = Tags(marks.link(1, 4, {}))
    assert page.text == "[4]"
    assert not page.tags


@pytest.mark.parametrize("verdict", ["supported", "undetermined", "unsupported"])
def test_every_verdict_is_told_in_words(verdict: str) -> None:
    page = Tags(marks.verdict(Statement("x", (), verdict, 0.5)))  # type: ignore[arg-type]
    assert "score 0.50" in str(page.all("span")[0]["title"])
    assert verdict.removeprefix("un") in page.text


def test_alarms_are_told_with_the_verdict() -> None:
    sign = marks.verdict(Statement("x", (1,), "undetermined", 0.3, ("number", "name")))
    assert "Not in the quotes: a number, a name." in sign
    assert "Not in the quotes" not in marks.verdict(Statement("x", (1,), "supported", 0.9))


def test_statements_are_found_whatever_the_spacing() -> None:
    text = "So: snow\nis cold [1][2]. Ice too! [3]\n\n- Snow is cold [1]"
    said = [Statement(words, (1,), "supported", 1.0) for words in ("snow is cold.", "Ice too!", "Snow is cold")]
    places = statements.locate(text, said)
    assert places is not None
    assert [text[p.start : p.end] for p in places] == ["snow\nis cold [1][2].", "Ice too! [3]", "Snow is cold [1]"]


def test_statements_that_do_not_fit_the_text_are_shown_by_themselves() -> None:
    said = (Statement("Snow is warm.", (1,), "unsupported", 0.0),)
    page = Tags(render.answered(1, answer_of("Something else entirely.", said, (cited(1, "Snow is cold 🙂."),))))
    assert "Snow is warm." in page.text
    assert "not supported" in page.text
    assert "Something else" not in page.text


def test_markers_stand_behind_the_stop() -> None:
    assert statements.split("It yields 3.5 % [1] [3].") == ("It yields 3.5 %.", "[1][3]")
    assert statements.split("See [1] for all.") == ("See [1] for all.", "")
    assert statements.tidy("Snow is cold [1][2]. Then") == "Snow is cold.[1][2] Then"


def test_highlights_cover_exactly_the_quotes() -> None:
    citations = [cited(1, "It melts <quickly> at 0 °C."), cited(2, "at 0 °C. Rivers"), cited(3, "Snow is cold 🙂.")]
    found = highlights.segments(ABSTRACT, citations)
    assert "".join(segment.text for segment in found) == ABSTRACT
    for citation in citations:
        assert "".join(s.text for s in found if citation.number in s.numbers) == citation.quote
    page = Tags(highlights.marked(ABSTRACT, citations))
    assert page.text == ABSTRACT
    assert [mark["data-cites"] for mark in page.all("mark")] == ["3", "1", "1 2", "2"]


def test_a_quote_that_moved_is_found_and_one_that_went_is_quoted() -> None:
    quote = "Rivers rise & fall."
    moved = replace(cited(1, quote), start=0, end=len(quote))
    assert highlights.place(ABSTRACT, moved) == (ABSTRACT.index(quote), len(ABSTRACT))
    gone = Tags(evidence.card([cited(1, quote)], replace(PAPER, abstract="Other words.")))
    assert [mark["data-cites"] for mark in gone.all("mark")] == ["1"]
    assert "no longer holds" in gone.text
    assert quote in Tags(evidence.card([cited(1, quote)], None)).text


def test_the_byline_links_only_to_the_web() -> None:
    page = Tags(evidence.byline(PAPER))
    assert [link["href"] for link in page.all("a")] == ["https://doi.org/10.1/x"]
    assert page.text == "A. Bee, C. Dee · J. Ice · 2024 · DOI"


def test_an_abstention_says_why_and_what_comes_nearest() -> None:
    answer = replace(
        answer_of("", (), (cited(1, "Snow is cold 🙂."),)),
        status="abstained",
        reason="No abstract speaks of bread.",
        retrieved=tuple(RetrievedPaper(f"p{n}", f"Paper {n}", 1.0) for n in range(1, 9)),
    )
    page = Tags(render.abstained(1, answer))
    assert "Not in the library" in page.text
    assert "No abstract speaks of bread." in page.text
    assert len(page.all("li")) == render.NEAREST


def test_the_steps_show_where_it_stands() -> None:
    turn = Turn(1, "Why?", [Stage("searching"), Stage("reading", "20 papers")])
    page = Tags(render.reply(turn))
    assert [item["class"] for item in page.all("li")] == ["v-done", "v-now", "v-next", "v-next"]
    assert "20 papers" in page.text


def test_a_second_draft_replaces_the_first() -> None:
    turn = Turn(1, "Why?")
    for event in (Stage("writing"), Delta("One"), Stage("checking"), Delta("Tw"), Delta("o")):
        turn.take(event)
    assert turn.draft == "Two"
    assert turn.stages[-1].name == "writing"
    turn.take(Stage("writing"))
    assert turn.draft == ""


def test_a_stopped_turn_keeps_its_draft_and_takes_no_new_number() -> None:
    conversation = Conversation()
    turn = conversation.begin("Why?")
    turn.take(Delta("Because [1]."))
    conversation.stop()
    assert turn.settled
    assert "Because." in Tags(render.reply(turn)).text
    conversation.clear()
    assert conversation.begin("And?").number == turn.number + 1
