"""Networks in lanes: equal to float networks within rounding; test_plain.py compares them with integers bit by bit."""

from __future__ import annotations

from fractions import Fraction
from math import floor, inf, nan
from random import Random

import pytest

from purenn.activations import Elementwise, identity
from purenn.errors import TrainingError
from purenn.initializers import zeros
from purenn.lanes.network import PackedNetwork, unsupported
from purenn.lanes.outer import Outer
from purenn.lanes.plain import ACTIVITY, SUM, WEIGHT, first_delta
from purenn.layers import Activation, Layer, Linear, PReLU
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.regularization import Dropout
from tests.lanes.helpers import (
    BITS,
    FUNCTIONS,
    SCALE,
    first_bounds,
    first_weights,
    groups_of,
    later_weights,
    later_weights_of_columns,
    linears,
    network,
    some_levels,
)

# Forward: the outputs of the float network, apart from rounding.


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("sizes", [[5, 3], [5, 6, 3], [5, 6, 4, 3]], ids=str)
def test_forward_is_exact_apart_from_rounded_activations(function: str, sizes: list[int]) -> None:
    net = network(sizes, function)
    packed = PackedNetwork(net, SCALE)
    packed.save(packed.state, net)  # the weights as they are after rounding
    rng, step = Random(3), 2**ACTIVITY
    for _ in range(30):
        levels = some_levels(rng, 5)
        x = [Fraction(level, SCALE) for level in levels]
        for layer in net.layers:
            if isinstance(layer, Linear):
                units = zip(layer.bias[0], layer.weight.T)
                x = [Fraction(b) + sum(Fraction(w) * a for w, a in zip(row, x)) for b, row in units]
            elif layer is net.layers[1] and function == "relu":
                x = [Fraction(floor(max(Fraction(0), z) * step), step) for z in x]  # in lanes: rounded down
            elif isinstance(layer, Activation) and isinstance(layer.function, Elementwise):
                x = [Fraction(round(layer.function(float(z)) * step), step) for z in x]
        assert packed.forward(groups_of(levels))[1] == list(map(float, x))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_forward_is_near_the_float_network_with_its_original_weights(function: str) -> None:
    net = network([5, 6, 3], function)
    packed, rng = PackedNetwork(net, SCALE), Random(4)
    first, last = linears(net)
    for _ in range(100):
        levels = some_levels(rng, 5)
        x = Matrix([[level / SCALE for level in levels]])
        # a weight is off by half a unit, an activation by that of its sum (no slope is over 1) and by less than 2^-8
        off_z = (sum(map(abs, x[0])) + 1.0) * 0.5 * SCALE / 2**SUM
        off_a = off_z + 1.0 / 2**ACTIVITY
        a = net.layers[1].forward(first.forward(x)[0])[0][0]
        off_w = sum(abs(value) + off_a for value in a) * 0.5 / 2**WEIGHT
        for y, exact, w in zip(packed.forward(groups_of(levels))[1], net(x)[0], last.weight.T):
            assert abs(y - exact) <= off_a * sum(map(abs, w)) + off_w + 2.0**-28


