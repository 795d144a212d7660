"""Views: heat maps equal the network's own answers, and the landscape has the loss in it."""

from __future__ import annotations

import math
from base64 import b64decode

import pytest

from purenn.activations import sigmoid
from purenn.landscape import Slice, parameters_of
from purenn.layers import activation_names
from purenn.matrix import Matrix
from purenn.metrics import evaluate
from purenn.playground.views import SIDE, columns_after, grid, landscape, maps, pixels
from tests.playground.helpers import changed, decoded, text_of, trained


def test_a_grid_has_the_centres_of_its_pixels_from_the_top() -> None:
    x1, x2, product = grid(changed(features=["x1", "x2", "x1*x2"]), (-1.0, 2.0))
    assert (len(x1), len(x2)) == (SIDE * SIDE, SIDE * SIDE)
    assert x1[:2] == pytest.approx([-0.95, -0.85])
    assert (x2[0], x2[SIDE], x2[-1]) == pytest.approx((1.95, 1.85, -0.95))
    assert product[7] == x1[7] * x2[7]


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("activation", activation_names())
def test_column_by_column_a_network_answers_as_row_by_row(activation: str, normalization: str) -> None:
    layer = {"units": 3, "activation": activation, "normalization": normalization, "dropout": 0.2}
    network = trained(1, layers=[layer, layer]).network
    columns = grid(changed(), (-1.0, 2.0))
    rows = Matrix.wrap(list(map(list, zip(*columns))))
    for layer_made, values in columns_after(network, columns):
        rows = layer_made.forward(rows)[0]
        assert Matrix.wrap(list(map(list, zip(*values)))).is_close(rows)


def test_every_neuron_has_a_heat_map_and_outputs_show_probabilities() -> None:
    run = trained(3)
    columns = grid(run.settings, (-0.5, 1.5))
    first, second, last = maps(run.network, run.loss, columns)
    assert (len(first), len(second), len(last)) == (4, 4, 1)
    x = Matrix.wrap(list(map(list, zip(*columns))))
    expected = run.network(x).map(sigmoid.function)[:, 0]
    assert decoded(last[0]) == pytest.approx(expected, abs=(max(expected) - min(expected)) * 0.5 / 255.0 + 1e-9)
    tanh = run.network[1].forward(run.network[0].forward(x)[0])[0][:, 2]
    low, high = min(tanh), max(tanh)
    assert decoded(first[2]) == pytest.approx(tanh, abs=(high - low) * 0.5 / 255.0 + 1e-9)


def test_bytes_reach_from_the_lowest_to_the_highest_number() -> None:
    found = pixels([-1.0, 0.0, 3.0])
    assert b64decode(text_of(found, "pixels")) == bytes([0, 64, 255])
    assert b64decode(text_of(pixels([2.0, 2.0]), "pixels")) == bytes([0, 0])
    nearly_equal = pixels([1.0, 1.0 - 2.0**-53])  # whose span is a rounding error
    assert b64decode(text_of(nearly_equal, "pixels")) == bytes([255, 0])
    broken = pixels([1.0, math.nan])
    assert (broken["low"], broken["high"], b64decode(text_of(broken, "pixels"))) == (None, None, bytes(2))


def test_the_middle_of_the_landscape_is_the_present_loss() -> None:
    run = trained(20, optimizer={"learning_rate": 0.5})
    before = [p.copy() for p in run.network.parameters]
    found = landscape(run, 9)
    assert run.network.parameters == before
    present = evaluate(run.network, run.samples).loss
    assert found.losses[4][4] == pytest.approx(present)
    assert found.path[-1] == pytest.approx((0.0, 0.0, present))
    assert found.samples == len(run.samples)


def test_the_path_is_that_of_the_training_seen_in_its_own_slice() -> None:
    run = trained(20, optimizer={"learning_rate": 0.5})
    found = landscape(run, 5)
    over = Slice.along([*run.trail.places, parameters_of(run.network)])
    assert [place[:2] for place in found.path[:-1]] == [over.place_of(place) for place in run.trail.places]
    assert all(abs(x) < found.reach and abs(y) < found.reach for x, y, _ in found.path)


def test_a_landscape_without_a_path_is_drawn_at_random_and_is_the_same_each_time() -> None:
    run = trained(0)
    assert landscape(run, 5) == landscape(run, 5)
    assert len({loss for row in landscape(run, 5).losses for loss in row}) == 25


def test_a_large_landscape_takes_fewer_samples() -> None:
    run = trained(0, data={"samples": 2000}, layers=[{"units": 16}] * 6)
    assert 5 <= landscape(run, 5).samples < len(run.samples)
