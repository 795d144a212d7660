"""What is shown stays true while the network under it changes, and while several things happen at once."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.browser.helpers import click, dialled, expect, figure, panel

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def address(server_address: str) -> str:
    """The page behaves the same in both places."""
    return server_address


def told(page: Page) -> Locator:
    """Return what the page tells the user."""
    return page.locator("#told")


def plane(page: Page) -> Locator:
    """Return the plane with the points, in view."""
    found = panel(page, "What it has learned").get_by_role("application").first
    found.scroll_into_view_if_needed()
    return found


def settle(page: Page, settings: object) -> None:
    """Go to the address with these settings."""
    page.goto(f"{page.url.partition('#')[0]}#{quote(json.dumps(settings))}")


def middle(picture: Locator) -> tuple[float, float]:
    """Return the place in the middle of a picture."""
    box = picture.bounding_box()
    assert box
    return box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"]


def test_an_open_neuron_is_called_what_it_is_now(page: Page) -> None:
    click(page, "Output 1")
    network = panel(page, "Network")
    expect(network.get_by_role("heading", name="Output 1")).to_be_visible()
    click(page, "Add a layer")
    expect(network.get_by_role("heading", name="Neuron 1 of hidden layer 3")).to_be_visible()
    click(page, "Remove hidden layer 3")
    expect(network.get_by_role("heading", name="Output 1")).to_be_visible()


def test_a_neuron_that_is_pointed_at_shows_its_present_numbers(page: Page) -> None:
    neuron = page.get_by_role("button", name="Neuron 1 of hidden layer 2", exact=True)
    neuron.hover()
    tip = page.locator("#pointed")
    expect(tip).to_contain_text("bias 0")
    page.get_by_role("button", name="Epoch", exact=True).press("Enter")  # the mouse stays where it is
    expect(tip).to_contain_text("over the plane")
    expect(tip).not_to_have_text(re.compile("bias 0$"))
    page.get_by_role("button", name="Remove hidden layer 2", exact=True).press("Enter")
    expect(tip).to_be_hidden()


def test_words_about_the_lowest_neuron_are_inside_of_the_window(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 500})
    click(page, "Step through a sample")
    neuron = page.get_by_role("button", name="Neuron 4 of hidden layer 2")
    neuron.evaluate("(node) => node.scrollIntoView(false)")
    neuron.hover()
    box = page.locator("#pointed").bounding_box()
    assert box
    assert 0 <= box["x"] <= 360 - box["width"]
    assert 0 <= box["y"] <= 500 - box["height"]


def test_steps_pause_the_training_and_end_when_their_point_is_gone(page: Page) -> None:
    click(page, "Play")
    steps = panel(page, "One sample, step by step")
    click(steps, "Step through a sample")
    expect(steps.get_by_role("heading", name="The inputs")).to_be_visible()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    plane(page).press("PageUp")
    click(page, "Step through it")
    expect(steps).to_contain_text("Point 60, to test on")
    expect(steps.get_by_role("button", name="Learn this sample")).to_be_disabled()
    click(page, "Remove")
    expect(steps.get_by_role("heading", name="The inputs")).to_be_hidden()
    page.wait_for_timeout(300)
    expect(told(page)).to_be_empty()
    click(steps, "Step through a sample")
    expect(steps).to_contain_text("Point 1")


def test_a_point_may_vanish_while_it_is_dragged(page: Page) -> None:
    x, y = middle(plane(page))
    page.mouse.click(x, y)
    expect(plane(page)).to_have_accessible_name(re.compile("^61 points"))
    page.mouse.down()
    page.mouse.move(x + 30, y, steps=5)
    page.wait_for_timeout(300)
    for _ in range(2):
        page.keyboard.press("Control+z")
    expect(plane(page)).to_have_accessible_name(re.compile("^60 points"))
    page.mouse.move(x + 60, y, steps=5)
    page.mouse.up()
    click(page, "Epoch")
    expect(figure(page, "Epoch")).to_have_text("1")
    expect(told(page)).to_be_empty()


def test_keys_may_be_faster_than_the_session(page: Page) -> None:
    plane(page).press("PageDown")
    place = panel(page, "What it has learned").get_by_text("Point 1 at")
    expect(place).to_contain_text("(−0.07059, −0.002088)")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(place).to_contain_text("(0.4294, −0.002088)")  # 10 steps of a 40th of the plane, which is 2 wide
    page.wait_for_timeout(300)
    expect(place).to_contain_text("(0.4294, −0.002088)")


def test_a_pasted_address_counts_if_the_present_settings_are_written_over_it(page: Page) -> None:
    settings = quote(json.dumps({"layers": [{"units": 7}]}))
    page.evaluate(f"""() => {{
        const before = location.href;
        location.hash = "#{settings}";
        history.replaceState(null, "", before);  // as a frame does that was on its way; the event comes after it
    }}""")
    expect(page.get_by_role("button", name="Neuron 7 of hidden layer 1", exact=True)).to_be_visible()


def test_with_one_input_points_have_the_class_that_is_chosen(page: Page) -> None:
    points = [[i / 10, 0, int(i > 15) + int(i > 22), "train"] for i in range(30)]
    data = {"name": "own", "points": points, "classes": ["a", "b", "c"], "inputs": ["x1"]}
    settle(page, {"data": data})
    learned = panel(page, "What it has learned")
    learned.get_by_role("radio", name="class c").check()
    x, y = middle(plane(page))
    page.mouse.click(x, y)
    expect(plane(page)).to_have_accessible_name(re.compile("^31 points"))
    plane(page).press("PageUp")
    expect(learned).to_contain_text("Point 31 at")
    expect(learned).to_contain_text("class c, to train on")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    click(page, "Epoch")
    expect(figure(page, "Epoch")).to_have_text("1")
    expect(told(page)).to_be_empty()


def test_what_was_typed_wrongly_does_not_stay(page: Page) -> None:
    training = panel(page, "Training")
    batch = training.get_by_role("textbox", name="Batch size", exact=True)
    for wrong in ("ten", "1,000"):
        dialled(training, "Batch size", wrong)
        expect(told(page)).to_contain_text(f"batch_size is '{wrong}', expected a whole number")
        batch.press("Tab")
        expect(batch).to_have_value("10")
    dialled(training, "Learning rate", "1e999")
    expect(told(page)).to_contain_text("learning_rate is '1e999'")
    click(page, "Output 1")
    dialled(page, "Bias", "wrong")
    expect(told(page)).to_contain_text("value is 'wrong'")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("textbox", name="Bias", exact=True)).to_have_value("0")


def test_a_choice_that_comes_back_is_shown(page: Page) -> None:
    data = panel(page, "Data")
    data.get_by_text("Your own table").click()
    rows = [f"{i % 7},{i % 5},{'high' if i % 7 > 3 else 'low'}" for i in range(40)]
    data.get_by_label("Rows of CSV, names of columns first").fill("\n".join(["width,height,kind", *rows]))
    click(data, "Learn this table")
    expect(panel(page, "What it has learned").get_by_role("radio", name="class high")).to_be_visible()
    loss = panel(page, "Training").get_by_label("Loss", exact=True)
    loss.select_option("BinaryCrossEntropy")
    page.get_by_role("radio", name="sine").click()
    expect(loss).to_have_value("auto")
    click(page, "Undo")
    expect(loss).to_have_value("BinaryCrossEntropy")


def test_a_training_that_diverges_says_so_and_the_page_lives_on(page: Page) -> None:
    layers = [{"units": 8, "activation": "relu"}] * 4
    settings = {"data": {"name": "sine"}, "layers": layers, "optimizer": {"learning_rate": 10}}
    settle(page, settings)
    expect(page.get_by_role("radio", name="sine")).to_be_checked()
    click(page, "Play")
    expect(panel(page, "What it has learned")).to_contain_text("try a lower learning rate", timeout=30_000)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    click(page, "Reset")
    expect(figure(page, "Loss")).not_to_have_text("–")


def test_another_optimizer_that_fails_says_so_under_its_plane(page: Page) -> None:
    layers = [{"units": 4, "activation": "softplus"}]
    settle(page, {"data": {"name": "sine"}, "layers": layers, "rival": {"optimizer": {"learning_rate": 1000}}})
    expect(page.get_by_role("img", name="What the other optimizer has learned")).to_be_visible()
    for _ in range(2):
        click(page, "Epoch")
    expect(panel(page, "What it has learned")).to_contain_text("the rate was 1000")


def test_an_address_that_has_no_room_for_all_points_says_so(page: Page) -> None:
    click(page, "Copy the address")
    expect(told(page)).to_contain_text("all settings")
    settle(page, {"data": {"samples": 1900}})
    expect(plane(page)).to_have_accessible_name(re.compile("^1900 points"))
    plane(page).press("ArrowUp")
    page.keyboard.press("Enter")
    expect(plane(page)).to_have_accessible_name(re.compile("^1901 points"))
    page.wait_for_timeout(500)
    click(page, "Copy the address")
    expect(told(page)).to_contain_text("no room for so many points")


SHARES = """async (shares) => {
    const { percent } = await import(new URL("dom.js", location.href).href);
    return shares.map(percent);
}"""


def test_a_single_mistake_is_not_rounded_away(page: Page) -> None:
    assert page.evaluate(SHARES, [1, 1999 / 2000, 2 / 3, 0, None]) == ["100.0 %", "99.9 %", "66.7 %", "0.0 %", "–"]