# Backward: on average, the gradient of the float network.


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("sizes", [[4, 3], [4, 5, 3], [4, 5, 4, 3]], ids=str)
def test_a_step_is_on_average_the_gradient(function: str, sizes: list[int]) -> None:
    net = network(sizes, function, spread=0.7)
    packed, rng, runs = PackedNetwork(net, SCALE), Random(5), 1000
    packed.save(packed.state, net)
    start, levels = packed.state, [8, 0, -3, 5]
    bits = BITS if packed.later else first_delta(SCALE)
    deltas = [300, -170, 44]
    dy = Matrix([[delta / 2**bits for delta in deltas]])
    expected = net.forward(Matrix([[level / SCALE for level in levels]]))[1].parameters(dy)
    before = [parameter.copy() for parameter in net.parameters]
    change = [Matrix.zeros(*parameter.shape) for parameter in before]
    for _ in range(runs):
        packed.restore(start)
        packed.learn(groups_of(levels), packed.forward(groups_of(levels))[0], deltas, bits, rng)
        packed.save(packed.state, net)
        for total, was, now in zip(change, before, net.parameters):
            total.add_scaled(was - now, 1.0 / runs)
    # Rounded at random, a delta is off by up to a unit: 2^-bits or, in the first layer, 2^-20 · scale². The standard
    # deviation of the mean of 1000 runs is 1/60 of that, and 5 of it are allowed. Rounded activities are off by 2^-8.
    unit = max(2.0**-BITS, SCALE**2 / 2**SUM)
    allowed = 5.0 * unit / 60.0 + 2.0**-ACTIVITY * max(map(abs, dy[0]))
    for mean, gradient in zip(change, expected):
        for row, exact in zip(mean, gradient):
            assert row == pytest.approx(exact, abs=allowed)
    assert max(abs(g) for row in expected[0] for g in row) > 2.0 * allowed  # or this would test nothing


# Dropout and weight decay.


def with_dropout(function: str) -> Sequential:
    first, last = Linear(2, 50, Random(1)), Linear(50, 2, Random(2))
    first.bias = Matrix.from_function(1, 50, lambda i, j: 3.0)
    return Sequential(first, Activation(function), Dropout(0.3), last)


@pytest.mark.parametrize("function", ["relu", "identity", "sigmoid"])
def test_dropout_drops_its_part_and_keeps_the_mean(function: str) -> None:
    packed, rng, runs = PackedNetwork(with_dropout(function), SCALE), Random(6), 400
    groups = groups_of([0, 0])  # so that every sum is 3
    (whole,) = set(packed.forward(groups)[0][0].activities)
    seen = [a for _ in range(runs) for a in packed.forward(groups, rng)[0][0].activities]
    # 20,000 draws of probability 0.3: a deviation of √(0.3 · 0.7 / 20000) = 0.0032
    assert seen.count(0) / len(seen) == pytest.approx(0.3, abs=4 * 0.0032)
    assert min(seen) == 0
    assert {*seen} == {0, max(seen)}
    assert max(seen) == pytest.approx(whole / 0.7, abs=1.5)  # both are rounded
    assert sum(seen) / len(seen) == pytest.approx(whole, rel=5 * 0.0032 / 0.7)


def test_neurons_that_were_dropped_do_not_learn() -> None:
    packed = PackedNetwork(with_dropout("tanh"), SCALE)
    groups, before = groups_of([8, 3]), first_weights(packed.first)
    signals = packed.forward(groups, Random(7))[0]
    packed.learn(groups, signals, [100, -1], BITS, Random(8))
    dropped = [a == 0 for a in signals[0].activities]
    learned = [unit != was for unit, was in zip(zip(*first_weights(packed.first)), zip(*before))]
    assert 0 < sum(dropped) < 50
    assert not any(d and n for d, n in zip(dropped, learned))
    assert any(learned)


@pytest.mark.parametrize("dropped", [0.5, 0.9, 0.99])
def test_the_bound_knows_that_dropout_makes_slopes_steeper(dropped: float) -> None:
    first, last = Linear(1, 20, Random(0), initializer=zeros), Linear(20, 1, Random(0), initializer=zeros)
    last.weight = last.weight.map(lambda _: 1.0)  # all alike, so that nothing is below its bound
    packed = PackedNetwork(Sequential(first, Activation("identity"), Dropout(dropped), last), SCALE)
    groups, rng, start = groups_of([8]), Random(10), packed.state
    for _ in range(20):
        packed.restore(start)
        packed.learn(groups, packed.forward(groups, rng)[0], [-200], BITS, rng)
        measured = max(sum(map(abs, unit)) for unit in zip(*first_weights(packed.first)))
        assert measured <= max(first_bounds(packed.first))


