"""Curves: every epoch can be looked up, by mouse and by keys, and a hundred thousand are drawn as a few hundred."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.helpers import click, expect, figure, panel

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def address(server_address: str) -> str:
    """The curves are the same in both places."""
    return server_address


def test_arrow_keys_and_the_mouse_look_up_an_epoch(page: Page) -> None:
    for epoch in range(1, 6):
        click(page, "Epoch")
        expect(figure(page, "Epoch")).to_have_text(str(epoch))
    curves = panel(page, "Loss and accuracy")
    expect(curves).to_contain_text("epoch 5")
    slider = curves.get_by_role("slider", name="Epoch to look at")
    slider.press("ArrowLeft")
    slider.press("ArrowLeft")
    expect(curves).to_contain_text("epoch 3")
    told = slider.get_attribute("aria-valuetext") or ""
    assert told.startswith("Epoch 3. Loss: train 0.")
    assert "Accuracy: train " in told
    slider.press("Tab")
    expect(curves).to_contain_text("epoch 5")
    chart = curves.get_by_role("img", name="Loss over 5 epochs: train from 0.")
    chart.hover(position={"x": 50, "y": 40})
    expect(curves).to_contain_text("epoch 1")


def test_regression_has_no_accuracy(page: Page) -> None:
    curves = panel(page, "Loss and accuracy")
    expect(curves.get_by_role("heading", name="Accuracy", exact=True)).to_be_visible()
    page.get_by_role("radio", name="sine").check()
    expect(curves.get_by_role("heading", name="Accuracy", exact=True)).to_be_hidden()


COURSE = """async () => {
    const { Course } = await import(new URL("course.js", location.href).href);
    const course = new Course();
    for (let epoch = 1; epoch <= 100_000; epoch++) course.append([[epoch, epoch === 777 ? 5 : 1, null, 0.5, null]]);
    const { buckets } = course;
    return {
        buckets: buckets.length,
        first: buckets[0].first,
        last: buckets.at(-1).last,
        highest: Math.max(...buckets.map((bucket) => bucket.highs[1])),
        unknown: buckets.every((bucket) => bucket.highs[2] === null),
        found: course.nearest(54_321.4)[0],
    };
}"""


def test_many_epochs_are_drawn_as_few_strokes_that_keep_every_peak(page: Page) -> None:
    course = page.evaluate(COURSE)
    assert 250 < course.pop("buckets") <= 500
    assert course == {"first": 1, "last": 100_000, "highest": 5, "unknown": True, "found": 54_321}
