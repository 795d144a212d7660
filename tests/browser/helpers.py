"""Words for what the tests do on the page. Importing this skips a test file where Playwright is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=20_000)  # milliseconds: on a computer that has other work too, a page can be slow

__all__ = ["LOADED", "click", "connected", "dialled", "expect", "figure", "opened", "panel", "short"]

LOADED = 90_000  # milliseconds that Python may take to load in the tab


def opened(context: BrowserContext, address: str) -> Page:
    """Return a new page at this address, connected to its session."""
    page = context.new_page()
    page.goto(address)
    return connected(page)


def connected(page: Page) -> Page:
    """Wait until a session shows what it has."""
    expect(page.get_by_role("contentinfo")).to_contain_text("CPython", timeout=LOADED)
    expect(figure(page, "Accuracy")).to_contain_text("%")
    return page


def click(page: Page | Locator, name: str) -> None:
    """Click the button of this name."""
    page.get_by_role("button", name=name, exact=True).click()


def dialled(page: Page | Locator, label: str, value: object) -> None:
    """Type into a field."""
    field = page.get_by_role("textbox", name=label, exact=True)
    field.fill(str(value))
    field.press("Enter")


def figure(page: Page, name: str) -> Locator:
    """Return the number at the top of the page that this word begins: of losses, that of the training points."""
    return page.locator("dl.figures > div").filter(has_text=name).get_by_role("definition")


def panel(page: Page, title: str) -> Locator:
    """Return the part of the page with this title."""
    return page.get_by_role("region", name=title, exact=True)


def short(value: float) -> str:
    """Return a number as formulas show it: with four digits."""
    return f"{value:.4g}"