def test_gradients_that_dropout_makes_too_large_are_an_error_that_names_the_layer() -> None:
    first, last = Linear(1, 20, Random(0), initializer=zeros), Linear(20, 1, Random(0), initializer=zeros)
    last.weight = last.weight.map(lambda _: 1.0)
    packed = PackedNetwork(Sequential(first, Activation("identity"), Dropout(0.9), last), scale=1)
    groups, rng = groups_of([1], scale=1), Random(11)
    signals = packed.forward(groups, rng)[0]
    with pytest.raises(TrainingError, match="the gradient behind Linear layer 2 might pass"):
        packed.learn(groups, signals, [500], 0, rng)


def test_shrinking_multiplies_every_weight_on_average_and_keeps_the_layouts_alike() -> None:
    net = network([4, 5, 3], "relu")
    packed, rng, runs, factor, bias_factor = PackedNetwork(net, SCALE), Random(9), 400, 0.75, 0.9
    packed.save(packed.state, net)
    start, before = packed.state, [parameter.copy() for parameter in net.parameters]
    mean = [Matrix.zeros(*parameter.shape) for parameter in before]
    for _ in range(runs):
        packed.restore(start)
        packed.shrink(factor, bias_factor, rng)
        assert later_weights_of_columns(packed.later[0]) == later_weights(packed.later[0])
        packed.save(packed.state, net)
        for total, now in zip(mean, net.parameters):
            total.add_scaled(now, 1.0 / runs)
    units, factors = [SCALE / 2**SUM] * 2 + [2.0**-WEIGHT] * 2, [factor, bias_factor] * 2
    for average, was, unit, kept in zip(mean, before, units, factors):
        for row, whole in zip(average, was):
            assert row == pytest.approx([w * kept for w in whole], abs=5 * unit / 2 / runs**0.5)


# States.


def test_a_state_is_restored_bit_for_bit() -> None:
    packed, groups = PackedNetwork(network([5, 6, 4, 3], "tanh"), SCALE), groups_of([1, 2, 3, 4, 5])
    state = packed.state
    was, weights = packed.forward(groups)[1], first_weights(packed.first)
    for seed in range(20):
        packed.learn(groups, packed.forward(groups)[0], [30, -17, 4], BITS, Random(seed))
    assert packed.forward(groups)[1] != was
    packed.restore(state)
    assert (packed.forward(groups)[1], first_weights(packed.first)) == (was, weights)
    assert packed.state == state


def test_the_average_of_two_networks_is_half_way_between_them() -> None:
    a, b = (network([5, 6, 3], "relu", seed) for seed in (1, 2))
    one, two = PackedNetwork(a, SCALE), PackedNetwork(b, SCALE)
    one.restore(one.outer_step(one.state, [one.state, two.state], one.at_rest, Outer(1000, momentum=0, rate=16))[0])
    half_way = network([5, 6, 3], "relu")
    one.save(one.state, half_way)
    for p, q, mean in zip(a.parameters, b.parameters, half_way.parameters):
        for row, expected in zip(mean, (p + q) * 0.5):
            assert row == pytest.approx(expected, abs=2 * SCALE / 2**SUM)


# Activations that lanes take, and those they do not.


