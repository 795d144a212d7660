"""The outer step: its arithmetic in every lane, and what it refuses. The engines that make it are tested with them."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from random import Random

import pytest

from purenn.engine import Job
from purenn.errors import TrainingError
from purenn.lanes.engine import BLOCK, LanesEngine
from purenn.lanes.integers import Layout
from purenn.lanes.network import PackedNetwork
from purenn.lanes.outer import SHIFT, Outer, outer_for, outer_step
from purenn.losses import CrossEntropy
from purenn.network import feed_forward
from purenn.schedules import constant
from tests.conftest import bars, numbers, silent
from tests.lanes.helpers import SCALE, first_bounds, later_weights, later_weights_of_columns, network

every_width = pytest.mark.parametrize("width", [32, 64])
OUTERS = [Outer(1000, 8, 15), Outer(1000, 0, 16), Outer(1000, 15, 1)]


def nearest(number: Fraction) -> int:
    """Halves up."""
    return floor(number + Fraction(1, 2))


@every_width
@pytest.mark.parametrize("outer", OUTERS, ids=str)
def test_every_lane_takes_the_step_of_the_formula(width: int, outer: Outer) -> None:
    layout, rng = Layout(6, width), Random(width)
    momentum, rate = Fraction(outer.momentum, 16), Fraction(outer.rate, 16)
    for spread in 3, 1000, 2**20:
        before, average, velocity = ([rng.randint(-spread, spread) for _ in range(6)] for _ in range(3))
        packed = [layout.pack(before)], [layout.pack(average)], [layout.pack(velocity)]
        (after,), (later,) = outer_step(layout, *packed, outer)
        steps = [a - b for a, b in zip(average, before)]
        expected = [nearest(momentum * (v + s)) for v, s in zip(velocity, steps)]
        assert layout.unpack(later) == expected
        assert layout.unpack(after) == [b + nearest(rate * (v + s)) for b, v, s in zip(before, expected, steps)]


def test_without_momentum_and_at_the_full_rate_it_ends_on_the_average() -> None:
    layout = Layout(3, 32)
    before, average = layout.pack([5, -5, 7]), layout.pack([9, -8, 7])
    assert outer_step(layout, [before], [average], [0], Outer(1000, 0, 16)) == ([average], [0])


def test_a_row_that_has_not_moved_stays_where_it_is() -> None:
    layout = Layout(3, 32)
    row = layout.pack([5, -5, 7])
    assert outer_step(layout, [row], [row], [0], Outer(1000, 8, 15)) == ([row], [0])


@every_width
@pytest.mark.parametrize("sign", [1, -1])
def test_weights_and_paths_without_room_are_refused_and_those_just_below_are_right(width: int, sign: int) -> None:
    layout, outer = Layout(3, width), Outer(1000, 15, 15)
    most = (1 << (width - 2)) - 1
    large = layout.pack([0, sign * most, 0])
    assert outer_step(layout, [large], [large], [0], outer) == ([large], [0])
    larger = layout.pack([0, sign * (most + 2), 0])
    for before, average in ([larger], [larger]), ([0], [larger]):
        with pytest.raises(TrainingError, match="too large for the steps between two rounds"):
            outer_step(layout, before, average, [0], outer)
    far = (1 << (width - 3 - SHIFT)) - 1
    (after,), (velocity,) = outer_step(layout, [0], [layout.pack([0, sign * far, 0])], [0], outer)
    assert layout.unpack(velocity) == [0, nearest(Fraction(15 * sign * far, 16)), 0]
    assert layout.unpack(after) == [0, nearest(Fraction(15 * (sign * far + layout.unpack(velocity)[1]), 16)), 0]
    with pytest.raises(TrainingError, match="move farther in a round than their lanes have room for"):
        outer_step(layout, [0], [layout.pack([0, sign * (far + 2), 0])], [0], outer)
    with pytest.raises(TrainingError, match="move farther in a round than their lanes have room for"):
        outer_step(layout, [0], [layout.pack([0, sign * far, 0])], [layout.pack([0, 2 * sign, 0])], outer)


@pytest.mark.parametrize("warped", [False, True])
@pytest.mark.parametrize("workers", [1, 2, 3, 4, 8, 16, 32, 1000])
def test_factors_stay_within_the_room_that_is_kept_for_them(workers: int, warped: bool) -> None:
    outer = outer_for(workers, warped=warped)
    assert outer.samples > 0
    assert 0 <= outer.momentum < 16
    assert 0 < outer.rate <= 16
    assert 1 <= outer.gain <= 5
    assert (outer.gain == 1) == (workers <= 4)


def test_two_workers_average_warped_samples_twice_as_often() -> None:
    assert outer_for(2) == outer_for(2, warped=True)._replace(samples=2000) == Outer(2000, 8, 15)
    assert outer_for(4) == outer_for(4, warped=True)


def test_a_single_worker_that_leaves_out_no_sample_makes_no_outer_step() -> None:
    def trained(*, every_sample: bool, rate: int) -> list[float]:
        job = Job(feed_forward([16, 4], Random(1)), bars(600), CrossEntropy(), every_sample=every_sample, rng=Random(2))
        engine = LanesEngine(job)
        engine.outer = Outer(BLOCK, 0, rate)
        engine.train(0, constant(0.02), silent)
        return numbers(engine.network())

    assert trained(every_sample=True, rate=1) == trained(every_sample=True, rate=16)
    assert trained(every_sample=False, rate=1) != trained(every_sample=False, rate=16)


def test_a_network_steps_in_all_layers_alike_in_rows_and_columns_and_knows_its_bounds() -> None:
    packed, other = (PackedNetwork(network([5, 6, 4, 3], "relu", seed), SCALE) for seed in (1, 2))
    end, outer = other.state, Outer(1000, 8, 15)
    state, velocity = packed.outer_step(packed.state, [end], packed.at_rest, outer)
    state, velocity = packed.outer_step(state, [end], velocity, outer)
    packed.restore(state)
    assert packed.state == state
    for layer in packed.later:
        assert later_weights(layer) == later_weights_of_columns(layer)
        assert layer.bound == max(abs(w) for row in later_weights(layer) for w in row)
    weights = [packed.first.layout.unpack(row) for row in packed.first.rows]
    assert first_bounds(packed.first) == [sum(map(abs, column)) for column in zip(*weights)]
    assert [(len(pace.rows), len(pace.columns)) for pace in velocity] == [
        (6 * 6 * 4, 0),
        (7 * 4 * 8, 6 * 4 * 4),
        (5 * 3 * 8, 4 * 3 * 4),
    ]
