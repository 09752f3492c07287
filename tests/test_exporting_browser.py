"""An exported page in a real browser, from disk: nothing runs, nothing is fetched, and every number leads to its words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import FLAGS, NARROW, OVERFLOW, WIDE
from exported import ANSWER, HOSTILE, MADE, Shelf, hostile
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from test_exporting import table_summary

from assistant.exporting import Document, export, of_answer, of_chat, of_summary

IN_VIEW = "const box = arguments[0].getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight"


class Reader:
    """Chromium at an exported page."""

    def __init__(self, driver: Chrome, folder: Path) -> None:
        self.driver, self.folder = driver, folder

    def open(self, document: Document, size: tuple[int, int] = WIDE, scheme: str = "light", media: str = "screen") -> str:
        """Export a document and open it; gives its address."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        export(document, self.folder / "page.html")
        url = (self.folder / "page.html").as_uri()
        self.driver.get("about:blank")
        self.requests()  # what came before is not this page's
        self.driver.get(url)
        return url

    def requests(self) -> list[str]:
        """Give the addresses that the page asked for since it was opened, but for those that its own policy held back."""
        log = self.driver.get_log("performance")  # type: ignore[no-untyped-call]
        entries = [json.loads(entry["message"])["message"] for entry in log]
        failed = [e["params"] for e in entries if e["method"] == "Network.loadingFailed"]
        held = {params["requestId"] for params in failed if params.get("blockedReason") == "csp"}
        sent = [e["params"] for e in entries if e["method"] in {"Network.requestWillBeSent", "Network.webSocketCreated"}]
        sent = [params for params in sent if params["requestId"] not in held]
        return [params["request"]["url"] if "request" in params else params["url"] for params in sent]

    def all(self, css: str) -> list[WebElement]:
        """Give the elements there are."""
        return self.driver.find_elements(By.CSS_SELECTOR, css)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Start Debian's Chromium with a profile of its own."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not chromedriver:
        pytest.fail("These tests need a browser: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(chromedriver))
    yield Reader(driver, tmp_path_factory.mktemp("pages"))
    driver.quit()


@pytest.mark.parametrize("trap", HOSTILE)
def test_hostile_text_runs_nothing_and_fetches_nothing(reader: Reader, trap: str) -> None:
    answer, shelf = hostile(trap)
    for document in (of_answer(answer, shelf, MADE), of_chat(trap, [answer, answer], shelf, MADE)):
        url = reader.open(document, NARROW)
        for details in reader.all("details"):
            details.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
        assert reader.driver.execute_script("return window.hacked === undefined")
        assert reader.driver.current_url == url
        assert reader.requests() == [url]
        assert reader.all("script, img, svg, iframe, link, object, b, h1 h1") == []
        assert len(reader.all("h1")) == len(reader.all("style")) == len(reader.all("body > footer")) == 1
        assert reader.driver.execute_script(OVERFLOW) <= 0
        assert reader.driver.get_log("browser") == []  # type: ignore[no-untyped-call]  # nothing the policy had to refuse


def test_the_policy_holds_even_against_markup(reader: Reader) -> None:
    url = reader.open(of_answer(ANSWER, Shelf(), MADE))
    page = reader.folder / "page.html"
    text = page.read_text(encoding="utf-8")
    smuggled = "".join(trap for trap in HOSTILE if "<" in trap and "refresh" not in trap and "</main>" not in trap)
    page.write_text(
        text.replace("<main>", f"<main>{smuggled}<img src=http://127.0.0.1:9/x>"), encoding="utf-8", errors="replace"
    )
    reader.requests()
    reader.driver.get(url)
    assert reader.all("main script, main img")
    assert reader.driver.execute_script("return window.hacked === undefined")
    assert [asked for asked in reader.requests() if not asked.startswith(("file:", "about:"))] == []


def test_a_marker_leads_to_its_quote_and_the_quote_back(reader: Reader) -> None:
    reader.open(of_chat("c", [ANSWER] * 6, Shelf(), MADE), NARROW)
    marker = reader.all("#mark-5-3-1")[0]
    marker.send_keys(Keys.ENTER)
    source = reader.all(".v-source:target")[0]
    assert source.get_attribute("id") == "source-5-3"
    assert "These words are gone." in source.text
    assert reader.driver.execute_script(IN_VIEW, source)
    assert not reader.driver.execute_script(IN_VIEW, marker)
    source.find_element(By.CSS_SELECTOR, ".v-back").send_keys(Keys.ENTER)
    assert reader.driver.execute_script(IN_VIEW, marker)


def test_an_abstract_opens_with_its_quotes_marked(reader: Reader) -> None:
    reader.open(of_answer(ANSWER, Shelf(), MADE))
    first = reader.all(".v-paper details")[0]
    assert not first.find_element(By.TAG_NAME, "mark").is_displayed()
    first.find_element(By.TAG_NAME, "summary").click()
    marks = first.find_elements(By.TAG_NAME, "mark")
    assert [mark.text for mark in marks] == ["We plan first.", "On 13 tasks it gains 25.1% over answering directly."]
    assert reader.driver.execute_script(
        "return getComputedStyle(arguments[0]).backgroundColor !== getComputedStyle(document.body).backgroundColor", marks[0]
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_it_reads_well_wide_and_narrow_in_both_themes(reader: Reader, scheme: str, size: tuple[int, int]) -> None:
    for document in (of_answer(ANSWER, Shelf(), MADE), of_summary(table_summary(), Shelf(), MADE)):
        reader.open(document, size, scheme)
        assert reader.driver.execute_script(OVERFLOW) <= 0
        reply, evidence = reader.all(".v-reply")[0].rect, reader.all(".v-evidence")[0].rect
        assert (evidence["x"] >= reply["x"] + reply["width"]) == (size == WIDE)
        assert (evidence["y"] >= reply["y"] + reply["height"]) == (size == NARROW)
        paper = reader.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, paper[4:-1].split(","))) > 400) == (scheme == "light")


def test_in_print_it_is_light_and_shows_addresses(reader: Reader) -> None:
    reader.open(of_answer(ANSWER, Shelf(), MADE), scheme="dark", media="print")
    assert reader.driver.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    shown = reader.driver.execute_script("return getComputedStyle(document.querySelector('.v-byline a'), '::after').content")
    assert "https://doi.org/10.1000/x_1" in shown or "attr(href)" in shown
    assert not reader.all(".v-back")[0].is_displayed()
