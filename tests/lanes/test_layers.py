"""Layers in lanes: equal to lists of integers, within their bounds, and an error before a lane overflows."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from random import Random

import pytest

from purenn.errors import TrainingError
from purenn.initializers import zeros
from purenn.lanes.integers import Lanes, Layout
from purenn.lanes.layers import (
    ACTIVE,
    LIMIT,
    POINTS,
    STRIP,
    FirstLayer,
    LaterLayer,
    LayerState,
    Signal,
    width_for,
)
from purenn.lanes.outer import Outer
from purenn.lanes.plain import ACTIVITY, LATER_SUM, NARROW_SUM, SUM, WEIGHT
from purenn.layers import Linear
from purenn.matrix import Matrix
from tests.lanes.helpers import (
    BITS,
    SCALE,
    first_bounds,
    first_weights,
    groups_of,
    later_bias,
    later_weights,
    later_weights_of_columns,
    linears,
    network,
    some_levels,
)


def linear_layer(inputs: int, outputs: int, seed: int = 1) -> Linear:
    """A layer with weights, and a bias that is not 0."""
    rng = Random(seed)
    layer = Linear(inputs, outputs, rng)
    layer.bias = Matrix.from_function(1, outputs, lambda i, j: rng.gauss(0.0, 1.0))
    return layer


def blank(inputs: int, outputs: int) -> Linear:
    return Linear(inputs, outputs, Random(0), initializer=zeros)


def no_way_back(sums: Lanes, shift: int, rng: Random) -> Lanes:
    raise NotImplementedError


def signal(activities: Sequence[int]) -> Signal:
    return Signal(activities, Layout(len(activities), 32).pack(activities), no_way_back)


def first_bound(layer: FirstLayer) -> int:
    sums: list[int] = [sum(map(abs, unit)) for unit in zip(*first_weights(layer))]
    return max(sums)


def later_bound(layer: LaterLayer) -> int:
    return max(abs(w) for row in later_weights(layer) for w in row)


def learn_step(layer: FirstLayer, levels: Sequence[int], step: Sequence[int]) -> None:
    """Let a first layer learn from inputs, as the network does."""
    groups, most, bits = groups_of(levels), max(map(abs, step)), layer.delta_bits
    layer.make_ready(most, groups.total)
    layer.learn(groups, layer.layout.pack(step), most, bits)


# The first layer.


def test_the_first_layer_sums_levels_times_weights() -> None:
    layer, rng = FirstLayer(linear_layer(9, 5), SCALE), Random(2)
    for _ in range(50):
        x = some_levels(rng, 9)
        expected = [sum(x * w for x, w in zip([*x, SCALE], unit)) for unit in zip(*first_weights(layer))]
        assert layer.layout.unpack(layer.forward(groups_of(x))) == expected


def test_weights_of_the_first_layer_are_rounded_to_units_and_saved_so() -> None:
    original, saved = linear_layer(9, 5), blank(9, 5)
    first = FirstLayer(original, SCALE)
    first.save(first.state, saved)
    unit = SCALE / 2**SUM
    for was, now in zip([*original.weight, *original.bias], [*saved.weight, *saved.bias]):
        assert now == [round(w / unit) * unit for w in was]


def test_the_first_layer_learns_its_level_times_the_step_and_its_bound_holds() -> None:
    layer, rng = FirstLayer(linear_layer(9, 5), SCALE), Random(3)
    for _ in range(300):
        x, step = some_levels(rng, 9), [rng.randint(-300, 300) for _ in range(5)]
        before = first_weights(layer)
        learn_step(layer, x, step)
        changed = [[w - level * s for w, s in zip(row, step)] for level, row in zip([*x, SCALE], before)]
        assert first_weights(layer) == changed
        assert first_bound(layer) <= max(first_bounds(layer)) < LIMIT // layer.highest
    assert layer.rows[-1] == 0  # what stands in for no input at all


def test_a_bound_that_has_grown_too_high_is_measured_again() -> None:
    layer = FirstLayer(linear_layer(2, 3), SCALE)
    step = LIMIT >> 10
    for sign in [1, -1] * 1000:  # to and fro: weights stay small while the bound adds all of it up
        learn_step(layer, [1, 0], [sign * step] * 3)
        assert first_bound(layer) <= max(first_bounds(layer)) < LIMIT // layer.highest


@pytest.mark.parametrize("step", [LIMIT // 100, LIMIT // SCALE, LIMIT - 1])
def test_weights_of_the_first_layer_never_outgrow_their_lanes(step: int) -> None:
    def learn() -> None:
        layer = FirstLayer(linear_layer(2, 3), SCALE)
        plain = first_weights(layer)
        for _ in range(1000):
            learn_step(layer, [3, 0], [step, -step, 0])
            plain = [[w - x * s for w, s in zip(row, [step, -step, 0])] for x, row in zip([3, 0, SCALE], plain)]
            assert first_weights(layer) == plain

    with pytest.raises(TrainingError, match=r"the sums of the first layer might pass .* weights or its inputs"):
        learn()


def test_a_step_so_large_that_lanes_cannot_be_measured_any_more_is_an_error_too() -> None:
    # 2^32 - 8 in a lane of 32 bits reads as -8: measuring would find nothing wrong
    layer = FirstLayer(blank(1, 2), SCALE)
    step = 2**29 - 1
    with pytest.raises(TrainingError, match="the sums of the first layer"):
        learn_step(layer, [8], [-step, 0])


def test_inputs_are_admitted_only_if_their_sums_fit() -> None:
    layer = FirstLayer(linear_layer(2, 3), SCALE)
    most = (LIMIT - 1) // first_bound(layer)
    layer.admit(most)
    with pytest.raises(TrainingError, match="the sums of the first layer"):
        layer.admit(most + 1)


# The first layer in lanes of 24 bits.


def narrow_layer(inputs: int, outputs: int, weight: float = 0.0) -> FirstLayer:
    """A layer with this weight everywhere, and biases of 0."""
    linear = blank(inputs, outputs)
    linear.weight = linear.weight.map(lambda _: weight)
    return FirstLayer(linear, SCALE, width=24)


def widened(rows: list[list[int]]) -> list[list[int]]:
    return [[16 * w for w in row] for row in rows]


def test_a_narrow_layer_rounds_sums_and_saves_like_a_wide_one_in_coarser_units() -> None:
    original, saved, rng = linear_layer(9, 5), blank(9, 5), Random(2)
    layer = FirstLayer(original, SCALE, width=24)
    for _ in range(50):
        x = some_levels(rng, 9)
        expected = [sum(x * w for x, w in zip([*x, SCALE], unit)) for unit in zip(*first_weights(layer))]
        assert layer.layout.unpack(layer.forward(groups_of(x))) == expected
    layer.save(layer.state, saved)
    unit = SCALE / 2**NARROW_SUM
    for was, now in zip([*original.weight, *original.bias], [*saved.weight, *saved.bias]):
        assert now == [round(w / unit) * unit for w in was]


def test_a_narrow_layer_learns_its_level_times_the_step_and_its_bound_holds() -> None:
    layer, rng = FirstLayer(linear_layer(9, 5), SCALE, width=24), Random(3)
    for _ in range(300):
        x, step = some_levels(rng, 9), [rng.randint(-30, 30) for _ in range(5)]
        before = first_weights(layer)
        learn_step(layer, x, step)
        changed = [[w - level * s for w, s in zip(row, step)] for level, row in zip([*x, SCALE], before)]
        assert first_weights(layer) == changed
        assert first_bound(layer) <= max(first_bounds(layer)) < 2**23 // layer.highest
    assert layer.width == 24


@pytest.mark.parametrize("step", [100, 2**16 - 1, 2**18, 400_000])
def test_when_the_bound_is_reached_a_layer_is_widened_and_goes_on_with_the_same_weights(step: int) -> None:
    layer = narrow_layer(2, 3)
    plain, unit, steps = first_weights(layer), 1, 0
    while layer.width == 24 or steps < 3:
        steps += 1
        learn_step(layer, [3, 0], [step * unit, -step * unit, 0])
        plain = [[w - x * s for w, s in zip(row, [step * unit, -step * unit, 0])] for x, row in zip([3, 0, 8], plain)]
        if layer.width == 32 and unit == 1:
            unit, plain = 16, widened(plain)
            assert 11 * step * steps * SCALE >= 2**23 or 11 * step > 2**22  # not before it had to be
        assert first_weights(layer) == plain
        assert first_bound(layer) <= max(first_bounds(layer)) < layer.layout.limit // SCALE


def test_where_wide_lanes_are_not_enough_either_a_narrow_layer_fails_as_a_wide_one_does() -> None:
    layer = narrow_layer(2, 3)
    learn_step(layer, [3, 0], [2**20, 0, 0])
    assert layer.width == 32
    with pytest.raises(TrainingError, match=r"the sums of the first layer might pass 2048"):
        learn_step(layer, [3, 0], [2**24, 0, 0])
    with pytest.raises(TrainingError, match=r"the sums of the first layer might pass 2048"):
        learn_step(narrow_layer(2, 3), [3, 0], [2**30, 0, 0])


def test_inputs_that_narrow_lanes_have_no_room_for_widen_them() -> None:
    layer = narrow_layer(4, 2, weight=1.0)  # Σ |w| is 4, so inputs may reach 32
    layer.admit(32 * SCALE - 1)
    assert layer.width == 24
    before = first_weights(layer)
    layer.admit(32 * SCALE)
    assert layer.width == 32
    assert first_weights(layer) == widened(before)


@pytest.mark.parametrize("weight", [127.9 / 4, 1000 / 4, 2047 / 4])
def test_weights_that_narrow_lanes_hold_but_have_no_room_for_widen_them(weight: float) -> None:
    layer = narrow_layer(4, 2, weight)
    assert layer.width == (24 if weight < 32 else 32)
    assert first_weights(layer)[0] == [round(weight * 2 ** (NARROW_SUM - 3)) * (1 if weight < 32 else 16)] * 2


def test_states_of_both_widths_are_averaged_in_wide_lanes() -> None:
    layers = [narrow_layer(4, 2, 1.0), narrow_layer(4, 2, 0.5)]
    both_narrow = averaged(layers)
    layers[1].widen()
    mixed = averaged(layers)
    assert (both_narrow.width, mixed.width) == (24, 32)
    layers[0].restore(both_narrow)
    expected = widened(first_weights(layers[0]))
    layers[0].restore(mixed)
    assert first_weights(layers[0]) == expected
    assert first_bound(layers[0]) <= max(first_bounds(layers[0]))


def test_an_outer_step_widens_weights_and_velocity_if_one_of_them_is_wide() -> None:
    outer, layer = Outer(1000, momentum=8, rate=12), narrow_layer(4, 2, 0.5)
    before, velocity = layer.state, narrow_layer(4, 2, 0.25).state
    average = narrow_layer(4, 2, 1.0)
    average.widen()
    after, pace = layer.outer_step(before, [average.state], velocity, outer)
    assert (after.width, pace.width) == (32, 32)
    layer.restore(after)
    # velocity: 1/2 · (1/4 + 1/2) = 3/8; weights: 1/2 + 3/4 · (3/8 + 1/2) = 37/32, in units of 2^-17
    assert first_weights(layer)[0] == [37 * 2**12] * 2
    assert layer.layout.unpack(layer.layout.from_bytes(pace.rows)[0]) == [3 * 2**14] * 2
    assert first_bounds(layer) == [4 * 37 * 2**12] * 2


@pytest.mark.parametrize("end", [20.0, 31.9])
def test_an_outer_step_too_long_for_narrow_lanes_is_made_in_wide_ones(end: float) -> None:
    layer, rest = narrow_layer(4, 2), narrow_layer(4, 2).at_rest
    after, pace = layer.outer_step(layer.state, [narrow_layer(4, 2, end).state], rest, Outer(1000, 15, 15))
    assert (after.width, pace.width) == (32, 32)
    layer.restore(after)
    path = round(end * 2 ** (NARROW_SUM - 3)) * 16
    velocity = (path * 15 + 8) // 16
    assert first_weights(layer)[0] == [((velocity + path) * 15 + 8) // 16] * 2


def test_a_layer_takes_the_width_of_the_state_that_it_goes_on_from() -> None:
    narrow, wide = narrow_layer(4, 2, 0.5), FirstLayer(blank(4, 2), SCALE)
    narrow_state, wide_state = narrow.state, wide.state
    narrow.restore(wide_state)
    wide.restore(narrow_state)
    assert (narrow.width, wide.width) == (32, 24)
    assert first_weights(wide)[0] == [2 ** (NARROW_SUM - 4)] * 2


# The width that suits a network.


@pytest.mark.parametrize(
    ("sizes", "function", "scale", "width"),
    [
        ([9, 64, 3], "relu", 8, 24),
        ([9, 64, 5, 3], "relu", 1, 24),
        ([9, 63, 3], "relu", 8, 32),
        ([9, 64, 3], "relu", 16, 32),
        ([9, 64, 3], "tanh", 8, 32),
        ([9, 64], "relu", 8, 32),
    ],
)
def test_narrow_lanes_are_for_many_neurons_with_relu_and_few_levels(
    sizes: list[int], function: str, scale: int, width: int
) -> None:
    assert width_for(network(sizes, function), scale) == width


@pytest.mark.parametrize(("weight", "width"), [(1.0, 24), (7.0, 24), (7.2, 32), (inf, 32), (nan, 32)])
def test_narrow_lanes_are_for_weights_with_room_to_grow(weight: float, width: int) -> None:
    net = network([9, 64, 3], "relu")
    linears(net)[0].weight = Matrix([[weight] * 64] * 9)
    linears(net)[0].bias = Matrix.zeros(1, 64)
    assert width_for(net, SCALE) == width


# A later layer.


def test_a_later_layer_sums_activities_times_weights_and_its_bias() -> None:
    layer, rng = LaterLayer(linear_layer(6, 4), 2), Random(4)
    bias = later_bias(layer)
    for _ in range(50):
        a = [rng.choice([0, rng.randint(-999, 999)]) for _ in range(6)]
        expected = [b + sum(a * w for a, w in zip(a, unit)) for b, unit in zip(bias, zip(*later_weights(layer)))]
        assert layer.outputs.unpack(layer.forward(a)) == expected


def test_the_largest_sums_a_later_layer_can_have_fit_into_its_lanes() -> None:
    inputs = 40
    heavy, most = blank(inputs, 2), (LIMIT - 1) / 2**WEIGHT
    heavy.weight = Matrix([[most, -most]] * inputs)
    heavy.bias = Matrix([[(2**61) / 2**LATER_SUM, -(2**61) / 2**LATER_SUM]])
    z = inputs * (ACTIVE - 1) * (LIMIT - 1) + 2**61
    layer = LaterLayer(heavy, 2)
    assert layer.outputs.unpack(layer.forward([ACTIVE - 1] * inputs)) == [z, -z]


def test_a_later_layer_learns_in_both_layouts_alike_and_its_bound_holds() -> None:
    layer, rng = LaterLayer(linear_layer(6, 4), 2), Random(5)
    assert later_weights_of_columns(layer) == later_weights(layer)
    for _ in range(300):
        a = [rng.choice([0, rng.randint(-999, 999)]) for _ in range(6)]
        deltas = [rng.choice([0, rng.randint(-50, 50)]) for _ in range(4)]
        weights, bias = later_weights(layer), later_bias(layer)
        layer.learn(signal(a), deltas, BITS)
        fine = 2 ** (WEIGHT - ACTIVITY - BITS)  # delta · a is in units of 2^-(BITS + ACTIVITY)
        assert later_weights(layer) == [[w - a * d * fine for w, d in zip(row, deltas)] for a, row in zip(a, weights)]
        finer = 2 ** (LATER_SUM - BITS)
        assert later_bias(layer) == [b - d * finer for b, d in zip(bias, deltas)]
        assert later_weights_of_columns(layer) == later_weights(layer)
        assert later_bound(layer) <= layer.bound < LIMIT


def test_deltas_go_back_through_the_weights_within_the_bound_that_comes_along() -> None:
    layer, rng = LaterLayer(linear_layer(6, 4), 2), Random(6)
    for _ in range(50):
        deltas = [rng.choice([0, rng.randint(-50, 50)]) for _ in range(4)]
        sums, most = layer.backward(deltas)
        expected = [sum(d * w for d, w in zip(deltas, row)) for row in later_weights(layer)]
        assert layer.inputs.unpack(sums) == expected
        assert max(map(abs, expected)) <= most < LIMIT


def test_deltas_too_large_to_go_back_are_an_error_that_names_the_layer() -> None:
    layer = LaterLayer(linear_layer(6, 4), 3)
    with pytest.raises(TrainingError, match="the gradient behind Linear layer 3 might pass"):
        layer.backward([LIMIT // later_bound(layer) + 1, 0, 0, 0])


@pytest.mark.parametrize("delta", [2**12, 2**16, 2**19, 2**31, 2**99])
def test_weights_of_a_later_layer_never_outgrow_their_lanes(delta: int) -> None:
    def learn() -> None:
        layer, plain = LaterLayer(blank(2, 2), 2), [[0, 0], [0, 0]]
        for _ in range(10_000):
            layer.learn(signal([1000, -3]), [delta, -delta], BITS)
            change = delta * 2 ** (WEIGHT - ACTIVITY - BITS)
            plain = [[w - a * change * sign for w, sign in zip(row, (1, -1))] for a, row in zip((1000, -3), plain)]
            assert later_weights(layer) == later_weights_of_columns(layer) == plain

    with pytest.raises(TrainingError, match="Linear layer 2: a weight or a bias is too large"):
        learn()


def test_a_bias_never_outgrows_its_lane_though_no_input_is_active() -> None:
    def learn() -> None:
        layer = LaterLayer(blank(2, 1), 2)
        for i in range(1, 1000):
            layer.learn(signal([0, 0]), [2**40], BITS)
            assert later_bias(layer) == [-i * 2 ** (40 + LATER_SUM - BITS)]

    with pytest.raises(TrainingError, match="Linear layer 2: a weight or a bias is too large"):
        learn()


# Loading.


@pytest.mark.parametrize("bad", [inf, -inf, nan, 1e300, float(LIMIT)])
def test_a_weight_that_fits_no_lane_is_an_error_that_names_the_layer(bad: float) -> None:
    layer = linear_layer(3, 2)
    layer.weight.data[1][1] = bad
    with pytest.raises(TrainingError, match=r"^the first layer: a weight does not fit"):
        FirstLayer(layer, SCALE)
    with pytest.raises(TrainingError, match=r"^Linear layer 2: a weight does not fit"):
        LaterLayer(layer, 2)


def test_a_later_layer_saves_what_it_holds() -> None:
    original, saved = linear_layer(6, 4), blank(6, 4)
    later = LaterLayer(original, 2)
    later.save(later.state, saved)
    assert saved.weight == original.weight.map(lambda w: round(w * 2**WEIGHT) / 2**WEIGHT)
    unit = 2**LATER_SUM
    assert saved.bias == original.bias.map(lambda b: round(b * unit) / unit)


# Averaging.


AVERAGE = Outer(1000, momentum=0, rate=16)  # the step ends there


def averaged(layers: Sequence[FirstLayer] | Sequence[LaterLayer]) -> LayerState:
    """The average of the weights, as an outer step from those of the first layer."""
    return layers[0].outer_step(layers[0].state, [layer.state for layer in layers], layers[0].at_rest, AVERAGE)[0]


def test_bounds_hold_for_averages() -> None:
    # the average of -1, -1 and 0 is rounded to -1: a sum of sizes may grow
    layers = [FirstLayer(blank(4, 2), SCALE) for _ in range(3)]
    for i, layer in enumerate(layers):
        layer.rows[i] = layer.rows[(i + 1) % 3] = -layer.layout.ones
        layer.check()
    layers[0].restore(averaged(layers))
    assert first_weights(layers[0])[:3] == [[-1, -1]] * 3
    assert first_bound(layers[0]) <= max(first_bounds(layers[0]))


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("inputs", [6, STRIP - 1, STRIP, 2 * STRIP + 1])  # with the bias, a row more
def test_the_layouts_of_an_average_are_transposes(count: int, inputs: int) -> None:
    layers = [LaterLayer(linear_layer(inputs, 4, seed), 2) for seed in range(count)]
    mean = LaterLayer(blank(inputs, 4), 2)
    mean.restore(averaged(layers))
    alike = zip(*map(later_weights, layers))  # of two rows rounded down, of three to the nearest
    assert later_weights(mean) == [[(sum(w) + count // 3) // count for w in zip(*same)] for same in alike]
    assert later_weights_of_columns(mean) == later_weights(mean)
    assert later_bound(mean) <= mean.bound


@pytest.mark.parametrize("inputs", [STRIP - 2, STRIP - 1, STRIP, 2 * STRIP + 1])
@pytest.mark.parametrize("width", POINTS)
def test_an_average_of_any_number_of_strips_is_that_of_every_weight(inputs: int, width: int) -> None:
    layers = [FirstLayer(linear_layer(inputs, 5, seed), SCALE, width) for seed in range(2)]
    mean = FirstLayer(blank(inputs, 5), SCALE)
    mean.restore(averaged(layers))
    alike = zip(*map(first_weights, layers))
    assert first_weights(mean) == [[(v + w) // 2 for v, w in zip(*same)] for same in alike]
    assert first_bounds(mean) == [sum(map(abs, unit)) for unit in zip(*first_weights(mean))]


def test_a_state_from_elsewhere_is_refused_where_inputs_are_too_large_for_it() -> None:
    here, elsewhere = FirstLayer(blank(2, 3), SCALE), FirstLayer(linear_layer(2, 3), SCALE)
    here.admit(LIMIT // first_bound(elsewhere) + 1)
    with pytest.raises(TrainingError, match="the sums of the first layer"):
        here.restore(elsewhere.state)
