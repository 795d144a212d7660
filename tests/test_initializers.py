"""The random beginnings: their spread is tested by its number, since a test of the type would pass for any spread."""

from __future__ import annotations

import math
from random import Random
from statistics import mean, stdev

import pytest

from purenn import initializers
from purenn.errors import ShapeError
from purenn.initializers import INITIALIZERS, Initializer, initializer_for
from purenn.matrix import Matrix

# 150 units with 50 inputs: wide enough apart that a mix-up of fan_in and fan_out shows in every figure but Glorot's,
# which take both alike
FAN_IN, FAN_OUT = 50, 150

NORMAL = [
    (initializers.glorot_normal, 0.1),  # √(2 / (50 + 150)) = √0.01
    (initializers.he_normal, 0.2),  # √(2 / 50) = √0.04
    (initializers.lecun_normal, 0.1414213562),  # √(1 / 50) = √0.02
]
UNIFORM = [
    (initializers.glorot_uniform, 0.1732050808),  # √(6 / (50 + 150)) = √0.03
    (initializers.he_uniform, 0.3464101615),  # √(6 / 50) = √0.12
]


def weights(initializer: Initializer, seed: int = 0) -> list[float]:
    return [weight for row in initializer(FAN_IN, FAN_OUT, Random(seed)) for weight in row]


@pytest.mark.parametrize(("initializer", "sigma"), NORMAL)
def test_normal_weights_have_the_stated_spread(initializer: Initializer, sigma: float) -> None:
    drawn = weights(initializer)
    assert stdev(drawn) == pytest.approx(sigma, rel=0.05)
    assert abs(mean(drawn)) < 4 * sigma / math.sqrt(len(drawn))


@pytest.mark.parametrize(("initializer", "sigma"), NORMAL)
def test_normal_weights_are_bell_shaped(initializer: Initializer, sigma: float) -> None:
    drawn = weights(initializer)
    # of a normal distribution 68.3 % lie within one σ and 95.4 % within two; of a uniform one 57.7 % and all
    assert sum(abs(w) < sigma for w in drawn) / len(drawn) == pytest.approx(0.683, abs=0.02)
    assert sum(abs(w) < 2 * sigma for w in drawn) / len(drawn) == pytest.approx(0.954, abs=0.01)


@pytest.mark.parametrize(("initializer", "limit"), UNIFORM)
def test_uniform_weights_fill_their_limits_and_keep_them(initializer: Initializer, limit: float) -> None:
    drawn = weights(initializer)
    assert max(map(abs, drawn)) <= limit * (1 + 1e-9)
    assert min(drawn) == pytest.approx(-limit, rel=0.01)
    assert max(drawn) == pytest.approx(limit, rel=0.01)
    # a uniform distribution of half-width a has σ = a / √3
    assert stdev(drawn) == pytest.approx(limit / math.sqrt(3.0), rel=0.05)
    assert abs(mean(drawn)) < 4 * limit / math.sqrt(3.0 * len(drawn))


@pytest.mark.parametrize(
    ("uniform", "normal"),
    [
        (initializers.glorot_uniform, initializers.glorot_normal),
        (initializers.he_uniform, initializers.he_normal),
    ],
)
def test_the_two_shapes_of_a_rule_have_one_spread(uniform: Initializer, normal: Initializer) -> None:
    assert stdev(weights(uniform)) == pytest.approx(stdev(weights(normal)), rel=0.05)


@pytest.mark.parametrize("initializer", INITIALIZERS.values(), ids=INITIALIZERS)
def test_a_row_for_each_input_and_a_column_for_each_unit(initializer: Initializer) -> None:
    fan_in, fan_out = 3, 5
    assert initializer(fan_in, fan_out, Random(0)).shape == (fan_in, fan_out)


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name != "zeros"])
def test_same_seed_same_weights(name: str) -> None:
    initializer = INITIALIZERS[name]
    assert initializer(4, 3, Random(7)) == initializer(4, 3, Random(7))
    assert initializer(4, 3, Random(7)) != initializer(4, 3, Random(8))


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name != "zeros"])
def test_no_two_units_begin_alike(name: str) -> None:
    columns = list(zip(*INITIALIZERS[name](3, 10, Random(0))))
    assert len(set(columns)) == 10


def test_zeros_are_zeros_and_draw_nothing() -> None:
    rng = Random(0)
    assert initializers.zeros(2, 3, rng) == Matrix.zeros(2, 3)
    assert rng.random() == Random(0).random()


def test_zeros_of_no_size_are_refused() -> None:
    with pytest.raises(ShapeError, match="0 x 3"):
        initializers.zeros(0, 3, Random(0))


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("relu", initializers.he_normal),
        ("leaky_relu", initializers.he_normal),
        ("leaky_relu(0.2)", initializers.he_normal),
        ("elu(1.0)", initializers.he_normal),
        ("gelu", initializers.he_normal),
        ("swish", initializers.he_normal),
        ("softplus", initializers.he_normal),
        ("tanh", initializers.glorot_uniform),
        ("sigmoid", initializers.glorot_uniform),
        ("identity", initializers.lecun_normal),
        ("softmax", initializers.lecun_normal),
        ("log_softmax", initializers.lecun_normal),
    ],
)
def test_each_activation_has_its_usual_beginning(activation: str, expected: Initializer) -> None:
    assert initializer_for(activation) is expected


def test_the_signal_keeps_its_power_through_ten_layers_of_relu() -> None:
    # He's rule: E[relu(x W)²] = E[x²]. A σ taken for a variance would fade it by 10^-10 and more.
    rng = Random(5)
    x = Matrix.from_function(20, 64, lambda i, j: rng.gauss(0.0, 1.0))
    power = mean(value * value for row in x for value in row)
    for _ in range(10):
        x = (x @ initializers.he_normal(64, 64, rng)).map(lambda z: max(z, 0.0))
    assert power / 10 < mean(value * value for row in x for value in row) < power * 10
