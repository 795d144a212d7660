"""The second tab: a digit is drawn, with the mouse or by keys, and read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.helpers import click, expect, panel

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

LEARNED = 120_000  # milliseconds until a network has learned to read
SEVEN = [(0.25, 0.2), (0.75, 0.2), (0.6, 0.5), (0.45, 0.85)]  # corners, as shares of the sheet


@pytest.fixture
def digits(page: Page) -> Locator:
    """The second tab, in which a network has learned to read."""
    page.get_by_role("tab", name="Digits").click()
    found = panel(page, "Draw a digit")
    expect(found.get_by_role("progressbar", name="Learning to read")).to_be_visible()
    expect(found.get_by_text("Learned from")).not_to_contain_text("Draw meanwhile", timeout=LEARNED)
    return found


def reading(digits: Locator) -> Locator:
    """Return what is told to screen readers."""
    return digits.get_by_role("status")


def test_what_is_drawn_with_the_mouse_or_by_keys_is_read(page: Page, digits: Locator) -> None:
    sheet = digits.get_by_role("application", name="Sheet to draw on")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=10)
    page.mouse.up()
    expect(reading(digits)).to_have_text("It reads 7")
    shares = [text.split("\n")[-1] for text in digits.get_by_role("listitem").all_inner_texts()[:10]]
    assert sum(float(share.rstrip(" %")) for share in shares) == pytest.approx(100, abs=0.5)

    click(digits, "Clear")
    expect(reading(digits)).to_be_empty()
    sheet.press("ArrowUp")
    for _ in range(6):
        sheet.press("ArrowLeft")
    for key in [" ", *["ArrowRight"] * 11, *["ArrowDown", "ArrowDown", "ArrowLeft"] * 6, " "]:
        sheet.press(key)
    expect(reading(digits)).to_have_text("It reads 7")

    for digit in (7, 8, 9, 0):
        click(digits, "Draw an example")
        expect(reading(digits)).to_have_text(f"It reads {digit}")
