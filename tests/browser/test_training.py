"""Trainings by clicks alone, one sample step by step, and changes by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from purenn.playground import Session
from tests.browser.helpers import click, dialled, expect, figure, panel, short

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_it_learns_xor(page: Page) -> None:
    click(page, "Play")
    expect(figure(page, "Accuracy")).to_have_text("100.0 %", timeout=60_000)
    click(page, "Pause")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    stopped = figure(page, "Epoch").inner_text()
    page.wait_for_timeout(500)
    expect(figure(page, "Epoch")).to_have_text(stopped)


def test_it_learns_spirals_with_a_network_that_was_chosen(page: Page) -> None:
    page.get_by_role("radio", name="spirals").click()
    for layer in ("Hidden layer 1", "Hidden layer 2"):
        card = page.get_by_role("group", name=layer, exact=True)
        for count in range(5, 9):
            card.get_by_role("button", name="one more").click()
            expect(card.get_by_role("status")).to_have_text(str(count))
    training = panel(page, "Training")
    training.get_by_label("Optimizer", exact=True).first.select_option("adam")
    dialled(training, "Learning rate", 0.03)
    click(page, "Play")
    expect(figure(page, "Accuracy")).to_have_text("100.0 %", timeout=60_000)


def test_the_numbers_of_one_sample_are_those_of_the_library(page: Page) -> None:
    run = Session().world.run
    x, target = run.samples.take([0])
    outputs, backward = run.network.forward(x)
    slope = run.loss.gradient(outputs, target)
    gradients = backward.parameters(slope)

    steps = panel(page, "One sample, step by step")

    def shown() -> list[str]:
        """The last numbers of all lines: the results of their formulas."""
        lines = steps.get_by_role("listitem").all_inner_texts()
        return [line.rpartition("= ")[2].replace("−", "-") for line in lines]

    click(steps, "Step through a sample")
    expect(steps.get_by_role("heading", name="The inputs")).to_be_visible()
    assert shown() == [short(value) for value in x[0]]
    for layer in run.network:
        click(steps, "Next")
        expect(steps.get_by_role("heading", name="Forwards")).to_be_visible()
        x = layer.forward(x)[0]
        assert shown() == [short(value) for value in x[0]]
    click(steps, "Next")
    expect(steps.get_by_role("heading", name="The loss")).to_be_visible()
    prediction = run.loss.predictions(outputs)[0, 0]
    assert shown() == [short(prediction), short(1.0 - prediction), short(run.loss.value(outputs, target))]
    for weight, bias in reversed([*zip(gradients[::2], gradients[1::2])]):
        click(steps, "Next")
        expect(steps.get_by_role("heading", name=f"Backwards: Linear {weight.rows} → {weight.columns}")).to_be_visible()
        assert shown() == [short(value) for value in [*bias[0], *(slope for row in weight for slope in row)]]
        if weight is not gradients[0]:
            click(steps, "Next")  # the function before this layer
    click(steps, "Next")
    expect(steps.get_by_role("heading", name="The update")).to_be_visible()


def test_a_weight_is_changed_by_hand_and_back(page: Page) -> None:
    before = figure(page, "Loss").inner_text()
    click(page, "Neuron 1 of hidden layer 1")
    first = panel(page, "Network").get_by_label("Weight from x₁", exact=True)
    weight = first.input_value()
    dialled(page, "Weight from x₁", 5)

    run = Session().world.run
    run.network.parameters[0][0, 0] = 5.0
    x, targets = run.samples.take(range(len(run.samples)))
    after = short(run.loss.value(run.network(x), targets))
    expect(figure(page, "Loss")).to_have_text(after)
    assert after != before
    click(page, "Undo")
    expect(figure(page, "Loss")).to_have_text(before)
    expect(first).to_have_value(weight)


COUNT = """(value) => {
    window.states = 0;
    new MutationObserver(() => window.states++).observe(value, { childList: true, characterData: true, subtree: true });
}"""


def test_many_states_are_shown_in_a_second(page: Page) -> None:
    """Sixty points and a network of 2-4-4-1, with all heat maps."""
    click(page, "Play")
    figure(page, "Epoch").evaluate(COUNT)
    page.wait_for_timeout(4000)
    states = page.evaluate("window.states") / 4
    print(f"{states} states a second")
    assert states >= 5
