"""The tabs Summaries and Audit in a real browser, over the real library and the real models."""

from __future__ import annotations

import json
from pathlib import Path

from browsing import IN_VIEW, NARROW, OVERFLOW, Browser, assistant, browser, downloaded, url
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from assistant.auditing.audit import OUTCOMES
from assistant.engine import Assistant
from assistant.ui.audit import CLASSES, LONGEST, opened

__all__ = ["assistant", "browser", "url"]  # fixtures
SUPPORTED = "CodePlan improves over generating responses directly by 25.1% on average across 13 reasoning benchmarks."
UNKNOWN = "Sourdough bread is best baked at 230 degrees."
HOSTILE = r'Bread \<img src=x onerror="window.hacked=1"\> rises.'
DRAFT = f"# Related work\n\n{SUPPORTED} {UNKNOWN}\n\nIn this section we review prior work.\n\n{HOSTILE}\n"
LIT = "return [...document.querySelectorAll('#v-tab-{} .v-quote.is-lit')].map(e => e.textContent).join('')"


def audited(browser: Browser, url: str, draft: str = DRAFT, size: tuple[int, int] = (1400, 900)) -> None:
    browser.open(f"{url}/", size)
    browser.one("#v-tab-audit-button").click()
    browser.driver.execute_script("arguments[0].value = ''", browser.one("#v-draft textarea"))
    browser.one("#v-draft textarea").send_keys(draft)
    browser.one("#v-tab-audit .v-primary").click()
    browser.one(".v-filters")


def test_a_draft_is_audited_and_a_sentence_leads_to_its_quote(
    browser: Browser, url: str, assistant: Assistant, tmp_path: Path
) -> None:
    audited(browser, url)
    rows = browser.all(".v-sentences li")
    assert [row.find_element(By.CSS_SELECTOR, ".v-verdict").text for row in rows[:3]] == [
        "✓ supported",
        "✗ not found",
        "· no claim",
    ]
    assert '<img src=x onerror="window.hacked=1"> rises.' in rows[3].text
    assert browser.driver.execute_script("return window.hacked === undefined")
    link = browser.one(".v-sentences .v-ok a")
    link.click()
    browser.wait.until(lambda driver: driver.execute_script(IN_VIEW))
    quote = str(browser.driver.execute_script(LIT.format("audit")))
    assert "25.1" in quote
    assert any(quote in paper.abstract for paper in assistant.library.papers())
    told = json.loads(downloaded(browser, "audit", "JSON", tmp_path))
    assert [statement["found"] for statement in told["statements"]][:3] == ["supported", "not found", "no claim"]
    assert "1 of 2 supported" in downloaded(browser, "audit", "Markdown", tmp_path)


def test_sentences_are_shown_by_their_verdict(browser: Browser, url: str) -> None:
    audited(browser, url, size=NARROW)
    assert browser.driver.execute_script(OVERFLOW) <= 0
    browser.one(".v-filters input[value='v-lost'] + span").click()
    shown = [row.text for row in browser.all(".v-sentences li") if row.is_displayed()]
    assert any("Sourdough" in row for row in shown)
    assert not any("CodePlan" in row for row in shown)


def test_every_outcome_has_its_look() -> None:
    assert list(CLASSES) == list(OUTCOMES)


def test_an_empty_draft_is_told(browser: Browser, url: str) -> None:
    browser.open(f"{url}/#/audit", wait_for="#v-draft textarea")
    browser.one("#v-tab-audit .v-primary").click()
    assert "There is no sentence to check" in browser.one("#v-audit .v-note").text
    assert opened(b"\xff" * (5 * LONGEST))[0] == "\N{REPLACEMENT CHARACTER}"  # a file of anything is read, and no more of it


def test_a_topic_is_summarized_and_exported(browser: Browser, url: str, assistant: Assistant, tmp_path: Path) -> None:
    browser.open(f"{url}/")
    browser.one("#v-tab-summaries-button").click()
    browser.one("#v-topic textarea").send_keys("chain-of-thought prompting", Keys.ENTER)
    link = browser.one("#v-summary a.v-cite[href='#cite-1-1']")
    link.click()
    browser.wait.until(lambda driver: driver.execute_script(LIT.format("summaries")))
    first = assistant.summarize("chain-of-thought prompting").answer.citations[0]
    assert browser.driver.execute_script(LIT.format("summaries")) == first.quote
    assert json.loads(downloaded(browser, "summaries", "JSON", tmp_path))["citations"][0]["quote"] == first.quote
    assert downloaded(browser, "summaries", "BibTeX", tmp_path).startswith("@")


def test_papers_are_compared_and_a_cell_leads_to_its_quote(browser: Browser, url: str, assistant: Assistant) -> None:
    chosen = [paper for paper in assistant.library.papers() if paper.title.startswith(("NitroFusion", "Plan-and-Solve"))]
    browser.open(f"{url}/")
    browser.one("#v-tab-summaries-button").click()
    for paper in chosen:
        box = browser.one("#v-papers input")
        box.click()
        box.send_keys(paper.title[:14], Keys.ARROW_DOWN, Keys.ENTER)
        browser.wait.until(lambda _, title=paper.title: title in browser.one("#v-papers").text)
    browser.driver.execute_script("arguments[0].click()", browser.one("#v-tab-summaries .v-primary"))
    link = browser.one("#v-summary td a.v-cite")
    assert {head.text for head in browser.all("#v-summary th[scope='row']")} == {paper.title for paper in chosen}
    browser.driver.execute_script("arguments[0].click()", link)
    browser.wait.until(lambda driver: driver.execute_script(LIT.format("summaries")))


def test_the_sides_of_a_claim_are_told(browser: Browser, url: str) -> None:
    browser.open(f"{url}/")
    browser.one("#v-tab-summaries-button").click()
    browser.all("#v-kind label")[1].click()
    browser.one("#v-topic textarea").send_keys("What is the weather?", Keys.ENTER)
    assert browser.one("#v-summary .v-note").text
    browser.one("#v-topic textarea").clear()
    browser.one("#v-topic textarea").send_keys("Chain-of-thought prompting improves reasoning", Keys.ENTER)
    browser.one("#v-summary .v-statement")
    assert "Papers that support it" in browser.one("#v-summary").text


def test_a_tab_has_an_address(browser: Browser, url: str) -> None:
    browser.open(f"{url}/#/audit", wait_for="#v-draft textarea")
    browser.one("#v-tab-summaries-button").click()
    assert browser.driver.current_url.endswith("#/summaries")
    browser.driver.back()
    browser.one("#v-draft textarea")
