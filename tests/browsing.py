"""A real browser at the web app, over the real library and the real assistant."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from assistant.engine import Assistant
from assistant.settings import Settings
from assistant.ui.app import WebServer
from assistant.ui.ports import Answerer
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

    def open(self, url: str, size: tuple[int, int] = WIDE, wait_for: str = "#v-ask textarea") -> None:
        """Open the app anew, in a window of that size."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.requests()  # what came before is not this page's
        self.driver.get("about:blank")  # else an address that differs in its hash alone is no new page
        self.driver.get(url)
        self.one(wait_for)

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


def downloaded(browser: Browser, tab: str, name: str, folder: Path) -> str:
    """Click a button that downloads, and read the file."""
    browser.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
    before = set(folder.iterdir())
    [button] = [found for found in browser.all(f"#v-tab-{tab} .v-actions button") if found.text == name]
    browser.driver.execute_script("arguments[0].click()", button)
    whole = {".json", ".md", ".bib", ".html"}
    browser.wait.until(lambda _: [file for file in set(folder.iterdir()) - before if file.suffix in whole])
    [file] = set(folder.iterdir()) - before
    return file.read_text(encoding="utf-8")


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
