"""The page fits on every screen, in light and dark, and can be used by everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from tests.browser.helpers import click, expect, figure
from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SCREENS = [("light", 360), ("dark", 1280)]  # no width depends on the colours, and no colour on the width
TABS = ["Points", "Digits"]


@pytest.fixture
def address(server_address: str) -> str:
    """The page looks the same in both places."""
    return server_address


def unfold(page: Page) -> None:
    """Show everything that can be shown at once."""
    for summary in page.locator("summary:visible").all():
        summary.click()
    page.get_by_label("Compare with another optimizer").check()
    expect(page.get_by_role("img", name="What the other optimizer has learned")).to_be_visible()
    click(page, "Neuron 2 of hidden layer 2")
    click(page, "Epoch")
    click(page, "Step through a sample")
    for _ in range(8):
        click(page, "Next")


@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_nothing_has_to_be_scrolled_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    unfold(page)
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{tab}: {wide} pixels"


@pytest.mark.parametrize(("theme", "width"), SCREENS)
@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_nothing_that_keeps_anybody_out(
    page: Page, theme: Literal["light", "dark"], tab: str, width: int
) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    for _ in range(4):
        page.get_by_role("button", name="Neurons of hidden layer 2: one more").click()
    unfold(page)
    page.get_by_role("tab", name=tab).click()
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    grave = [rule for rule in found["violations"] if rule["impact"] in ("serious", "critical")]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in grave] == []


def test_the_theme_is_the_systems_until_another_is_chosen(page: Page) -> None:
    def paper() -> str:
        return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))

    page.emulate_media(color_scheme="light")
    light = paper()
    page.emulate_media(color_scheme="dark")
    dark = paper()
    assert light != dark
    click(page, "Change to light colours")
    assert paper() == light
    page.reload()
    assert paper() == light


def test_keys_alone_train_a_network(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the network")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(figure(page, "Accuracy")).to_have_text("100.0 %", timeout=60_000)
