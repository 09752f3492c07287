"""The tab of the library in a real browser: finding, reading, asking, adding and removing papers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import NARROW, OVERFLOW, SAMPLE, Browser, assistant, browser, serving, url
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from assistant.engine import Assistant
from assistant.settings import Settings
from ingestion.library import Library

__all__ = ["assistant", "browser", "url"]  # fixtures
TABLE = ".v-table tbody tr"


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[str]:
    """Serve a library that a test may change."""
    library = Library.open(tmp_path / "library", create=True)
    library.ingest([SAMPLE])
    with serving(Assistant.open(library, Settings(llm="extractive", _env_file=None))) as address:  # type: ignore[call-arg]
        yield address


def titles(browser: Browser) -> list[str]:
    return [row.find_element(By.CSS_SELECTOR, "a").text for row in browser.all(TABLE)]


def at_library(browser: Browser, url: str, rest: str = "", size: tuple[int, int] = (1400, 900)) -> None:
    browser.open(f"{url}/#/library{rest}", size, wait_for=".v-one" if rest else ".v-table")


def said(browser: Browser, words: str) -> str:
    browser.wait.until(lambda _: words in browser.one("#v-added").text)
    return browser.one("#v-added").text


def test_papers_are_found_ordered_and_paged(browser: Browser, url: str, assistant: Assistant) -> None:
    at_library(browser, url)
    total, expected = assistant.library.listing("newest here", 0, 50)
    assert titles(browser) == [" ".join(paper.title.split()) for paper in expected]
    [on] = [button for button in browser.all(".v-library .v-actions button") if button.text == "Next →"]
    browser.driver.execute_script("arguments[0].click()", on)
    browser.wait.until(lambda _: f"51 to {total} of {total}" in browser.one(".v-table caption").text)
    browser.one("#v-find textarea").send_keys("diffusion")
    found, expected = assistant.library.listing("newest here", 0, 50, "diffusion")
    browser.wait.until(lambda _: f"1 to {found} of {found}" in browser.one(".v-table caption").text)
    assert titles(browser) == [" ".join(paper.title.split()) for paper in expected]
    browser.one("#v-order input").click()
    [by_title] = [option for option in browser.all("[role='option']") if option.text == "title"]
    by_title.click()
    browser.wait.until(lambda _: titles(browser) == sorted(titles(browser), key=str.casefold))
    browser.one("#v-find textarea").send_keys(" %_ nowhere")
    browser.wait.until(lambda _: "No paper holds these words" in browser.one("#v-papers-table").text)


def test_a_paper_has_an_address_and_can_be_asked_alone(browser: Browser, url: str, assistant: Assistant) -> None:
    paper = next(paper for paper in assistant.library.papers() if paper.title.startswith("NitroFusion"))
    at_library(browser, url, f"/{paper.id}", NARROW)
    assert browser.one(".v-one h2").text == paper.title
    assert " ".join(browser.one(".v-one .v-abstract").text.split()) == " ".join(paper.abstract.split())
    assert len(browser.all(".v-near li")) == 8
    assert browser.driver.execute_script(OVERFLOW) <= 0
    browser.one(".v-one .v-button").click()
    assert paper.title[:40] in browser.one("#v-only").text
    browser.ask("What is it about?")
    cited = [title.get_attribute("textContent") for title in browser.all("#v-tab-ask .v-title")]
    assert cited
    assert {title.split(":")[0] for title in cited if title} == {"NitroFusion"}
    browser.one("#v-only a").click()
    browser.wait.until(lambda _: not browser.one("#v-ask textarea").get_attribute("value") and not browser.all("#v-only a"))
    browser.driver.back()
    assert paper.title[:40] in browser.one("#v-only").text
    browser.open(f"{url}/#/library/nowhere", wait_for="#v-paper-page .v-note")
    assert "There is no paper nowhere" in browser.one("#v-paper-page .v-note").text


def test_files_are_added_and_what_is_refused_is_told(browser: Browser, changing: str, tmp_path: Path) -> None:
    at_library(browser, changing)
    file = tmp_path / "more.jsonl"
    good = {"title": "Walnuts <b>bold</b>", "abstract": "Walnuts are harvested in October. They keep for a year."}
    file.write_text(f"{json.dumps(good)}\n{{}}\nnonsense\n", encoding="utf-8")
    browser.driver.find_element(By.CSS_SELECTOR, ".v-library input[type='file']").send_keys(str(file))
    told = said(browser, "1 added")
    assert "2 refused" in told
    assert "more.jsonl, line 2" in told
    assert str(tmp_path) not in told
    browser.wait.until(lambda _: titles(browser)[:1] == ["Walnuts <b>bold</b>"])
    browser.driver.refresh()
    browser.wait.until(lambda _: "93 papers" in browser.one(".v-masthead").text)


def test_a_removed_paper_can_be_put_back(browser: Browser, changing: str) -> None:
    at_library(browser, changing)
    first = titles(browser)[0]
    browser.all(f"{TABLE} a")[0].click()
    browser.one(".v-one")
    [remove] = [button for button in browser.all(".v-library button") if button.text == "Remove from the library"]
    browser.driver.execute_script("arguments[0].click()", remove)
    said(browser, f"Removed: {first}")
    browser.wait.until(lambda _: first not in titles(browser))
    [undo] = [button for button in browser.all(".v-library button") if button.text == "Undo the removal"]
    undo.click()
    said(browser, "92 papers in the library")
    browser.wait.until(lambda _: titles(browser)[0] == first)


def test_papers_on_the_map_are_chosen_by_lasso_and_asked(browser: Browser, url: str) -> None:
    browser.open(f"{url}/#/map", wait_for=".v-topics button")
    buttons = browser.all(".v-topics button")
    buttons[0].click()
    number = int(buttons[0].find_element(By.CSS_SELECTOR, "small").text)
    assert browser.one(".v-chosen a").text == f"Ask only these {number} papers"
    assert buttons[0].get_attribute("aria-pressed") == "true"
    canvas = browser.one(".v-canvas canvas")
    box = canvas.rect
    hand = ActionChains(browser.driver).move_to_element_with_offset(canvas, -box["width"] / 2 + 2, -box["height"] / 2 + 2)
    hand.click_and_hold().move_by_offset(box["width"] - 4, 0).move_by_offset(0, box["height"] - 4)
    hand.move_by_offset(4 - box["width"], 0).release().perform()
    browser.wait.until(lambda _: browser.one(".v-chosen a").text == "Ask only these 92 papers")
    browser.one(".v-chosen a").click()
    assert "these 92 papers" in browser.one("#v-only").text


def test_a_point_of_the_map_tells_its_title_and_opens_its_paper(browser: Browser, url: str) -> None:
    browser.open(f"{url}/#/map", wait_for=".v-topics button")
    canvas = browser.one(".v-canvas canvas")
    x, y, _, _, title = json.loads(
        browser.driver.find_element(By.CSS_SELECTOR, ".v-points").get_attribute("textContent") or ""
    )[0]
    box = canvas.rect
    across, down = (24 + share * (box[side] - 48) - box[side] / 2 for share, side in ((x, "width"), (y, "height")))
    hand = ActionChains(browser.driver).move_to_element_with_offset(canvas, across, down)
    hand.perform()
    assert browser.one(".v-tip").text == title
    hand.click().perform()
    assert browser.one(".v-one h2").text == title


def test_what_a_reader_says_of_an_answer_is_kept(browser: Browser, changing: str, tmp_path: Path) -> None:
    browser.open(changing)
    browser.ask("What is NitroFusion?")
    file = tmp_path / "library" / "feedback.jsonl"
    browser.one("#v-chat [aria-label='Like']").click()
    browser.wait.until(lambda _: file.exists() and file.read_text(encoding="utf-8").count("\n") == 1)
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["said"] for line in lines] == ["Like"]
    assert {line["answer"]["question"] for line in lines} == {"What is NitroFusion?"}
