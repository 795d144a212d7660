"""Initializers: the spread is tested by its number, since a test of the type would pass for any spread."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from random import Random
from statistics import mean, stdev

import pytest

from purenn import initializers
from purenn.activations import ACTIVATIONS, AnyActivation, Elementwise, Rowwise, activation
from purenn.errors import ShapeError
from purenn.initializers import INITIALIZERS, Initializer, gain, initializer_for
from purenn.layers import activation_names, initial_activation
from purenn.matrix import Matrix

# 150 units with 50 inputs: wide enough apart that a mix-up of fan_in and fan_out shows in every figure but Glorot's,
# which take both alike
FAN_IN, FAN_OUT = 50, 150

NORMAL = [
    (initializers.glorot_normal, 0.1),  # √(2 / (50 + 150)) = √0.01
    (initializers.he_normal, 0.2),  # √(2 / 50) = √0.04
    (initializers.lecun_normal, 0.1414213562),  # √(1 / 50) = √0.02
    (partial(initializers.glorot_normal, gain=3.0), 0.3),  # 3 · 0.1
    (partial(initializers.lecun_normal, gain=0.5), 0.0707106781),  # half of 0.1414213562
    (partial(initializers.he_normal, slope=0.5), 0.1788854382),  # √(2 / (1.25 · 50)) = √0.032
    (partial(initializers.he_normal, slope=-3.0), 0.0632455532),  # √(2 / (10 · 50)) = √0.004
]
UNIFORM = [
    (initializers.glorot_uniform, 0.1732050808),  # √(6 / (50 + 150)) = √0.03
    (initializers.he_uniform, 0.3464101615),  # √(6 / 50) = √0.12
    (initializers.lecun_uniform, 0.2449489743),  # √(3 / 50) = √0.06
    (partial(initializers.glorot_uniform, gain=3.0), 0.5196152423),  # 3 · 0.1732050808
    (partial(initializers.lecun_uniform, gain=0.5), 0.1224744871),  # half of 0.2449489743
    (partial(initializers.he_uniform, slope=0.5), 0.3098386677),  # √(6 / (1.25 · 50)) = √0.096
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
    assert sum(abs(w) < limit / 2 for w in drawn) / len(drawn) == pytest.approx(0.5, abs=0.02)
    # a uniform distribution of half-width a has σ = a / √3
    assert stdev(drawn) == pytest.approx(limit / math.sqrt(3.0), rel=0.05)
    assert abs(mean(drawn)) < 4 * limit / math.sqrt(3.0 * len(drawn))


@pytest.mark.parametrize(
    ("uniform", "normal"),
    [
        (initializers.glorot_uniform, initializers.glorot_normal),
        (initializers.he_uniform, initializers.he_normal),
        (initializers.lecun_uniform, initializers.lecun_normal),
    ],
)
def test_the_two_shapes_of_a_rule_have_one_spread(uniform: Initializer, normal: Initializer) -> None:
    assert stdev(weights(uniform)) == pytest.approx(stdev(weights(normal)), rel=0.05)


def test_each_initializer_is_found_under_its_name() -> None:
    for name in INITIALIZERS:
        assert INITIALIZERS[name] is getattr(initializers, name)


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


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name != "zeros"])
@pytest.mark.parametrize("sizes", [(0, 3), (3, 0), (-3, 3)])
def test_weights_of_no_size_are_refused(name: str, sizes: tuple[int, int]) -> None:
    with pytest.raises(ShapeError, match=f"at least one input and one unit, got {sizes[0]} x {sizes[1]}"):
        INITIALIZERS[name](*sizes, Random(0))


@pytest.mark.parametrize("bad", [0.0, -1.0, math.inf, math.nan])
@pytest.mark.parametrize(
    "initializer",
    [
        initializers.glorot_uniform,
        initializers.glorot_normal,
        initializers.lecun_uniform,
        initializers.lecun_normal,
    ],
)
def test_a_gain_that_is_none_is_refused(initializer: Callable[..., Matrix], bad: float) -> None:
    with pytest.raises(ValueError, match=f"gain must be a finite number above 0, got {bad}"):
        initializer(2, 3, Random(0), gain=bad)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
@pytest.mark.parametrize("initializer", [initializers.he_uniform, initializers.he_normal])
def test_a_slope_that_is_none_is_refused(initializer: Callable[..., Matrix], bad: float) -> None:
    with pytest.raises(ValueError, match=f"slope must be a finite number, got {bad}"):
        initializer(2, 3, Random(0), slope=bad)


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("identity", 1.0),
        ("heaviside", 1.0),
        ("sigmoid", 1.0),
        ("softmax", 1.0),
        ("log_softmax", 1.0),
        ("tanh", 1.6666666667),
        ("relu", 1.4142135624),
        ("leaky_relu", 1.4141428570),  # √(2 / 1.0001)
        ("leaky_relu(0.2)", 1.3867504906),  # √(2 / 1.04)
        ("leaky_relu(-1)", 1.0),  # √(2 / 2): it mirrors, and nothing is lost
        ("leaky_relu(0.25)", 1.3719886811),  # √(2 / 1.0625)
        ("elu", 1.4142135624),
        ("elu(0.5)", 1.4142135624),
        ("gelu", 1.4142135624),
        ("gelu_tanh", 1.4142135624),
        ("swish", 1.4142135624),
        ("silu", 1.4142135624),
        ("softplus", 1.4142135624),
    ],
)
def test_each_activation_has_its_gain(activation: str, expected: float) -> None:
    assert gain(activation) == pytest.approx(expected, rel=1e-9)


USUAL: dict[str, Initializer] = {
    "relu": initializers.he_normal,
    "leaky_relu": partial(initializers.he_normal, slope=0.01),
    "leaky_relu(0.2)": partial(initializers.he_normal, slope=0.2),
    "prelu": partial(initializers.he_normal, slope=0.25),
    "elu": initializers.he_normal,
    "elu(0.5)": initializers.he_normal,
    "gelu": initializers.he_normal,
    "gelu_tanh": initializers.he_normal,
    "swish": initializers.he_normal,
    "silu": initializers.he_normal,
    "softplus": initializers.he_normal,
    "tanh": initializers.glorot_uniform,
    "sigmoid": initializers.glorot_uniform,
    "heaviside": initializers.glorot_uniform,
    "identity": initializers.lecun_normal,
    "softmax": initializers.lecun_normal,
    "log_softmax": initializers.lecun_normal,
}


@pytest.mark.parametrize("name", USUAL)
def test_each_activation_has_its_usual_initializer(name: str) -> None:
    function = initial_activation(name)  # of prelu, the leaky ReLU that it is before training
    assert initializer_for(function)(5, 7, Random(3)) == USUAL[name](5, 7, Random(3))


@pytest.mark.parametrize("name", activation_names())
def test_the_usual_initializer_of_every_activation_draws_units_that_differ(name: str) -> None:
    drawn = initializer_for(initial_activation(name))(5, 7, Random(3))
    assert drawn.shape == (5, 7)
    assert all(math.isfinite(weight) for row in drawn for weight in row)
    assert len({*zip(*drawn)}) > 1  # a column is a unit; equal units would stay equal forever


@pytest.mark.parametrize("name", ["rule", "relu(1)", "leaky_relu(", "leaky_relu(nan)", "prelu", ""])
def test_the_gain_of_an_unknown_activation_is_refused_with_a_list(name: str) -> None:
    said = f"no activation is called {name!r}; there are: {', '.join(ACTIVATIONS)}"
    with pytest.raises(ValueError, match=f"^{re.escape(said)}(; did you mean (leaky_)?relu\\?)?$"):
        gain(name)


@pytest.mark.parametrize("function", [Elementwise("f", math.sin, math.cos), Rowwise("g", list, lambda z, dy: list(dy))])
def test_a_custom_activation_has_a_usual_initializer_too(function: AnyActivation) -> None:
    expected = initializers.glorot_uniform if isinstance(function, Elementwise) else initializers.lecun_normal
    assert initializer_for(function)(5, 7, Random(3)) == expected(5, 7, Random(3))


def test_an_activation_names_its_initializer_and_the_slope_that_goes_into_it() -> None:
    bent = Elementwise("f", math.sin, math.cos, initializer="he_normal", slope_below=0.5)
    assert initializer_for(bent)(5, 7, Random(3)) == initializers.he_normal(5, 7, Random(3), slope=0.5)
    with pytest.raises(ValueError, match=r"^no initializer is called 'he_nomal'; there are: .*he_normal"):
        initializer_for(Elementwise("f", math.sin, math.cos, initializer="he_nomal"))


def power_by_theory(f: Callable[[float], float], factor: float) -> float:
    """E[x²] after ten layers of endless width fed with E[x²] = 1, where weights have the variance factor² / fan_in.

    A sum of many terms is normal with variance q = factor² E[x²], so the next E[x²] is the integral of f(√q t)² times
    the normal density of t.
    """
    grid = [i / 50 for i in range(-400, 401)]
    density = [math.exp(-t * t / 2) / math.sqrt(2 * math.pi) / 50 for t in grid]
    power = 1.0
    for _ in range(10):
        spread = factor * math.sqrt(power)
        power = sum(p * f(spread * t) ** 2 for t, p in zip(grid, density))
    return power


@pytest.mark.parametrize(
    ("name", "factor", "expected"),
    [
        # Whose rule is exact for them keep their power. The others are near enough after ten layers: ELU and softplus
        # gain a little in each, GELU and swish lose a little, for they pass on less than ReLU where z is small; and the
        # sigmoid's outputs are all near 1/2, whatever goes in.
        ("relu", 1.41421, 1.0),
        ("leaky_relu(0.2)", 1.38675, 1.0),
        ("leaky_relu(0.25)", 1.37199, 1.0),  # prelu as it begins
        ("leaky_relu(0.9)", 1.05118, 1.0),
        ("identity", 1.0, 1.0),
        ("elu(1.0)", 1.41421, 3.546),
        ("elu(0.5)", 1.41421, 1.543),
        ("softplus", 1.41421, 4.159),
        ("gelu", 1.41421, 0.2472),
        ("gelu_tanh", 1.41421, 0.2472),
        ("swish", 1.41421, 0.0113),
        ("tanh", 1.0, 0.0522),
        ("sigmoid", 1.0, 0.2647),
    ],
)
def test_the_signal_keeps_its_power_through_ten_layers(name: str, factor: float, expected: float) -> None:
    # a σ taken for a variance would change it by 10^-20, a gain of √2 left out by 2^-10
    f, rng = activation(name), Random(5)
    assert isinstance(f, Elementwise)
    assert power_by_theory(f, factor) == pytest.approx(expected, rel=0.01)
    x = Matrix.from_function(10, 100, lambda i, j: rng.gauss(0.0, 1.0))
    for _ in range(10):
        x = (x @ initializer_for(f)(100, 100, rng)).map(f)
    assert expected / 3 < mean(value * value for row in x for value in row) < expected * 3
