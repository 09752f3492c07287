"""Hostile strings in every field that the page shows, in a real browser whose Content-Security-Policy is switched off.

Escaping alone must hold: no script runs, no element appears, no request leaves the app. The policy is tested by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browsing import Browser, browser, serving
from hostile import EVIL, STRINGS
from openai_server import ScriptedServer, says, scripted_server
from selenium.webdriver.common.keys import Keys

from assistant import Answer, Assistant, Settings, chats
from assistant.answer import Citation, Delta, Event, RetrievedPaper, Stage, Statement, Usage
from assistant.ui.escaping import INVISIBLE
from ingestion.errors import VouchedError
from ingestion.library import Library
from ingestion.paper import Paper

__all__ = ["browser"]  # the fixture

SHARE = 11  # of the strings, put in one question
ELEMENTS = "img, script, iframe, object, embed, svg, math, form, input, select, style, link, meta, base, video, audio"
OURS = ".v-reply, .v-question, .v-panel-body, .v-hello, .v-masthead, .v-suggestion, .v-table, .v-one"
OURS += ", #v-only .html-container, .v-points, .v-sentences, #v-summary .html-container"
# What is there, of elements that nothing of ours uses, and of attributes that could do something.
FOREIGN = """return [...document.querySelectorAll(arguments[0])].flatMap((each) => [...each.querySelectorAll("*")])
    .filter((each) => each.matches(arguments[1]) || [...each.attributes].some((at) => /^on|^style$|^srcdoc$/.test(at.name)))
    .map((each) => each.outerHTML.slice(0, 300))"""
LINKS = "return [...document.querySelectorAll(arguments[0])].flatMap((e) => [...e.querySelectorAll('a')].map((a) => a.href))"
# Told when all that was put on the page before has had its turn: a broken picture of ours is noticed after theirs.
SETTLED = "const img = new Image(); img.onerror = () => arguments[0](true); img.src = '/nothing-of-ours';"
# Svelte listens for the event, not for the property.
TYPED = """Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(arguments[0], arguments[1]);
    arguments[0].dispatchEvent(new Event("input", {bubbles: true}))"""


@pytest.fixture
def unguarded(browser: Browser) -> Iterator[Browser]:
    """Switch the policy off, so that the page has nothing but its escaping."""
    browser.driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    yield browser
    browser.driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})


def shown(string: str) -> str:
    """Give a string as a line of the page shows it."""
    return " ".join(INVISIBLE.sub("", string).split())


def text_of(browser: Browser, css: str) -> str:
    """Give all the text there is in elements, seen or not, on one line."""
    found = browser.driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent).join('\\n')", css
    )
    return " ".join(str(found).split())


def assert_harmless(browser: Browser, url: str) -> None:
    """See that nothing of what is shown did anything."""
    browser.driver.execute_async_script(SETTLED)
    assert browser.driver.execute_script("return window.hacked") is None
    assert browser.driver.execute_script(FOREIGN, OURS, ELEMENTS) == []
    assert {urlsplit(link).scheme for link in browser.driver.execute_script(LINKS, OURS)} <= {"http", "https"}
    asked = [urlsplit(address) for address in browser.requests()]
    assert {address.netloc for address in asked if address.scheme not in {"data", "blob"}} == {urlsplit(url).netloc}
    assert browser.driver.current_url.startswith(url)


def test_the_strings_do_harm_where_nothing_escapes_them(unguarded: Browser, url: str) -> None:
    unguarded.open(url)
    unguarded.driver.execute_script("document.body.innerHTML = ''")
    run = 0
    for string in STRINGS:
        unguarded.driver.execute_script("window.hacked = 0; document.body.innerHTML = arguments[0]", string)
        unguarded.driver.execute_async_script(SETTLED)
        run += bool(unguarded.driver.execute_script("return window.hacked"))
    assert run >= 10
    assert len({address for address in unguarded.requests() if address.startswith(EVIL)}) >= 5


class Hostile:
    """An assistant, and its library, in whose answers every field is hostile."""

    def __init__(self) -> None:
        self.library = self

    def papers(self) -> Iterator[Paper]:
        yield from (self.paper(str(number)) for number in range(len(STRINGS)))

    def paper(self, paper_id: str) -> Paper:
        s = STRINGS[int(paper_id.partition("|")[0])]
        return Paper(
            paper_id, s, f"Before. {s} After.", (s, s), 2020, s, doi=s, arxiv_id=s, url=s, source=s, categories=(s,)
        )

    def count(self) -> int:
        return len(STRINGS)

    def listing(self, order: str, start: int, count: int, words: str = "") -> tuple[int, list[Paper]]:
        return len(STRINGS), list(self.papers())

    def near(self, paper: Paper, count: int) -> dict[str, float]:
        return {str(number): 0.5 for number in range(count)}

    def sources(self, paper_ids: Sequence[str]) -> dict[str, list[str]]:
        return {id_: list(STRINGS) for id_ in paper_ids}

    def chat(self, turns: Sequence[chats.Turn] = ()) -> chats.Chat:
        return chats.Chat(self, turns)

    def stream(self, question: str) -> Iterator[Event]:
        if question.startswith("Refuse"):
            raise VouchedError("No.")
        yield from (Stage("reading", string) for string in STRINGS)
        yield Stage("writing", STRINGS[0])
        yield from (Delta(f"{string}\n\n") for string in STRINGS)
        if question.startswith("Fail"):
            raise VouchedError(" ".join(STRINGS))
        numbered = list(enumerate(STRINGS, start=1))
        listed = tuple(RetrievedPaper(f"{n - 1}|{s}", s, 0.5) for n, s in numbered)
        more = {"retrieved": listed, "usage": Usage(model=STRINGS[0]), "notes": STRINGS, "understood": " ".join(STRINGS)}
        if question.startswith("Abstain"):
            lost = tuple(Citation(n, f"{n - 1}|{s}", s, f"gone {s}", 0, 5, 0.5) for n, s in numbered)
            yield Answer(question, "abstained", "No.", " ".join(STRINGS), (), lost, **more)
            return
        quoted = tuple(Citation(n, f"{n - 1}|{s}", s, s, 8, 8 + len(s), 0.5) for n, s in numbered)
        said = tuple(Statement(s, (n,), "undetermined", 0.5) for n, s in numbered)
        text = "\n\n".join(f"{s} [{n}]" for n, s in numbered)
        yield Answer(question, "answered", text, None, said, quoted, **more)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Hostile()) as address:  # type: ignore[arg-type]
        yield address


def test_nothing_in_an_answer_or_a_paper_is_taken_for_markup(unguarded: Browser, url: str) -> None:
    unguarded.open(url)
    unguarded.ask("Answer")
    titles, marked, prose = text_of(unguarded, ".v-title"), text_of(unguarded, ".v-quote"), text_of(unguarded, ".v-note")
    for string in STRINGS:
        assert shown(string) in titles
        assert shown(string) in marked
    assert "hacked" in prose
    assert_harmless(unguarded, url)


def test_nothing_in_an_abstention_or_a_failure_is_taken_for_markup(unguarded: Browser, url: str) -> None:
    unguarded.open(url)
    unguarded.ask("Abstain")
    assert "hacked" in text_of(unguarded, ".v-reason")
    assert "gone <script>" in text_of(unguarded, "blockquote")
    unguarded.type("Fail")
    unguarded.one(".v-error")
    assert shown(STRINGS[-1]) in text_of(unguarded, ".v-error .v-reason")
    assert_harmless(unguarded, url)


def test_a_question_stays_what_was_typed(unguarded: Browser, url: str) -> None:
    unguarded.open(url)
    for start in range(0, len(STRINGS), SHARE):
        question = " ".join(map(shown, STRINGS[start : start + SHARE]))
        before = len(unguarded.all(".v-error"))
        unguarded.driver.execute_script(TYPED, unguarded.one("#v-ask textarea"), f"Refuse {question}")
        unguarded.one("#v-ask .submit-button").click()
        unguarded.wait.until(lambda _, before=before: len(unguarded.all(".v-error")) == before + 1)
        unguarded.wait.until(lambda _: unguarded.all("#v-ask .submit-button"))
        assert question in text_of(unguarded, ".v-question")
    assert_harmless(unguarded, url)


@pytest.fixture
def model() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


def test_hostile_papers_and_a_hostile_model_do_nothing_on_the_real_road(
    unguarded: Browser, model: ScriptedServer, tmp_path: Path
) -> None:
    records = [
        {"title": f"Walnut harvest {n}: {s}", "abstract": f"Walnuts are harvested in autumn {n}. Robots say {s} too.",
         "authors": [s], "venue": s, "doi": f"10.1000/{n}{s}", "url": f"javascript:window.hacked=1//{s}"}
        for n, s in enumerate(STRINGS)
    ]  # fmt: skip
    file = tmp_path / "hostile.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    library = Library.open(tmp_path / "library", create=True)
    assert library.ingest([file]).added >= len(STRINGS) - 5  # a record may be refused, with the reason
    model.script(says("\n".join(f"Walnuts are harvested in autumn {string} [1]." for string in STRINGS)))
    settings = Settings(llm="openai", model="m", openai_base_url=model.url, _env_file=None)  # type: ignore[call-arg]
    with serving(Assistant(library, settings)) as address:
        unguarded.open(address)
        unguarded.ask("When are walnuts harvested?")
        assert "Walnut harvest" in text_of(unguarded, ".v-title")
        assert model.calls
        assert_harmless(unguarded, address)
        unguarded.open(f"{address}/#/map", wait_for=".v-topics button")
        assert "Walnut harvest" in text_of(unguarded, ".v-points")
        for kind in ("papers", "claim"):
            unguarded.open(f"{address}/#/summaries", wait_for="#v-topic textarea")
            unguarded.all("#v-kind label")[kind == "claim"].click()
            unguarded.one("#v-topic textarea").send_keys("Walnuts are harvested in autumn", Keys.ENTER)
            unguarded.one("#v-summary .v-statement, #v-summary .v-reason")
        unguarded.open(f"{address}/#/audit", wait_for="#v-draft textarea")
        unguarded.driver.execute_script(TYPED, unguarded.one("#v-draft textarea"), "\n\n".join(map(shown, STRINGS)))
        unguarded.one("#v-tab-audit .v-primary").click()
        unguarded.one(".v-filters")
        assert_harmless(unguarded, address)


def test_nothing_in_the_library_is_taken_for_markup(unguarded: Browser, url: str) -> None:
    unguarded.open(f"{url}/#/library", wait_for=".v-table")
    assert "<script>" in text_of(unguarded, ".v-table")
    unguarded.all(".v-table a")[0].click()
    unguarded.one(".v-one")
    assert "Before. " in text_of(unguarded, ".v-one .v-abstract")
    unguarded.one(".v-one .v-button").click()
    assert unguarded.one("#v-only b")
    assert_harmless(unguarded, url)


def test_the_policy_stops_what_escaping_would_let_through(browser: Browser, url: str) -> None:
    browser.open(url)
    violated = browser.driver.execute_async_script(
        "document.addEventListener('securitypolicyviolation', (e) => arguments[1](e.blockedURI));"
        "document.body.insertAdjacentHTML('beforeend', `<img src='${arguments[0]}/i.png'>`)",
        EVIL,
    )
    assert violated.startswith(EVIL)
