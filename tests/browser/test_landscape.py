"""The landscape of the loss: it is measured when it is looked at, and can be turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.helpers import click, expect, figure, panel

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def drawn(picture: Locator, before: str = "") -> str:
    """Return the pixels of a canvas as text, once they differ from those before."""
    for _ in range(100):
        pixels = str(picture.evaluate("(canvas) => canvas.toDataURL()"))
        if pixels != before:
            return pixels
        picture.page.wait_for_timeout(100)
    raise AssertionError("the picture stays as it was")


def test_the_landscape_is_turned_by_mouse_and_keys(page: Page) -> None:
    for epoch in range(1, 5):
        click(page, "Epoch")
        expect(figure(page, "Epoch")).to_have_text(str(epoch))
    landscape = panel(page, "Landscape of the loss")
    landscape.get_by_text("Landscape of the loss", exact=True).click()
    picture = landscape.get_by_role("img", name="Loss landscape: loss now")
    picture.scroll_into_view_if_needed()
    expect(landscape).to_contain_text("in which the training has gone farthest")
    page.wait_for_timeout(500)
    surface = drawn(picture)

    box = picture.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 80, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    turned = drawn(picture, surface)
    landscape.get_by_role("group", name="Surface of the loss").press("ArrowUp")
    higher = drawn(picture, turned)
    landscape.get_by_text("map", exact=True).click()
    drawn(picture, higher)