def custom(derivative: float, steepest: float, value: float = 0.0) -> Elementwise:
    """A function from outside the package: a constant, with a constant for its derivative."""
    return Elementwise("custom", lambda z: value, lambda z: derivative, steepest=steepest)


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ([Activation("relu"), Linear(2, 2, Random(0))], "a Linear layer first and last"),
        ([Linear(2, 2, Random(0)), Activation("softmax")], "a Linear layer first and last"),
        ([Linear(2, 2, Random(0)), PReLU(2), Linear(2, 2, Random(0))], "no PReLU"),
        (
            [Linear(2, 2, Random(0)), Activation("gelu"), Linear(2, 2, Random(0))],
            "gelu is not among the activations that lanes have: heaviside, ",
        ),
        (
            [Linear(2, 2, Random(0)), Activation("softmax"), Linear(2, 2, Random(0))],
            "softmax is not among the activations that lanes have: heaviside, ",
        ),
        ([Linear(2, 2, Random(0)), Dropout(0.5), Linear(2, 2, Random(0))], "no Dropout(0.5) after Linear"),
        (
            [Linear(2, 2, Random(0)), Activation("leaky_relu(-3)"), Linear(2, 2, Random(0))],
            "slopes up to 1, and its own reaches ",
        ),
        (
            [Linear(2, 2, Random(0)), Activation(custom(0.5, inf)), Linear(2, 2, Random(0))],
            "slopes up to 1, and its own reaches ",
        ),
        (
            [Linear(2, 2, Random(0)), Activation(custom(0.5, nan)), Linear(2, 2, Random(0))],
            "slopes up to 1, and its own reaches ",
        ),
        ([*[Linear(2, 2, Random(0))] * 2, *[Activation("relu")] * 2, Linear(2, 2, Random(0))], "after Activation"),
    ],
)
def test_what_is_not_supported_is_named(layers: list[Layer], reason: str) -> None:
    assert reason in unsupported(Sequential(*layers))


@pytest.mark.parametrize("function", [*FUNCTIONS, "leaky_relu(0.3)", "heaviside", custom(1.0, 1.0)], ids=str)
@pytest.mark.parametrize("sizes", [[2, 3], [2, 3, 3], [2, 3, 3, 3, 3]], ids=str)
def test_any_depth_of_linear_layers_is_supported(sizes: list[int], function: str | Elementwise) -> None:
    assert unsupported(network(sizes, function)) == ""


@pytest.mark.parametrize("value", [inf, -inf, nan, 1e300])
def test_an_activation_without_a_finite_value_is_an_error_that_names_its_layer(value: float) -> None:
    packed = PackedNetwork(network([2, 3, 1], custom(0.0, 0.0, value)), SCALE)
    with pytest.raises(TrainingError, match=r"the first layer: (custom cannot be computed|an activation passes 2048)"):
        packed.forward(groups_of([8, 8]))


@pytest.mark.parametrize("derivative", [inf, -inf, nan, 1e9, 1e300])
def test_a_derivative_steeper_than_its_activation_says_is_an_error(derivative: float) -> None:
    packed = PackedNetwork(network([2, 3, 1], custom(derivative, 1.0)), scale=512)
    groups = groups_of([8, 8], scale=512)
    signals = packed.forward(groups)[0]
    before = first_weights(packed.first)
    with pytest.raises(TrainingError, match="the first layer: the slope of custom is wrong"):
        packed.learn(groups, signals, [500], 0, Random(1))
    assert first_weights(packed.first) == before


@pytest.mark.parametrize("derivative", [2.0, 100.0, 1e4])
def test_the_bound_holds_for_such_a_derivative_too_as_long_as_lanes_can(derivative: float) -> None:
    packed = PackedNetwork(network([2, 3, 1], custom(derivative, 1.0)), SCALE)
    groups, before = groups_of([8, 8]), first_weights(packed.first)
    packed.learn(groups, packed.forward(groups)[0], [40], BITS, Random(1))
    assert first_weights(packed.first) != before
    sums = [sum(map(abs, unit)) for unit in zip(*first_weights(packed.first))]
    assert all(total <= bound for total, bound in zip(sums, first_bounds(packed.first)))


def test_linear_layers_in_a_row_have_the_identity_between_them() -> None:
    bare = Sequential(*linears(network([5, 6, 3], "relu")))
    spelled = Sequential(bare.layers[0], Activation(identity), bare.layers[1])
    groups = groups_of([1, 2, 3, 4, 5])
    expected = PackedNetwork(spelled, SCALE).forward(groups)[1]
    assert unsupported(bare) == ""
    assert PackedNetwork(bare, SCALE).forward(groups)[1] == expected
