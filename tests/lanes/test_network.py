"""Packed networks: bit for bit what plain integers give, and within rounding what floats give."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from random import Random

import pytest

from purenn.activations import Elementwise, identity
from purenn.errors import TrainingError
from purenn.initializers import he_normal, zeros
from purenn.lanes.groups import Group, grouped
from purenn.lanes.integers import Lanes
from purenn.lanes.layers import ACTIVITY, SUM, WEIGHT, FirstLayer, LaterLayer
from purenn.lanes.network import PackedNetwork, unsupported
from purenn.layers import Activation, Dropout, Layer, Linear, PReLU
from purenn.matrix import Matrix
from purenn.network import Sequential

SCALE = 8
BITS = 10  # after the point in deltas
FUNCTIONS = ["relu", "leaky_relu", "identity", "sigmoid", "tanh"]
Ints = list[list[int]]


def network(sizes: Sequence[int], function: str, seed: int = 1, spread: float = 1.0) -> Sequential:
    """Linear layers with this function between them, and biases that are not 0."""
    rng = Random(seed)
    layers: list[Layer] = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layer = Linear(inputs, outputs, rng)
        layer.weight = he_normal(inputs, outputs, rng) * spread
        layer.bias = Matrix.from_function(1, outputs, lambda i, j: rng.gauss(0.0, 0.5))
        layers += [layer, Activation(function)]
    return Sequential(*layers[:-1])


def linears(network: Sequential) -> list[Linear]:
    return [layer for layer in network.layers if isinstance(layer, Linear)]


def groups_of(levels: Sequence[int], scale: int = SCALE) -> list[Group]:
    return grouped(Matrix([[level / scale for level in levels]]), scale)[0]


def some_levels(rng: Random, count: int, scale: int = SCALE) -> list[int]:
    return [rng.choice([0, rng.randint(-scale, scale)]) for _ in range(count)]


def first_weights(layer: FirstLayer) -> Ints:
    return [layer.layout.unpack(Lanes(row)) for row in layer.rows[:-1]]


def later_weights(layer: LaterLayer) -> tuple[Ints, Ints, list[int]]:
    """By input, by output, and the bias."""
    rows = [layer.outputs.unpack(Lanes(row)) for row in layer.rows]
    columns = [layer.inputs.unpack(Lanes(column)) for column in layer.columns]
    return rows, columns, layer.outputs.unpack(Lanes(layer.bias))


# The same arithmetic without lanes: lists of Python's integers, which cannot overflow.


class Plain:
    """What PackedNetwork does, number by number, with the same random numbers."""

    def __init__(self, network: Sequential, scale: int) -> None:
        first, *later = linears(network)
        self.scale = scale
        self.first = [[round(w * 2**SUM / scale) for w in row] for row in [*first.weight, *first.bias]]
        self.later = [[[round(w * 2**WEIGHT) for w in row] for row in layer.weight] for layer in later]
        self.biases = [[round(b * 2 ** (WEIGHT + ACTIVITY)) for b in layer.bias[0]] for layer in later]
        functions = [layer.function for layer in network.layers if isinstance(layer, Activation)]
        self.functions = [function for function in functions if isinstance(function, Elementwise)]
        self.sums: Ints = []  # of the hidden layers, in the last forward pass
        self.activities: Ints = []

    def rectifies(self, i: int) -> bool:
        """Whether hidden layer i is ReLU in lanes: only the first can be."""
        return i == 0 and self.functions[i].name == "relu"

    def forward(self, levels: Sequence[int]) -> list[float]:
        z = [sum(x * w for x, w in zip([*levels, self.scale], unit)) for unit in zip(*self.first)]
        point = SUM
        self.sums, self.activities = [], []
        for i, (rows, bias) in enumerate(zip(self.later, self.biases)):
            f = self.functions[i].function
            if self.rectifies(i):
                a = [max(0, value) // 2 ** (SUM - ACTIVITY) for value in z]
            else:
                a = [round(f(value / 2**point) * 2**ACTIVITY) for value in z]
            self.sums.append(z)
            self.activities.append(a)
            z = [b + sum(x * w for x, w in zip(a, unit)) for b, unit in zip(bias, zip(*rows))]
            point = WEIGHT + ACTIVITY
        return [value / 2**point for value in z]

    def learn(self, levels: Sequence[int], deltas: list[int], bits: int, rng: Random) -> None:
        for i in reversed(range(len(self.later))):
            rows, a = self.later[i], self.activities[i]
            sums = [sum(d * w for d, w in zip(deltas, row)) for row in rows]
            for row, x in zip(rows, a):
                row[:] = [w - d * x * 2 ** (WEIGHT - ACTIVITY - bits) for w, d in zip(row, deltas)]
            self.biases[i] = [b - d * 2 ** (WEIGHT + ACTIVITY - bits) for b, d in zip(self.biases[i], deltas)]
            # a delta of the first layer is in units of 2^-20 · scale²: a level times it is in the units of its weights
            deltas = self.back(i, sums, WEIGHT if i else bits + WEIGHT - SUM + 2 * (self.scale.bit_length() - 1), rng)
        for row, level in zip(self.first, [*levels, self.scale]):
            row[:] = [w - level * d for w, d in zip(row, deltas)]

    def back(self, i: int, sums: list[int], bits: int, rng: Random) -> list[int]:
        """The deltas of hidden layer i from their sums, divided by 2^bits and rounded at random."""
        if self.rectifies(i):
            drawn = rng.getrandbits(32 * len(sums))
            noise = [(drawn >> (32 * j)) % 2**bits for j in range(len(sums))]
            return [(s + n) // 2**bits if z >= 0 else 0 for s, n, z in zip(sums, noise, self.sums[i])]
        numbers = [z / 2 ** (WEIGHT + ACTIVITY if i else SUM) for z in self.sums[i]]
        slope = self.functions[i].derivative
        return [floor(s * slope(z) / 2**bits + rng.random()) for s, z in zip(sums, numbers)]


def same_numbers(packed: PackedNetwork, plain: Plain) -> bool:
    """Whether both hold the same weights, in either layout."""
    if first_weights(packed.first) != plain.first:
        return False
    later = [(rows, list(map(list, zip(*rows))), bias) for rows, bias in zip(plain.later, plain.biases)]
    return [later_weights(layer) for layer in packed.later] == later


def bounds_hold(packed: PackedNetwork, plain: Plain) -> bool:
    first = max(sum(map(abs, unit)) for unit in zip(*plain.first)) <= packed.first.bound
    later = [max(abs(w) for row in rows for w in row) for rows in plain.later]
    return first and all(size <= layer.bound for size, layer in zip(later, packed.later))


def steps_alike(start: Sequential, scale: int, rate: float, steps: int, loudness: int = 1) -> int:
    """Train both, step by step, towards targets of 1 and -1, and compare all numbers at every step. How many steps it
    was until the lanes said that they would overflow."""
    packed, plain = PackedNetwork(start, scale), Plain(start, scale)
    inputs, outputs = start.layers[0].options["in_features"], start.widths[-1]
    choose, draw, same_draw = Random(1), Random(2), Random(2)
    bits = BITS if packed.later else SUM - 2 * (scale.bit_length() - 1)
    try:
        packed.first.admit(scale * loudness)
    except TrainingError:
        return 0
    for step in range(steps):
        levels = [level * loudness for level in some_levels(choose, int(inputs), scale)]
        groups = groups_of(levels, scale)
        try:
            signals, y = packed.forward(groups, draw)
        except TrainingError:
            return step
        assert y == plain.forward(levels)
        gradient = [value - choose.choice([1.0, -1.0]) for value in y]
        deltas = [floor(rate * g * 2**bits + choose.random()) for g in gradient]
        if len(deltas) != outputs or not any(deltas):
            continue
        try:
            packed.learn(groups, signals, deltas, bits, draw)
        except TrainingError:
            return step
        plain.learn(levels, deltas, bits, same_draw)
        assert same_numbers(packed, plain)
        assert bounds_hold(packed, plain)
    return steps


@pytest.mark.parametrize("scale", [8, 256])
@pytest.mark.parametrize("sizes", [[5, 3], [5, 6, 3], [5, 6, 4, 3]], ids=str)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_training_in_lanes_is_training_in_plain_integers(function: str, sizes: list[int], scale: int) -> None:
    assert steps_alike(network(sizes, function, spread=0.5), scale, rate=0.01, steps=150) == 150


@pytest.mark.parametrize("rate", [1.0, 30.0, 1e3, 1e5, 1e8, 1e12, 1e30, 1e200])
@pytest.mark.parametrize("sizes", [[5, 3], [5, 6, 3], [5, 6, 4, 3]], ids=str)
@pytest.mark.parametrize("function", ["relu", "tanh", "identity"])
def test_at_absurd_rates_lanes_are_right_or_say_that_they_overflow(
    function: str, sizes: list[int], rate: float
) -> None:
    steps = steps_alike(network(sizes, function), SCALE, rate, steps=150)
    if rate > 1e8:
        assert steps < 150


@pytest.mark.parametrize("spread", [0.0, 1e-6, 100.0])
@pytest.mark.parametrize("rate", [1e-3, 1.0, 1e4, 1e9])
@pytest.mark.parametrize("sizes", [[5, 3], [5, 6, 3], [5, 6, 4, 3]], ids=str)
def test_with_absurd_weights_too(sizes: list[int], rate: float, spread: float) -> None:
    for function in "relu", "sigmoid", "identity":
        steps_alike(network(sizes, function, spread=spread), SCALE, rate, steps=50)


@pytest.mark.parametrize("loudness", [10, 200, 100_000])
@pytest.mark.parametrize("function", ["relu", "identity"])
def test_and_with_absurd_inputs(function: str, loudness: int) -> None:
    for spread in 0.0, 0.001, 0.1:
        net = network([5, 6, 3], function, spread=spread)
        linears(net)[0].bias = Matrix.zeros(1, 6)  # which would pass through all that is admitted
        steps_alike(net, SCALE, 0.1, steps=50, loudness=loudness)


# Forward: what the float network computes, apart from the rounding that is announced.


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("sizes", [[5, 3], [5, 6, 3], [5, 6, 4, 3]], ids=str)
def test_forward_is_exact_apart_from_rounded_activations(function: str, sizes: list[int]) -> None:
    net = network(sizes, function)
    packed = PackedNetwork(net, SCALE)
    packed.save(net)  # the weights as they are after rounding
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


# Backward: on average, the gradient that floats compute.


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("sizes", [[4, 3], [4, 5, 3], [4, 5, 4, 3]], ids=str)
def test_a_step_is_on_average_the_gradient(function: str, sizes: list[int]) -> None:
    net = network(sizes, function, spread=0.7)
    packed, rng, runs = PackedNetwork(net, SCALE), Random(5), 1000
    packed.save(net)
    start, levels = packed.state, [8, 0, -3, 5]
    bits = BITS if packed.later else SUM - 2 * (SCALE.bit_length() - 1)
    deltas = [300, -170, 44]
    dy = Matrix([[delta / 2**bits for delta in deltas]])
    expected = net.forward(Matrix([[level / SCALE for level in levels]]))[1].parameters(dy)
    before = [parameter.copy() for parameter in net.parameters]
    change = [Matrix.zeros(*parameter.shape) for parameter in before]
    for _ in range(runs):
        packed.restore(start)
        packed.learn(groups_of(levels), packed.forward(groups_of(levels))[0], deltas, bits, rng)
        packed.save(net)
        for total, was, now in zip(change, before, net.parameters):
            total.add_scaled(was - now, 1.0 / runs)
    # Rounding at random: a delta is off by up to a unit, of 2^-bits or, in the first layer, 2^-20 · scale²; over 1000
    # runs that is 1/60 of a unit, and 5 times as much is unheard of. Rounded activations: 2^-8 of what they multiply.
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


def test_units_that_were_dropped_do_not_learn() -> None:
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
        assert measured <= packed.first.bound


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
    packed, rng, runs, factor = PackedNetwork(net, SCALE), Random(9), 400, 0.75
    packed.save(net)
    start, before = packed.state, [parameter.copy() for parameter in net.parameters]
    mean = [Matrix.zeros(*parameter.shape) for parameter in before]
    for _ in range(runs):
        packed.restore(start)
        packed.shrink(factor, rng)
        rows, columns, _ = later_weights(packed.later[0])
        assert columns == list(map(list, zip(*rows)))
        packed.save(net)
        for total, now in zip(mean, net.parameters):
            total.add_scaled(now, 1.0 / runs)
    for average, was, unit in zip(mean, before, [SCALE / 2**SUM] * 2 + [2.0**-WEIGHT] * 2):
        for row, whole in zip(average, was):
            assert row == pytest.approx([w * factor for w in whole], abs=5 * unit / 2 / runs**0.5)


# States.


def test_a_state_is_gone_back_to_bit_for_bit() -> None:
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
    one.restore(one.average([one.state, two.state]))
    half_way = network([5, 6, 3], "relu")
    one.save(half_way)
    for p, q, mean in zip(a.parameters, b.parameters, half_way.parameters):
        for row, expected in zip(mean, (p + q) * 0.5):
            assert row == pytest.approx(expected, abs=2 * SCALE / 2**SUM)


# What it does not do.


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ([Activation("relu"), Linear(2, 2, Random(0))], "a Linear layer first and last"),
        ([Linear(2, 2, Random(0)), Activation("softmax")], "a Linear layer first and last"),
        ([Linear(2, 2, Random(0)), PReLU(2), Linear(2, 2, Random(0))], "no PReLU"),
        ([Linear(2, 2, Random(0)), Activation("gelu"), Linear(2, 2, Random(0))], "no Activation('gelu')"),
        ([Linear(2, 2, Random(0)), Activation("softmax"), Linear(2, 2, Random(0))], "no Activation('softmax')"),
        ([Linear(2, 2, Random(0)), Dropout(0.5), Linear(2, 2, Random(0))], "no Dropout(0.5) after Linear"),
        ([Linear(2, 2, Random(0)), Activation("leaky_relu(-3)"), Linear(2, 2, Random(0))], "a slope must be within"),
    ],
)
def test_what_is_not_supported_is_named(layers: list[Layer], reason: str) -> None:
    assert reason in unsupported(Sequential(*layers))


@pytest.mark.parametrize("function", [*FUNCTIONS, "leaky_relu(0.3)"])
@pytest.mark.parametrize("sizes", [[2, 3], [2, 3, 3], [2, 3, 3, 3, 3]], ids=str)
def test_any_depth_of_linear_layers_is_supported(sizes: list[int], function: str) -> None:
    assert unsupported(network(sizes, function)) == ""


def test_linear_layers_in_a_row_have_the_identity_between_them() -> None:
    bare = Sequential(*linears(network([5, 6, 3], "relu")))
    spelled = Sequential(bare.layers[0], Activation(identity), bare.layers[1])
    groups = groups_of([1, 2, 3, 4, 5])
    expected = PackedNetwork(spelled, SCALE).forward(groups)[1]
    assert unsupported(bare) == ""
    assert PackedNetwork(bare, SCALE).forward(groups)[1] == expected
