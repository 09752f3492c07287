"""axe-core finds nothing serious on any tab of the web app, empty or full, light or dark."""

from __future__ import annotations

from importlib.resources import files

import pytest
from browsing import QUESTION, Browser, assistant, browser, url

__all__ = ["assistant", "browser", "url"]  # fixtures
AXE = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
RUN = "axe.run(document, {resultTypes: ['violations']}).then(arguments[0], (error) => arguments[0]({violations: [error]}))"
FULL = {
    "ask": "#v-ask textarea",
    "library": ".v-table",
    "map": ".v-topics button",
    "summaries": "#v-topic textarea",
    "audit": "#v-draft textarea",
}


def serious(browser: Browser) -> list[str]:
    browser.driver.execute_script(AXE)
    found = browser.driver.execute_async_script(RUN)["violations"]
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_is_accessible(browser: Browser, url: str, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    for tab, sign in FULL.items():
        browser.open(f"{url}/#/{tab}", wait_for=sign)
        assert serious(browser) == [], tab
    browser.open(url)
    browser.ask(QUESTION)
    assert serious(browser) == []
    browser.one("#v-tab-audit-button").click()
    browser.one("#v-draft textarea").send_keys("CREDIT trains weather models. Bread is baked at 230 degrees.")
    browser.one("#v-tab-audit .v-primary").click()
    browser.one(".v-filters")
    assert serious(browser) == []
