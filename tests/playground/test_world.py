"""Worlds: what begins again with other settings and what goes on, and back to how it was."""

from __future__ import annotations

from io import BytesIO

import pytest

from purenn.formats import read_model
from purenn.network import Sequential, feed_forward
from purenn.playground.data import Point
from purenn.playground.settings import Settings
from purenn.playground.world import World
from tests.conftest import numbers
from tests.playground.helpers import changed, fields

NEW = [
    {"data": {"seed": 2}},
    {"features": ["x1"]},
    {"layers": []},
    {"initializer": "zeros"},
    {"loss": "MeanSquaredError"},
    {"seed": 2},
    {"rival": {}},
]
KEPT = [
    {"optimizer": {"learning_rate": 0.2}},
    {"schedule": {"name": "cosine"}},
    {"batch_size": 5},
    {"l1": 0.1},
    {"speed": 2},
    {"stop_at": 0.1},
]


def world_after(steps: int, settings: Settings | None = None) -> World:
    """A world in which each run has made so many steps."""
    world = World(settings or changed(rival={"optimizer": {"name": "adam"}}))
    for run in world.runs:
        for _ in range(steps):
            run.step()
    return world


@pytest.mark.parametrize("values", NEW)
def test_other_data_or_another_network_begin_again(values: dict[str, object]) -> None:
    world = world_after(5, Settings())
    other = world.with_settings(world.settings.changed(fields(values)))
    assert other is not world
    assert (other.run.epoch, other.run.place) == (0, 0)


@pytest.mark.parametrize("values", KEPT)
def test_other_settings_of_the_training_go_on(values: dict[str, object]) -> None:
    world = world_after(5)
    before = numbers(world.run.network)
    settings = world.settings.changed(fields(values))
    assert world.with_settings(settings) is world
    assert (world.settings, numbers(world.run.network)) == (settings, before)


def test_a_rival_begins_with_the_same_weights_and_goes_its_own_way() -> None:
    world = world_after(0)
    assert world.rival
    assert numbers(world.rival.network) == numbers(world.run.network)
    for run in world.runs:
        run.step()
    assert numbers(world.rival.network) != numbers(world.run.network)
    world.with_settings(world.settings.changed(fields({"batch_size": 3})))
    assert world.rival.settings.optimizer.name == "adam"
    assert [run.engine.batch_size for run in world.runs] == [3, 3]


def test_a_world_comes_back_as_it_was() -> None:
    world = world_after(7)
    past, before = world.past(), [numbers(run.network) for run in world.runs]
    for run in world.runs:
        run.step()
    again = World.of(past)
    assert [numbers(run.network) for run in again.runs] == before
    assert [run.place for run in again.runs] == [10, 10]


def test_points_can_be_changed_while_the_networks_go_on() -> None:
    world = world_after(5)
    before = numbers(world.run.network)
    world.with_points([*world.points, Point(3.0, 3.0, 1.0, "train")])
    assert (len(world.run.samples), numbers(world.run.network)) == (31, before)
    assert world.settings.data.points == world.points
    with pytest.raises(ValueError, match="there are 2,000 points already, which are the most"):
        world.with_points([Point(0.0, 0.0, 0.0, "train")] * 2001)
    assert len(world.points) == 61
    assert world.run.changes == ("other points after 1 epoch",)


def saved(network: Sequential) -> BytesIO:
    """A network as a file."""
    file = BytesIO()
    network.save(file)
    return file


def test_the_numbers_of_a_model_are_taken_if_they_fit() -> None:
    world = world_after(0)
    other = feed_forward([2, 4, 4, 1], 99, hidden="tanh")
    world.with_model(read_model(saved(other)))
    assert numbers(world.run.network) == numbers(other)
    for wrong in (feed_forward([2, 4, 1]), feed_forward([2, 4, 4, 1], hidden="relu")):
        with pytest.raises(ValueError, match=r"the model is .*expected one of Sequential\(Linear\(2, 4\)"):
            world.with_model(read_model(saved(wrong)))
    other.parameters[0][0, 0] = float("nan")
    with pytest.raises(ValueError, match="the model answers with numbers that are not finite"):
        world.with_model(read_model(saved(other)))
    assert all(number == number for number in numbers(world.run.network))


def test_any_point_is_a_sample() -> None:
    world = world_after(0)
    x, t = world.sample(45).take([0])
    point = world.points[45]
    assert (x[0], t[0], point.part) == ([point.x1, point.x2], [point.target], "test")
