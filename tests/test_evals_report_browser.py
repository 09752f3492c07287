"""The HTML report in a real browser, from disk."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from browsing import FLAGS, NARROW, OVERFLOW, WIDE
from command import vouched
from report_runs import BEFORE, CASES, MARKUP, a_run
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

IDS = [case["id"] for case in CASES]


class Reader:
    """Chromium at a report."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver
        self.wait = WebDriverWait(driver, 30)

    def open(self, url: str, size: tuple[int, int] = WIDE, scheme: str = "light") -> None:
        """Open a report anew."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get("about:blank")  # an address that differs by its fragment alone would not load anew
        self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # what came before is not this page's
        self.driver.get(url)

    def complaints(self) -> list[dict[str, Any]]:
        """Give what the browser complained of: errors of the script, what its policy refused, what was not found."""
        return list(self.driver.get_log("browser"))  # type: ignore[no-untyped-call]

    def all(self, css: str) -> list[WebElement]:
        """Give the elements there are now."""
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def shown(self) -> list[str]:
        """Give the ids of the questions in the list, in its order."""
        return [str(row.get_attribute("id")).removeprefix("q-") for row in self.all(".question")]

    def choose(self, control: str, value: str) -> list[str]:
        """Choose a value of a select; gives the questions then shown."""
        Select(self.driver.find_element(By.ID, control)).select_by_value(value)
        return self.shown()

    def unfold(self, id_: str) -> WebElement:
        """Open a question by its line; gives its body."""
        row = self.driver.find_element(By.ID, f"q-{id_}")
        row.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
        return self.wait.until(lambda _: row.find_elements(By.CSS_SELECTOR, ".body"))[0]


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
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(chromedriver))
    yield Reader(driver)
    driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Write a report of one run, and one of two; gives their addresses."""
    folder = tmp_path_factory.mktemp("runs")
    new, old = a_run(folder / "new"), a_run(folder / "old", BEFORE, judged=False)
    calls = {"one": ("eval", "report", new), "two": ("eval", "report", new, "--against", old)}
    for name, call in calls.items():
        assert vouched(*call, "--out", folder / f"{name}.html").code == 0
    return {name: (folder / f"{name}.html").as_uri() for name in calls}


def test_questions_are_found_filtered_and_sorted(reader: Reader, pages: dict[str, str]) -> None:
    reader.open(pages["one"])
    assert reader.shown() == IDS
    assert reader.choose("kind", "unanswerable") == ["rightly none", "wrongly | answered"]
    assert reader.choose("status", "abstained") == ["rightly none"]
    assert reader.driver.find_element(By.ID, "tally").text == "1 of 7 questions"
    reader.driver.find_element(By.CSS_SELECTOR, "button[type=reset]").click()
    reader.wait.until(lambda _: reader.shown() == IDS)
    assert reader.choose("status", "wrong") == ["missed", "refused", "wrongly | answered", "<i>broken</i>", "injected"]
    assert reader.choose("short", "fact coverage") == ["missed", "refused", "<i>broken</i>"]
    assert reader.choose("order", "metric fact coverage") == ["refused", "<i>broken</i>", "missed"]
    assert [figure.text for figure in reader.all(".figure")] == ["0.000", "0.000", "0.500"]
    reader.choose("status", "")
    reader.choose("short", "")
    assert reader.choose("order", "bad")[:2] == ["<i>broken</i>", "refused"]
    assert reader.choose("order", "metric MRR")[:2] == ["missed", "refused"]  # those without a value come last
    reader.driver.find_element(By.ID, "find").send_keys("PWNED obey")
    assert reader.shown() == ["injected"]
    assert reader.complaints() == []


def test_a_question_shows_all_that_became_of_it(reader: Reader, pages: dict[str, str]) -> None:
    reader.open(pages["one"])
    body = reader.unfold("right")
    assert [mark.text for mark in body.find_elements(By.TAG_NAME, "mark")] == [
        "Ants march <b>in step</b> at 42 m/s, & they sing"
    ]
    for said in (
        "On ants: They march at 42 m/s 1. They sing 2[9].",
        "guard: supported 0.90, alarms: number · judge: supported 0.75, alarms: name",
        "[1] alone: supported 0.75",
        "rests on Ants march <b>in s",
        "in the answer: unsupported 0.25",
        "On <ants> & bees | a study gold paper",
    ):
        assert said in body.text
    body.find_element(By.CSS_SELECTOR, ".answer .marker").send_keys(Keys.ENTER)
    assert (reader.driver.switch_to.active_element.get_attribute("class"), reader.shown()) == ("quote", IDS)
    assert "LLMError: " + MARKUP in reader.unfold("<i>broken</i>").text
    assert re.search(r"✓\s*42\s*✗\s*hum \| buzz / drone", reader.unfold("missed").text)
    assert reader.driver.execute_script("return window.hacked === undefined")
    assert reader.all("#list img, #list script, #list b, #list i") == []
    reader.driver.find_element(By.ID, "all").click()
    reader.wait.until(lambda _: len(reader.all(".question[open] .body")) == len(IDS))
    assert reader.complaints() == []


def test_two_runs_stand_side_by_side(reader: Reader, pages: dict[str, str]) -> None:
    reader.open(pages["two"])
    assert reader.shown()[:2] == ["injected", "right"]  # what moved most
    assert [figure.text for figure in reader.all(".figure")][:3] == ["−0.50", "+1.00", "no change"]
    assert reader.choose("order", "gain")[0] == "injected"
    assert reader.choose("status", "better") == ["right"]
    assert reader.choose("status", "differs") == ["right", "injected"][::-1]
    body = reader.unfold("right")
    before, after = body.find_elements(By.CSS_SELECTOR, ".sides > section")
    assert "Baseline: abstained" in before.text
    assert "This run: answered" in after.text
    assert before.location["y"] == after.location["y"]
    assert "0.000 → 1.000" in body.text
    assert reader.complaints() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_does_not_run_over(reader: Reader, pages: dict[str, str], scheme: str) -> None:
    for url in pages.values():
        reader.open(url, NARROW, scheme)
        reader.driver.find_element(By.ID, "all").click()
        reader.wait.until(lambda _: len(reader.all(".question[open] .body")) == len(IDS))
        assert reader.driver.execute_script(OVERFLOW) <= 0
        inside = (
            "return [...document.querySelectorAll('#list *')].every((e) => e.getBoundingClientRect().right <= innerWidth)"
        )
        assert reader.driver.execute_script(inside)
    paper = reader.driver.execute_script("return getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, paper[4:-1].split(","))) > 400) == (scheme == "light")


def test_an_address_leads_to_its_question(reader: Reader, pages: dict[str, str]) -> None:
    reader.open(f"{pages['one']}#q-wrongly%20%7C%20answered")
    assert [row.get_attribute("id") for row in reader.all(".question[open]")] == ["q-wrongly | answered"]
    reader.open(f"{pages['one']}#%")
    assert reader.shown() == IDS
    assert reader.complaints() == []
