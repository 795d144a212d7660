"""The lanes network on plain lists: its worked step, and training equal to that of PackedNetwork to the last bit."""

from __future__ import annotations

import re
from fractions import Fraction
from math import exp, floor
from pathlib import Path
from random import Random

import pytest

from purenn.activations import Elementwise
from purenn.engine import Job
from purenn.errors import TrainingError
from purenn.lanes import plain as plain_module
from purenn.lanes.engine import LanesEngine, resolution
from purenn.lanes.layers import POINTS
from purenn.lanes.network import PackedNetwork
from purenn.lanes.plain import ACTIVITY, LATER_SUM, SUM, WEIGHT, PlainNetwork, first_delta
from purenn.layers import Activation, Linear
from purenn.losses import CrossEntropy
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.samples import Images, Labels, Samples
from purenn.schedules import constant
from tests.lanes.helpers import (
    BITS,
    FUNCTIONS,
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

# A function from outside the package.
SOFTSIGN = Elementwise("softsign", lambda z: z / (1.0 + abs(z)), lambda z: (1.0 + abs(z)) ** -2, steepest=1.0)


# The worked step that opens purenn/lanes/plain.py and docs/lanes.md.


def example() -> Sequential:
    """Return its network."""
    first, last = Linear(3, 2, Random(0)), Linear(2, 2, Random(0))
    first.weight, first.bias = Matrix([[-1 / 4, 1 / 2], [1 / 2, 1 / 4], [1 / 8, -1 / 2]]), Matrix([[1 / 8, 1 / 8]])
    last.weight, last.bias = Matrix([[3 / 4, -1 / 4], [1 / 2, 1.0]]), Matrix([[0.0, 1 / 2]])
    return Sequential(first, Activation("relu"), last)


LEVELS, DELTAS = [0, 4, 8], [-32, 32]
WEIGHTS = SUM - 3  # the unit of the first layer's weights is 8 · 2^-SUM


def computed() -> list[tuple[int, Fraction]]:
    """Compute the step in lanes. Return its integers, with the numbers they represent, in the order of the text."""
    packed, shown = PackedNetwork(example(), SCALE), list[tuple[int, int]]()
    later, groups = packed.later[0], groups_of(LEVELS)
    for level, row in zip([*LEVELS, SCALE], first_weights(packed.first)):
        shown += [(level, 3), *((w, WEIGHTS) for w in row)]
    z = packed.first.layout.unpack(packed.first.forward(groups))
    (signal,), outputs = packed.forward(groups)
    shown += [*((value, SUM) for value in z), (signal.activities[0], ACTIVITY)]
    for activity, row in zip(signal.activities, later_weights(later)):
        shown += [(activity, ACTIVITY), *((w, WEIGHT) for w in row)]
    shown += [(b, LATER_SUM) for b in later_bias(later)]
    shown += [(round(y * 2**LATER_SUM), LATER_SUM) for y in outputs]
    shown += [(delta, BITS) for delta in DELTAS]
    sums = later.backward(DELTAS)[0]
    shown += [(s, BITS + WEIGHT) for s in later.inputs.unpack(sums)]
    bits = first_delta(SCALE)
    shown.append((later.inputs.unpack(signal.backward(sums, BITS + WEIGHT - bits, Random(0)))[0], bits))
    packed.learn(groups, [signal], DELTAS, BITS, Random(0))
    shown += [*((w, WEIGHT) for w in later_weights(later)[0]), *((b, LATER_SUM) for b in later_bias(later))]
    shown += [(row[0], WEIGHTS) for row in first_weights(packed.first)[1:]]
    return [(integer, Fraction(integer, 2**point)) for integer, point in shown]


def worked_step(name: str) -> str:
    """Return the text of the step, in the module or the page of this name."""
    page = Path(__file__).parents[2] / "docs" / "lanes.md"
    text = plain_module.__doc__ or "" if name == "plain" else page.read_text(encoding="utf-8")
    return text[text.index("One training step") : text.index("In general")]


both_texts = pytest.mark.parametrize("name", ["plain", "docs"])


@both_texts
def test_the_integers_of_the_worked_step_are_those_of_the_lanes(name: str) -> None:
    shown = re.findall(r"(-?\d+)  \((-?[\d/]+)\)", worked_step(name))
    assert [(int(integer), Fraction(number)) for integer, number in shown] == computed()


@both_texts
def test_the_equations_of_the_worked_step_hold(name: str) -> None:
    equations = re.findall(r"^    (.*) = (-?\d+)  \(", worked_step(name), re.MULTILINE)
    assert len(equations) == 15
    for left, right in equations:
        assert eval(left.replace("·", "*").replace("^", "**")) == int(right)


@both_texts
def test_the_engine_takes_the_worked_step(name: str) -> None:
    picture = Samples(Images(bytes([0, 128, 255]), height=1, width=3), Labels([0], classes=2))
    engine = LanesEngine(Job(example(), picture, CrossEntropy(), scale=SCALE))
    engine.train(0, constant(1 / 16), lambda done, total: None)
    plain = PlainNetwork(example(), SCALE)
    plain.learn(LEVELS, plain.forward(LEVELS)[0], DELTAS, BITS, Random(0))
    assert resolution(1 / 16) == BITS
    assert same_weights(engine.packed, plain)
    y = plain.forward(LEVELS)[1]
    assert f"a probability of {exp(y[0]) / (exp(y[0]) + exp(y[1])):.3f}" in worked_step(name)


# Step by step, the same integers in lists and in lanes.


def same_weights(packed: PackedNetwork, plain: PlainNetwork) -> bool:
    """Return True if both have the same weights, in rows and columns, and the same biases."""
    if first_weights(packed.first) != plain.first:
        return False
    rows = [later_weights(layer) for layer in packed.later]
    columns = [later_weights_of_columns(layer) for layer in packed.later]
    return rows == columns == plain.later and [later_bias(layer) for layer in packed.later] == plain.biases


def bounds_hold(packed: PackedNetwork, plain: PlainNetwork) -> bool:
    first = all(sum(map(abs, unit)) <= bound for unit, bound in zip(zip(*plain.first), first_bounds(packed.first)))
    later = [max(abs(w) for row in rows for w in row) for rows in plain.later]
    return first and all(size <= layer.bound for size, layer in zip(later, packed.later))


def steps_alike(
    start: Sequential,
    scale: int,
    rate: float,
    steps: int,
    loudness: int = 1,
    width: int = 32,
    widens: bool = False,
) -> int:
    """Train both towards targets of 1 and -1, and compare all numbers after every step.

    width: of the lanes of the first layer at first. It becomes 32 in the middle if the network `widens`.
    Return the number of steps until a TrainingError said that lanes would overflow.
    """
    packed, plain = PackedNetwork(start, scale, width), PlainNetwork(start, scale, POINTS[width])
    inputs, outputs = start.layers[0].options["in_features"], start.widths[-1]
    choose, draw, same_draw = Random(1), Random(2), Random(2)
    bits = BITS if packed.later else packed.first.delta_bits
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
        hidden, plain_y = plain.forward(levels, same_draw)
        assert y == plain_y
        gradient = [value - choose.choice([1.0, -1.0]) for value in y]
        deltas = [floor(rate * g * 2**bits + choose.random()) for g in gradient]
        if len(deltas) != outputs or not any(deltas):
            continue
        try:
            packed.learn(groups, signals, deltas, bits, draw)
        except TrainingError:
            return step
        plain.learn(levels, hidden, deltas, bits, same_draw)
        if packed.first.point != plain.point:
            assert step > 0
            plain.widen()
        assert same_weights(packed, plain)
        assert bounds_hold(packed, plain)
    assert widens == (plain.point != POINTS[width])
    return steps


@pytest.mark.parametrize("scale", [8, 256])
@pytest.mark.parametrize("sizes", [[5, 3], [5, 6, 3], [5, 6, 4, 3]], ids=str)
@pytest.mark.parametrize("function", [*FUNCTIONS, "heaviside", SOFTSIGN])
def test_training_in_lanes_is_training_in_plain_integers(
    function: str | Elementwise, sizes: list[int], scale: int
) -> None:
    assert steps_alike(network(sizes, function, spread=0.5), scale, rate=0.01, steps=150) == 150


@pytest.mark.parametrize("dropout", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("sizes", [[5, 6, 3], [5, 6, 4, 3]], ids=str)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_with_dropout_too(function: str, sizes: list[int], dropout: float) -> None:
    start, rate = network(sizes, function, spread=0.5, dropout=dropout), 0.01 * (1.0 - dropout)
    assert steps_alike(start, SCALE, rate, steps=150) == 150


@pytest.mark.parametrize("sizes", [[5, 64, 3], [5, 64, 4, 3]], ids=str)
def test_in_narrow_lanes_too(sizes: list[int]) -> None:
    assert steps_alike(network(sizes, "relu", spread=0.5), SCALE, rate=0.01, steps=150, width=24) == 150


def test_when_narrow_lanes_are_widened_in_the_middle_of_training_too() -> None:
    start = network([5, 64, 3], "relu", spread=0.5)
    first = linears(start)[0]
    for row, weight in zip([*first.weight.data, first.bias.data[0]], [65.99, 0.0, 0.0, 0.0, 0.0, -62.0]):
        row[0] = weight  # Σ |w| is 127.99, with a limit of 128, yet the activity is small: only input 0 at 1 wakes it
    assert PackedNetwork(start, SCALE, width=24).first.width == 24
    assert steps_alike(start, SCALE, rate=0.02, steps=400, width=24, widens=True) == 400


@pytest.mark.parametrize(("delta", "width"), [(10, 24), (100, 32), (400, 32), (-400, 32)])
def test_a_step_too_large_for_narrow_lanes_is_made_in_wide_ones(delta: int, width: int) -> None:
    start = network([2, 64, 1], "relu", spread=0.0)
    first, last = linears(start)
    # sums below 2^-8 have no activity, and those above 0 a slope
    first.bias = first.bias.map(lambda b: 1e-4 if b > 0.0 else -1e-4)
    last.weight = last.weight.map(lambda _: 1.0)
    packed, plain = PackedNetwork(start, SCALE, width=24), PlainNetwork(start, SCALE, POINTS[24])
    levels, groups = [8, 8], groups_of([8, 8])
    packed.learn(groups, packed.forward(groups)[0], [delta], 0, Random(1))
    plain.learn(levels, plain.forward(levels)[0], [delta], 0, Random(1))
    assert packed.first.width == width
    if width == 32:
        plain.widen()
    assert same_weights(packed, plain)
    assert bounds_hold(packed, plain)
    assert 0 < sum(row != 0 for row in plain.first[0]) < 64


def test_dropout_is_for_training_only() -> None:
    plain = PlainNetwork(network([5, 20, 3], "tanh", dropout=0.5), SCALE)
    kept = plain.forward([1, 2, 3, 4, 5])[0][0]
    dropped = plain.forward([1, 2, 3, 4, 5], Random(1))[0][0]
    assert set(kept.factors) == {1.0}
    assert set(dropped.factors) == {0.0, 2.0}
    assert dropped.activities.count(0) > kept.activities.count(0) == 0


def test_linear_layers_in_a_row_have_the_identity_between_them() -> None:
    assert steps_alike(Sequential(*linears(network([5, 6, 4, 3], "relu", spread=0.5))), SCALE, 0.01, steps=150) == 150


@pytest.mark.parametrize("rate", [1.0, 30.0, 1e3, 1e5, 1e8, 1e12, 1e30, 1e200])
@pytest.mark.parametrize("sizes", [[5, 3], [5, 6, 3], [5, 6, 4, 3]], ids=str)
@pytest.mark.parametrize("function", ["relu", "tanh", "identity", "softplus"])
def test_at_absurd_rates_lanes_are_right_or_say_that_they_overflow(
    function: str, sizes: list[int], rate: float
) -> None:
    steps = steps_alike(network(sizes, function), SCALE, rate, steps=150)
    if rate > 1e8:
        assert steps < 150


@pytest.mark.parametrize("spread", [0.0, 1e-6, 100.0])
@pytest.mark.parametrize("rate", [1e-3, 1.0, 1e4, 1e9])
@pytest.mark.parametrize("sizes", [[5, 3], [5, 6, 3], [5, 6, 4, 3]], ids=str)
def test_with_absurd_weights_lanes_are_right_or_say_that_they_overflow(
    sizes: list[int], rate: float, spread: float
) -> None:
    for function in "relu", "sigmoid", "identity":
        steps = steps_alike(network(sizes, function, spread=spread), SCALE, rate, steps=50)
        if rate < 1.0 and spread < 1.0:
            assert steps == 50
        if rate > 1.0:
            assert steps == 0


@pytest.mark.parametrize("loudness", [10, 200, 100_000])
@pytest.mark.parametrize("function", ["relu", "identity"])
def test_with_absurd_inputs_lanes_are_right_or_say_that_they_overflow(function: str, loudness: int) -> None:
    for spread in 0.0, 0.001, 0.1:
        net = network([5, 6, 3], function, spread=spread)
        linears(net)[0].bias = Matrix.zeros(1, 6)  # which would pass through all that is admitted
        steps = steps_alike(net, SCALE, 0.1, steps=50, loudness=loudness)
        if spread == 0.0:
            assert steps == 50
        elif loudness == 100_000:
            assert steps == 0
