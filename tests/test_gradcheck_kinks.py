"""The gradient check near kinks: what cannot be measured is not judged, and nothing else is excused for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import pytest

from purenn.activations import Elementwise, heaviside, relu
from purenn.gradcheck import STEP, Check, check_layer, check_loss, check_network
from purenn.layers import Activation, PReLU
from purenn.losses import MeanAbsoluteError, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential


def places(check: Check) -> list[str]:
    return [slope.place for slope in check.kinks]


def check_function(f: Callable[[float], float], derivative: Callable[[float], float], *numbers: float) -> Check:
    return check_layer(Activation(Elementwise("f", f, derivative)), [list(numbers)])


@pytest.mark.parametrize("distance", [0.0, 0.1, 1 / 3, 0.5, 2 / 3, 0.9, 0.999])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_kink_within_a_step_is_listed_and_not_judged(distance: float, side: float) -> None:
    near = side * distance * STEP
    check = check_layer(Activation("relu"), [[1.0, near], [-2.0, 3.0]])
    assert check.passed
    assert places(check) == ["input[0, 1]"]
    assert check.compared == 4
    assert check.worst not in check.kinks


@pytest.mark.parametrize("distance", [1.5, 2.0, 3.0, 4.0, 5.0, 10.0])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_kink_further_off_excuses_nothing(distance: float, side: float) -> None:
    x = [[side * distance * STEP]]
    assert check_layer(Activation("relu"), x).passed
    assert places(check_layer(Activation("relu"), x)) == []
    wrong = Elementwise("wrong", relu.function, lambda z: 1.01 if z > 0.0 else 0.01)
    assert not check_layer(Activation(wrong), x).passed


def test_a_wrong_derivative_elsewhere_is_found_beside_a_kink() -> None:
    wrong = Elementwise("wrong", relu.function, lambda z: 2.0 if z > 2.5 else 1.0 if z > 0.0 else 0.0)
    check = check_layer(Activation(wrong), [[1.0, 0.0, 3.0]])
    assert not check.passed
    assert check.verdict == "WRONG"
    assert check.worst.place == "input[0, 2]"
    assert places(check) == ["input[0, 1]"]


def test_a_check_of_kinks_alone_has_not_passed() -> None:
    check = check_layer(Activation("relu"), [[0.0, 0.0]])
    assert len(check.kinks) == check.compared == 2
    assert not check.passed
    assert check.verdict == "not judged"
    # nor has it where the code and the average of the two slopes are both 0
    assert not check_loss(MeanAbsoluteError(), [[1.0]], [[1.0]]).passed


def test_a_kink_is_not_judged_even_where_the_code_says_the_average() -> None:
    average = Elementwise("average", relu.function, lambda z: 0.5 if z == 0.0 else float(z > 0.0))
    assert places(check_layer(Activation(average), [[0.0, 1.0]])) == ["input[0, 0]"]


def test_a_jump_is_not_judged_either() -> None:
    assert places(check_layer(Activation(heaviside), [[0.0, 1.0]])) == ["input[0, 0]"]


def test_kinks_of_losses_parameters_and_networks() -> None:
    loss = check_loss(MeanAbsoluteError(), [[1.0, 2.0, 3.0]], [[1.0, 5.0, 3.0]])
    assert (places(loss), loss.passed) == (["output[0, 0]", "output[0, 2]"], True)
    # y = max(z, 0) + a min(z, 0) is smooth in a, even at z = 0
    assert places(check_layer(PReLU(2), [[0.0, 1.0], [-1.0, 2.0]])) == ["input[0, 0]"]
    # |y - t| = |a z - t| has a kink where a z = t: 0.25 · -4 = -1
    network = check_network(Sequential(PReLU(2)), MeanAbsoluteError(), [[-4.0, -4.0]], [[-1.0, -3.0]])
    assert (places(network), network.passed) == (["0.weight[0, 0]"], True)


def test_a_small_kink_that_changes_nothing_is_none() -> None:
    # slopes 1 and 1 + 1e-9: their average is within tolerance of either
    check = check_function(lambda z: z + 1e-9 * max(z, 0.0), lambda z: 1.0, 0.0)
    assert check.passed
    assert not check.kinks


@pytest.mark.parametrize(
    ("f", "derivative", "x"),
    [
        (lambda z: math.sin(1000.0 * z), lambda z: 1000.0 * math.cos(1000.0 * z), 0.3),
        (lambda z: math.exp(20.0 * z), lambda z: 20.0 * math.exp(20.0 * z), 1.0),
        (lambda z: 1e6 * z * z, lambda z: 2e6 * z, 0.01),
        (lambda z: z * z, lambda z: 2.0 * z, 0.0),
        (lambda z: z**4, lambda z: 4.0 * z**3, 1e-4),
        (math.sqrt, lambda z: 0.5 / math.sqrt(z), 0.02),
        (lambda z: math.log1p(math.exp(300.0 * z)), lambda z: 300.0 / (1.0 + math.exp(-300.0 * z)), 0.0),
        (lambda z: 1e-3 * math.tanh(1000.0 * z), lambda z: 1.0 - math.tanh(1000.0 * z) ** 2, 5e-4),
    ],
    ids=["sine of 1000 z", "steep", "square", "its foot", "fourth power", "root", "sharp softplus", "sharp tanh"],
)
def test_strong_curvature_is_no_kink_and_excuses_no_mistake(
    f: Callable[[float], float], derivative: Callable[[float], float], x: float
) -> None:
    wrong = check_function(f, lambda z: 1.001 * derivative(z) + 1e-5, x)
    assert not wrong.kinks
    assert wrong.verdict == "WRONG"
    right = check_function(f, derivative, x)
    assert not right.kinks
    assert right.worst.relative_error < 2e-5  # central differences are off by h² / 6 times the third derivative


def test_random_kinks_among_random_curves() -> None:
    rng, excused, far = Random(0), 0, 0
    for _ in range(3000):
        x, jump, curve = rng.uniform(-3, 3), 10 ** rng.uniform(-2, 2) * rng.choice((-1, 1)), rng.gauss(0, 3)
        there = x + rng.uniform(-4, 4) * STEP

        def f(z: float, at: float = there, jump: float = jump, curve: float = curve) -> float:
            return jump * max(z - at, 0.0) + curve * math.sin(z)

        def derivative(z: float, at: float = there, jump: float = jump, curve: float = curve) -> float:
            return jump * (z > at) + curve * math.cos(z)

        check = check_function(f, derivative, x)
        assert check.passed or check.kinks, (x, jump, curve)
        if abs(there - x) < 0.99 * STEP:
            assert check.kinks, (x, there, jump, curve)
        if abs(there - x) > 1.3 * STEP:
            far += 1
            excused += bool(check.kinks)
    assert far > 1000
    assert excused < 0.01 * far  # where a curve happens to undo, 4 steps away, what a kink does there


def test_the_second_look_is_taken_only_where_slopes_bend() -> None:
    calls: list[float] = []

    def counted(z: float) -> float:
        calls.append(z)
        return 3.0 * z

    check_function(counted, lambda z: 3.0, 2.0)
    assert len(calls) == 4  # forward for its way back, f(x), and a step to either side


def test_a_network_far_from_kinks_has_none() -> None:
    x = Matrix([[1.0, -2.0], [-0.5, 3.0]])
    assert not check_network(Sequential(PReLU(2)), MeanSquaredError(), x, x * 0.3).kinks
