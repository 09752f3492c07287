"""The web app in a real browser, over the real library and the real assistant."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from assistant import chats
from assistant.answer import Answer, Delta, Event, Stage
from assistant.engine import Assistant
from assistant.settings import Settings
from assistant.ui.app import WebServer
from assistant.ui.ports import Answerer, Shelf
from ingestion.errors import VouchedError
from ingestion.library import Library

SAMPLE = Path(__file__).parents[1] / "ingestion" / "samples" / "papers-page.txt"
QUESTION = "What does the CREDIT framework provide?"
SECOND = "What is NitroFusion?"
WIDE = (1400, 900)
NARROW = (400, 840)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A marked quote is in view when all of its first line lies inside the panel and the window.
IN_VIEW = """
    const mark = document.querySelector(".v-quote.is-lit");
    if (!mark) return false;
    const line = mark.getClientRects()[0], panel = mark.closest(".v-panel-body").getBoundingClientRect();
    const shown = getComputedStyle(mark).visibility === "visible" && line.right <= innerWidth;
    return shown && line.top >= panel.top && line.bottom <= Math.min(panel.bottom, innerHeight);
"""
AT_TOP = "return document.querySelector('.v-panel-body').scrollTop === 0"
OVERFLOW = "return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - innerWidth"


class Browser:
    """Chromium at the web app, with the few moves that the tests make."""

    def __init__(self, driver: Chrome) -> None:
        """Take over a driver."""
        self.driver = driver
        self.wait = WebDriverWait(driver, 60)

    def open(self, url: str, size: tuple[int, int] = WIDE) -> None:
        """Open the app anew, in a window of that size."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.requests()  # what came before is not this page's
        self.driver.get(url)
        self.one("#v-ask textarea")

    def all(self, css: str) -> list[WebElement]:
        """Give the elements there are now."""
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css: str) -> WebElement:
        """Wait for an element that can be seen."""
        found = self.wait.until(lambda _: [element for element in self.all(css) if element.is_displayed()])
        return found[0]

    def type(self, question: str) -> None:
        """Put a question with Enter."""
        self.one("#v-ask textarea").send_keys(question, Keys.ENTER)

    def ask(self, question: str) -> None:
        """Put a question and wait until one more answer is finished."""
        before = len(self.all(".v-summary"))
        self.type(question)
        self.wait.until(lambda _: len(self.all(".v-summary")) == before + 1 and self.all("#v-ask .submit-button"))

    def follow(self, turn: int, number: int) -> str:
        """Click a marker, wait until its quote is marked and in view, and give the words that are marked."""
        link = self.one(f"a.v-cite[href='#cite-{turn}-{number}']")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'start'})", link)
        link.click()
        self.wait.until(lambda driver: driver.execute_script(IN_VIEW))
        self.wait.until(lambda _: all(str(number) in (m.get_attribute("data-cites") or "") for m in self.all(".is-lit")))
        return "".join(mark.get_attribute("textContent") or "" for mark in self.all(".v-quote.is-lit"))

    def requests(self) -> list[str]:
        """Give the addresses that the page asked for since it was opened."""
        log = self.driver.get_log("performance")  # type: ignore[no-untyped-call]
        entries = [json.loads(entry["message"])["message"] for entry in log]
        sent = [e["params"] for e in entries if e["method"] in {"Network.requestWillBeSent", "Network.webSocketCreated"}]
        return [params["request"]["url"] if "request" in params else params["url"] for params in sent]


@contextmanager
def serving(assistant: Answerer) -> Iterator[str]:
    """Serve an assistant on a free port, and give its address."""
    server = WebServer(assistant, port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.close()
        thread.join(timeout=20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start Debian's Chromium with a profile of its own."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not chromedriver:
        pytest.fail("These tests need a browser: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    driver = Chrome(options=options, service=Service(chromedriver))
    yield Browser(driver)
    driver.quit()


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Open the assistant over a library of the sample papers."""
    library = Library.open(tmp_path_factory.mktemp("library"), create=True)
    library.ingest([SAMPLE])
    return Assistant.open(library, Settings(llm="extractive", _env_file=None))  # type: ignore[call-arg]


@pytest.fixture(scope="module")
def url(assistant: Assistant) -> Iterator[str]:
    """Serve the real assistant."""
    with serving(assistant) as address:
        yield address


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
