"""Logging in, asking and logging out, in a real browser."""

from __future__ import annotations

from browsing import Browser, browser
from selenium.webdriver.common.keys import Keys
from served import serving

from assistant import Assistant, Settings
from assistant.guard import Gate, Users
from assistant.guard.users import hashed
from ingestion.library import Library

__all__ = ["browser"]  # the fixture
TOLD = "return document.querySelector('[role=status]')?.textContent === 'That is not right.'"
ASKS = "return document.querySelector('#v-ask textarea') !== null"
PASSWORD = "correct horse"  # noqa: S105 (of this test alone)


def test_a_reader_logs_in_asks_and_logs_out(browser: Browser, sample_library: Library) -> None:
    assistant = Assistant(sample_library, Settings(llm="extractive", _env_file=None))  # type: ignore[call-arg]
    with serving(assistant, gate=Gate(users=Users({"ada": hashed(PASSWORD)}))) as url:
        browser.driver.get(url)
        for password, then in (("a wrong one", TOLD), (PASSWORD, ASKS)):
            browser.one("input[name=name]").send_keys("ada")
            browser.one("input[name=password]").send_keys(password, Keys.ENTER)
            browser.wait.until(lambda driver, then=then: driver.execute_script(then))
        browser.ask("What is NitroFusion?")
        assert "NitroFusion" in browser.one(".v-answered").text
        assert "vouched_session" not in browser.driver.execute_script("return document.cookie")
        browser.driver.get(f"{url}/logout")
        assert browser.one("[role=status]").text == "You are logged out."
        browser.driver.get(url)
        browser.one("input[name=password]")
