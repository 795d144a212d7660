"""Frames of the state: what is sent once, what is sent always, and what is left out."""

from __future__ import annotations

import json

import pytest

from purenn.diagnosis import diagnose
from purenn.metrics import evaluate
from purenn.playground.data import points_of
from purenn.playground.display import Display, bounds_of
from purenn.playground.world import World
from tests.conftest import Clock
from tests.playground.helpers import changed, fields, items, numbers_in


def steps(world: World, count: int) -> None:
    """Let each run make so many steps."""
    for run in world.runs:
        for _ in range(count):
            run.step()


def test_a_state_has_the_numbers_of_the_library() -> None:
    world = World(changed())
    steps(world, 4)
    found, run = fields(Display(None).state(world, playing=False)), world.run
    assert (found["epoch"], found["batch"], found["playing"], found["rate"]) == (1, 1, False, 0.1)
    assert run.tested
    score, tested = evaluate(run.network, run.samples), evaluate(run.network, run.tested)
    assert (found["loss"], found["accuracy"]) == score
    assert (found["test_loss"], found["test_accuracy"]) == tested
    assert numbers_in(found["weights"]) == [v for layer in world.linear() for row in layer.weight for v in row]
    assert numbers_in(found["biases"]) == [v for layer in world.linear() for v in layer.bias[0]]
    figures = diagnose(run.network, run.samples.inputs, run.samples.targets, run.loss)
    assert numbers_in(found["gradients"]) == [figures.layers[i].gradient_norm for i in (0, 2, 4)]
    assert [len(items(layer)) for layer in items(found["maps"])] == [4, 4, 1]


def test_points_of_the_curves_are_sent_once_until_everything_begins_again() -> None:
    world, display = World(changed(rival={})), Display(None)
    steps(world, 6)
    first = fields(display.state(world, playing=True))
    epochs = [[e.number, e.loss, e.validation_loss, e.accuracy, e.validation_accuracy] for e in world.run.epochs]
    assert (first["restart"], first["history"], fields(first["rival"])["history"]) == (True, epochs, epochs)
    steps(world, 3)
    second = fields(display.state(world, playing=True))
    assert (second["restart"], [row[0] for row in map(numbers_in, items(second["history"]))]) == (False, [3])
    display.begin_again()
    assert len(items(display.state(world, playing=True)["history"])) == 3


def test_a_rival_shows_its_outputs_beside() -> None:
    world, display = World(changed(rival={"optimizer": {"name": "adam"}})), Display(None)
    state = fields(display.state(world, playing=True))
    assert fields(state["rival"])["outputs"] == items(state["maps"])[-1]  # they begin with the same weights
    steps(world, 3)
    state = fields(display.state(world, playing=True))
    assert fields(state["rival"])["outputs"] != items(state["maps"])[-1]


def test_a_very_long_curve_is_thinned_out() -> None:
    world = World(changed(data={"name": "line", "samples": 4, "test": 0.0}, layers=[]))
    steps(world, 4100)
    history = [numbers_in(row[:2]) for row in map(items, items(Display(None).state(world, playing=True)["history"]))]
    assert len(history) == pytest.approx(1367, abs=1)
    assert history[-1][0] == 4100


def test_a_look_that_costs_more_than_the_training_since_the_last_one_is_not_taken() -> None:
    clock = Clock(tick=0.5)  # each look takes half a second by this clock
    world, display = World(changed()), Display(clock)
    assert display.state(world, playing=True)["maps"] is not None
    display.trained += 0.4
    assert display.state(world, playing=True)["maps"] is None
    display.trained += 0.4
    assert display.state(world, playing=True)["maps"] is not None
    loss = display.state(world, playing=True)["loss"]
    steps(world, 1)
    state = display.state(world, playing=True)
    assert (state["maps"], state["loss"]) == (None, loss)  # what was seen last is shown
    state = display.state(world, playing=False)
    assert state["maps"] is not None  # who has paused looks at it
    assert state["loss"] != loss


def test_layers_are_examined_at_every_fifth_look() -> None:
    world, display = World(changed()), Display(None)
    gradients: list[object] = []
    for _ in range(6):
        gradients.append(display.state(world, playing=True)["gradients"])
        steps(world, 1)
    assert gradients[0] == gradients[4] != gradients[5]


def test_words_tell_of_vanishing_gradients_and_findings_of_a_poor_training() -> None:
    world = World(changed(layers=[{"activation": "sigmoid", "units": 2}] * 6))
    steps(world, 12)
    found = fields(Display(None).state(world, playing=False))
    assert "it vanishes" in str(found["words"])
    assert "learned" in str(found["finding"])


def test_numbers_that_are_not_finite_are_null() -> None:
    world = World(changed())
    world.linear()[0].weight[0, 0] = float("inf")
    world.linear()[2].weight[0, 0] = float("nan")
    text = json.dumps(Display(None).state(world, playing=False), allow_nan=False)  # raises ValueError for NaN
    assert fields(json.loads(text))["loss"] is None


def test_data_have_their_points_their_bounds_and_pictures_of_the_features() -> None:
    world = World(changed(data={"name": "blobs"}, features=["x1", "x2^2"]))
    found = fields(Display(None).data(world, "a note"))
    assert len(items(found["points"])) == 60
    low, high = numbers_in(found["range"])
    assert all(low < value < high for point in world.points for value in point[:2])
    assert (found["task"], found["classes"], found["inputs"]) == ("classification", ["0", "1", "2"], ["x1", "x2"])
    assert [fields(feature)["name"] for feature in items(found["features"])] == ["x1", "x2^2"]
    assert found["note"] == "a note"


def test_the_bounds_of_one_input_are_its_own() -> None:
    settings = changed(data={"name": "own", "points": [[5, 0, 1, "train"], [6, 0, 2, "train"]], "inputs": ["x"]})
    assert bounds_of(settings, points_of(settings.data)) == (4.5, 6.5)
