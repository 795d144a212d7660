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


def spent(browser: Browser, server_process: int) -> float:
    """Return the seconds that processors have worked so far for the pages and the server."""
    pages = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    fields = Path(f"/proc/{server_process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ticks = sum(map(int, fields[11:13]))  # in user mode and in the kernel
    return float(sum(page["cpuTime"] for page in pages if page["type"] == "renderer")) + ticks / os.sysconf(
        "SC_CLK_TCK"
    )


def test_a_hidden_page_rests_until_it_is_seen_again(page: Page, browser: Browser, server_process: int) -> None:
    click(page, "Play")
    expect(figure(page, "Epoch")).not_to_have_text("0")
    seconds, epochs = [], []
    for is_hidden in (False, True):
        page.evaluate(TURN, is_hidden)
        page.wait_for_timeout(1000)  # until what is under way has been shown
        begin, epoch = spent(browser, server_process), figure(page, "Epoch").inner_text()
        page.wait_for_timeout(2000)
        seconds.append(spent(browser, server_process) - begin)
        epochs.append([epoch, figure(page, "Epoch").inner_text()])
    print("of 2 s, {:.2f} s while it is seen and {:.2f} s while it is hidden".format(*seconds))
    assert seconds[1] < 0.1 < seconds[0]
    assert epochs[0][0] != epochs[0][1]
    assert epochs[1][0] == epochs[1][1]
    page.evaluate(TURN, False)
    expect(figure(page, "Epoch")).not_to_have_text(epochs[1][1])
