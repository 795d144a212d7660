"""Drawings: each is a valid SVG document of what the session shows."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from purenn.playground.display import Display
from purenn.playground.drawings import DRAWINGS
from purenn.playground.world import World
from tests.playground.helpers import changed


def drawn(name: str, world: World) -> str:
    """A drawing of a world, parsed once to see that it is valid."""
    text = DRAWINGS[name](world, Display(None).places(world))
    ElementTree.fromstring(text)
    return text


@pytest.mark.parametrize("epochs", [0, 3])
@pytest.mark.parametrize("data", ["xor", "blobs", "sine"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_every_drawing_is_valid_for_all_data_before_and_after_training(name: str, data: str, epochs: int) -> None:
    world = World(changed(data={"name": data}, rival={}))
    for run in world.runs:
        for _ in range(epochs * 3):
            run.step()
    assert len(drawn(name, world)) < 200_000


def test_drawings_name_what_they_show() -> None:
    world = World(changed(data={"name": "moons"}, features=["x1", "sin x2"]))
    assert "sin x2" in drawn("diagram", world)
    assert "Linear 2 → 4" in drawn("diagram", world)
    assert "test" in drawn("boundary", world)
    world.run.step()
    assert "training" in drawn("landscape", world)
    assert "training" in drawn("surface", world)


def test_a_boundary_of_outputs_that_are_no_probabilities_is_a_map_of_them() -> None:
    assert ">Output<" in drawn("boundary", World(changed(loss="MeanSquaredError")))
