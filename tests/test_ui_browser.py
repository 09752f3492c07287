"""The web app in a real browser, over the real library and the real assistant."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from browsing import (
    AT_TOP,
    NARROW,
    OVERFLOW,
    QUESTION,
    SECOND,
    Browser,
    assistant,
    browser,
    downloaded,
    serving,
    url,
)
from selenium.webdriver.common.by import By

from assistant import chats
from assistant.answer import Answer, Delta, Event, Stage
from assistant.engine import Assistant
from assistant.ui.ports import Shelf
from ingestion.errors import VouchedError

__all__ = ["assistant", "browser", "url"]  # fixtures


def test_a_marker_leads_to_its_sentence(browser: Browser, url: str, assistant: Assistant) -> None:
    browser.open(url)
    assert f"{assistant.library.count()} papers" in browser.one(".v-masthead").text
    assert len(browser.all("button.v-suggestion")) == 4
    for turn, question in enumerate((QUESTION, SECOND), start=1):
        browser.ask(question)
        browser.wait.until(lambda driver: driver.execute_script(AT_TOP))
        assert browser.all("a.v-cite.is-active") == []
        expected = assistant.ask(question)
        assert expected.status == "answered"
        for citation in expected.citations[:2]:
            assert browser.follow(turn, citation.number) == citation.quote
            paper = assistant.library.paper(citation.paper_id)
            section = browser.one(f".v-turn[data-turn='{turn}']")
            assert paper.title in [title.text for title in section.find_elements(By.CSS_SELECTOR, ".v-title")]
            assert paper.abstract[citation.start : citation.end] == citation.quote
            link = browser.one(f"a.v-cite[href='#cite-{turn}-{citation.number}']")
            assert " ".join(citation.quote.split())[:80] in (link.get_attribute("title") or "")
    first = assistant.ask(QUESTION).citations[0]
    assert browser.follow(1, 1) == first.quote  # an earlier answer's marker brings back its evidence
    asked = [urlsplit(address) for address in browser.requests()]
    assert {address.netloc for address in asked if address.scheme in {"http", "https", "ws", "wss"}} == {
        urlsplit(url).netloc
    }


def test_markup_in_a_question_stays_text(browser: Browser, url: str) -> None:
    browser.open(url)
    question = (
        '<img src="/hacked.png" onerror="window.hacked=1"> <script>window.hacked=1</script> '
        "[click](javascript:window.hacked=1) ![i](/hacked.png) **bold** CREDIT"
    )
    browser.ask(question)
    shown = browser.one(".v-question")
    assert shown.text == question
    assert browser.all("#v-chat img, #v-chat script, #v-panel img, #v-panel script, a[href^='javascript']") == []
    assert browser.driver.execute_script("return window.hacked === undefined")
    assert [address for address in browser.requests() if "hacked.png" in address] == []


def test_what_the_library_does_not_say_looks_different(browser: Browser, url: str) -> None:
    browser.open(url)
    browser.ask("What is the best hydration for sourdough bread?")
    assert "Not in the library" in browser.one(".v-abstained").text
    assert browser.all(".v-nearest li")


def test_a_narrow_window_has_the_evidence_in_a_drawer(browser: Browser, url: str, assistant: Assistant) -> None:
    browser.open(url, NARROW)
    assert browser.driver.execute_script(OVERFLOW) <= 0
    browser.ask(QUESTION)
    assert not any(element.is_displayed() for element in browser.all(".v-quote"))
    assert browser.follow(1, 1) == assistant.ask(QUESTION).citations[0].quote
    assert browser.driver.execute_script(OVERFLOW) <= 0
    browser.one(".v-close").click()
    browser.wait.until(lambda _: not any(element.is_displayed() for element in browser.all(".v-quote")))
    assert (browser.driver.switch_to.active_element.get_attribute("href") or "").endswith("#cite-1-1")


def test_two_sessions_do_not_mix(browser: Browser, url: str) -> None:
    browser.open(url)
    browser.ask(QUESTION)
    first = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("window")
    browser.open(url)
    browser.one("button.v-suggestion")
    assert browser.all(".v-question") == []
    browser.ask(SECOND)
    assert [question.text for question in browser.all(".v-question")] == [SECOND]
    browser.driver.close()
    browser.driver.switch_to.window(first)
    browser.ask("Which models does CREDIT train?")
    assert [question.text for question in browser.all(".v-question")] == [QUESTION, "Which models does CREDIT train?"]


class Scripted:
    """An assistant that writes until it is let go, or fails, as the question says."""

    def __init__(self, library: Shelf) -> None:
        """Answer over a library."""
        self.library = library
        self.let_go = threading.Event()

    def chat(self, turns: Sequence[chats.Turn] = ()) -> chats.Chat:
        """Go on with a chat."""
        return chats.Chat(self, turns)

    def stream(self, question: str) -> Iterator[Event]:
        """Wait, fail or answer."""
        yield Stage("searching")
        yield Stage("writing", "3 sentences")
        if "fail" in question:
            raise VouchedError("The model is asleep. Wake it.")
        yield Delta("Half a sentence")
        if "wait" in question:
            self.let_go.wait(60)
        yield Answer(question, "answered", "A whole sentence.", None, (), (), ())


def test_stopping_and_failing_lose_nothing(browser: Browser, assistant: Assistant) -> None:
    scripted = Scripted(assistant.library)
    with serving(scripted) as address:
        browser.open(address)
        browser.type("wait")
        assert "Half a sentence" in browser.one(".v-draft").text
        assert [step.text for step in browser.all(".v-steps .v-now")] == ["Writing"]
        browser.one("#v-ask .stop-button").click()
        assert "Half a sentence" in browser.one(".v-stopped").text
        scripted.let_go.set()
        browser.type("fail")
        assert "The model is asleep. Wake it." in browser.one(".v-error").text
        browser.one(".v-error .v-again").click()
        browser.wait.until(lambda _: browser.one("#v-ask textarea").get_attribute("value") == "fail")
        browser.one("#v-ask textarea").clear()
        browser.ask("again")
        assert [question.text for question in browser.all(".v-question")] == ["wait", "fail", "again"]
        assert "A whole sentence." not in browser.one(".v-stopped").text
        browser.one("#v-new").click()
        browser.one("button.v-suggestion").click()
        browser.one(".v-answered")
        assert len(browser.all(".v-question")) == 1


def test_a_question_is_edited_and_an_answer_copied_and_exported(
    browser: Browser, url: str, assistant: Assistant, tmp_path: Path
) -> None:
    browser.driver.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    browser.open(url)
    browser.ask(QUESTION)
    browser.one(".v-edit").click()
    assert browser.one("#v-ask textarea").get_attribute("value") == QUESTION
    browser.one(".v-copy").click()
    browser.wait.until(lambda _: browser.one(".v-copy").text == "Copied")
    copied = browser.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    first = assistant.ask(QUESTION).citations[0]
    assert f"[1] “{first.quote}”" in copied
    assert first.title in copied
    assert "[1]" in copied.partition("\n\n")[0]
    told = json.loads(downloaded(browser, "ask", "JSON", tmp_path))
    assert [turn["question"] for turn in told["turns"]] == [QUESTION]
    browser.one("#v-new").click()
    browser.one("button.v-suggestion")
    assert not any(button.is_displayed() for button in browser.all("#v-tab-ask .v-actions button"))


def test_a_key_leads_to_the_box(browser: Browser, url: str) -> None:
    browser.open(url)
    browser.driver.execute_script("document.activeElement.blur()")
    browser.driver.find_element(By.TAG_NAME, "body").send_keys("/")
    assert browser.driver.switch_to.active_element == browser.one("#v-ask textarea")
    assert browser.one("#v-ask textarea").get_attribute("value") == ""
