"""The data: points are added, moved and removed with the mouse and by keys, tables are pasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.helpers import click, expect, figure, panel

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def plane(page: Page) -> Locator:
    """Return the plane with the points, in view."""
    found = panel(page, "What it has learned").get_by_role("application").first
    found.scroll_into_view_if_needed()
    return found


def test_a_click_adds_a_point_that_is_dragged_and_removed(page: Page) -> None:
    learned = panel(page, "What it has learned")
    box = plane(page).bounding_box()
    assert box
    x, y = box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"]
    loss = figure(page, "Loss").inner_text()
    learned.get_by_role("radio", name="class 1").check()

    page.mouse.click(x, y)  # between the four clouds of XOR
    expect(figure(page, "Loss")).not_to_have_text(loss)
    page.mouse.click(x, y)
    expect(learned).to_contain_text("Point 61 at")
    expect(learned).to_contain_text("class 1, to train on")
    place = learned.get_by_text("Point 61 at").inner_text()

    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=8)
    page.mouse.up()
    page.mouse.click(x + 40, y)
    expect(learned.get_by_text("Point 61 at")).not_to_have_text(place)

    click(learned, "Remove")
    expect(figure(page, "Loss")).to_have_text(loss)
    for _ in range(3):  # the drag is one change, however many places it went through
        click(page, "Undo")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(figure(page, "Loss")).to_have_text(loss)


def test_a_table_is_pasted_and_learned(page: Page) -> None:
    data = panel(page, "Data")
    data.get_by_text("Your own table").click()
    rows = [f"{i % 7},{i % 5},{'high' if i % 7 > 3 else 'low'}" for i in range(40)]
    data.get_by_label("Rows of CSV, names of columns first").fill("\n".join(["width,height,kind", *rows]))
    click(data, "Learn this table")
    expect(panel(page, "What it has learned").get_by_role("radio", name="class high")).to_be_visible()
    click(page, "Play")
    expect(figure(page, "Accuracy")).to_have_text("100.0 %", timeout=60_000)


def test_two_optimizers_learn_side_by_side(page: Page) -> None:
    training = panel(page, "Training")
    training.get_by_label("Compare with another optimizer").check()
    expect(page.get_by_role("img", name="What the other optimizer has learned")).to_be_visible()
    training.get_by_label("Optimizer", exact=True).nth(1).select_option("adam")
    click(page, "Epoch")
    expect(figure(page, "Epoch")).to_have_text("1")
