"""The focus of the keyboard stays where the user works: without one, Space would begin to train."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.helpers import click, expect, panel

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def address(server_address: str) -> str:
    """The page has the same controls in both places."""
    return server_address


def press(control: Locator, key: str = "Enter") -> None:
    """Press a key on a control."""
    control.focus()
    control.press(key)


def button(page: Page | Locator, name: str) -> Locator:
    """Return the button of this name."""
    return page.get_by_role("button", name=name, exact=True)


def test_an_input_can_be_switched_on_and_off_again(page: Page) -> None:
    square = page.get_by_role("checkbox", name="x₁²", exact=True)
    press(square, "Space")
    expect(page.get_by_role("button", name="Input x₁²")).to_be_visible()
    expect(square).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Input x₁²")).to_be_hidden()
    expect(button(page, "Play")).to_be_visible()


def test_the_focus_follows_the_steps_of_a_sample(page: Page) -> None:
    steps = panel(page, "One sample, step by step")
    press(button(steps, "Step through a sample"))
    expect(button(steps, "Next")).to_be_focused()
    while button(steps, "Next").is_enabled():
        page.keyboard.press("Enter")
    expect(button(steps, "Back")).to_be_focused()
    press(button(steps, "End"))
    expect(button(steps, "Step through a sample")).to_be_focused()


def test_the_focus_stays_in_the_cards_of_the_layers(page: Page) -> None:
    first = page.get_by_role("group", name="Hidden layer 1", exact=True)
    first.get_by_text("More").click()
    for count in ("3", "2", "1"):
        press(first.get_by_role("button", name="one fewer"))
        expect(first.get_by_role("status")).to_have_text(count)
    expect(first.get_by_role("button", name="one more")).to_be_focused()
    press(button(page, "Remove hidden layer 1"))
    expect(first.get_by_role("status")).to_have_text("4")  # the second layer is the first one now
    expect(button(page, "Remove hidden layer 1")).to_be_focused()
    expect(first.get_by_label("Normalization")).to_be_visible()
    page.keyboard.press("Enter")
    expect(first).to_be_hidden()
    expect(button(page, "Add a layer")).to_be_focused()


def test_the_focus_goes_back_to_the_neuron_and_to_the_plane(page: Page) -> None:
    neuron = button(page, "Neuron 1 of hidden layer 1")
    press(neuron)
    press(button(panel(page, "Network"), "Close"))
    expect(neuron).to_be_focused()
    plane = panel(page, "What it has learned").get_by_role("application")
    press(plane, "PageDown")
    press(button(page, "Remove"))
    expect(plane).to_be_focused()


def test_keys_of_the_points_do_nothing_while_digits_are_drawn(page: Page) -> None:
    page.get_by_role("radio", name="circles").click()
    page.keyboard.press("Control+z")
    expect(page.get_by_role("radio", name="xor")).to_be_checked()
    page.get_by_role("tab", name="Digits").click()
    expect(button(page, "Redo")).to_be_hidden()
    page.evaluate("document.activeElement.blur()")
    for key in ("Space", "Control+Shift+z"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    page.get_by_role("tab", name="Points").click()
    expect(button(page, "Play")).to_be_visible()
    expect(page.get_by_role("radio", name="xor")).to_be_checked()


def test_the_neuron_that_is_pointed_at_is_the_only_one_that_is_described(page: Page) -> None:
    button(page, "Neuron 2 of hidden layer 1").focus()
    expect(button(page, "Neuron 2 of hidden layer 1")).to_have_accessible_description(re.compile("bias 0"))
    expect(button(page, "Neuron 1 of hidden layer 1")).to_have_accessible_description("")
    click(page, "Step")
    expect(page.locator("[aria-describedby]")).to_have_count(0)
