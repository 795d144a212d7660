"""A page that nobody sees costs nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.helpers import click, expect, figure

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

TURN = """(isHidden) => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""  # as the browser does when another tab is opened; one without a window never hides a page


def test_a_hidden_page_rests_until_it_is_seen_again(page: Page) -> None:
    click(page, "Play")
    expect(figure(page, "Epoch")).not_to_have_text("0")
    page.evaluate(TURN, True)
    page.wait_for_timeout(500)
    epoch = figure(page, "Epoch").inner_text()
    page.wait_for_timeout(1000)
    expect(figure(page, "Epoch")).to_have_text(epoch)
    page.evaluate(TURN, False)
    expect(figure(page, "Epoch")).not_to_have_text(epoch)


def spent(browser: Browser, server_process: int) -> float:
    """Return the seconds that processors have worked so far for the pages and the server."""
    pages = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    fields = Path(f"/proc/{server_process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ticks = sum(map(int, fields[11:13]))  # in user mode and in the kernel
    return float(sum(page["cpuTime"] for page in pages if page["type"] == "renderer")) + ticks / os.sysconf(
        "SC_CLK_TCK"
    )


def test_a_hidden_page_takes_no_time_of_any_processor(page: Page, browser: Browser, server_process: int) -> None:
    click(page, "Play")
    expect(figure(page, "Epoch")).not_to_have_text("0")
    seconds = {}
    for is_hidden in (False, True):
        page.evaluate(TURN, is_hidden)
        page.wait_for_timeout(500)
        begin = spent(browser, server_process)
        page.wait_for_timeout(2000)
        seconds[is_hidden] = spent(browser, server_process) - begin
    print(f"{seconds[False]:.2f} s of 2 s while it is seen, {seconds[True]:.2f} s while it is hidden")
    assert seconds[True] < 0.1 < seconds[False]
