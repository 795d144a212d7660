"""Gradient descent: its rules by hand, the options it refuses, and where it gets to."""

from __future__ import annotations

import math

import pytest

from purenn.errors import ShapeError
from purenn.matrix import Matrix
from purenn.optimizers import SGD


def steps(optimizer: SGD, start: float, *gradients: float) -> list[float]:
    """Where one weight is after each of these gradients."""
    weight, path = Matrix([[start]]), []
    for gradient in gradients:
        optimizer.step([weight], [Matrix([[gradient]])])
        path.append(weight[0, 0])
    return path


def test_a_plain_step_goes_the_rate_times_the_gradient_downhill() -> None:
    assert steps(SGD(0.1), 1.0, 2.0, -4.0) == pytest.approx([0.8, 1.2])


def test_momentum_gathers_the_gradients() -> None:
    # v = 1, 0.5*1 + 1 = 1.5, 0.5*1.5 + 0 = 0.75;  w = 1 - 0.1, - 0.15, - 0.075
    assert steps(SGD(0.1, momentum=0.5), 1.0, 1.0, 1.0, 0.0) == pytest.approx([0.9, 0.75, 0.675])


def test_nesterov_looks_one_step_ahead() -> None:
    # v = 1, 1.5, 0.75 as with momentum; g + 0.5 v = 1.5, 1.75, 0.375;  w = 1 - 0.15, - 0.175, - 0.0375
    optimizer = SGD(0.1, momentum=0.5, nesterov=True)
    assert steps(optimizer, 1.0, 1.0, 1.0, 0.0) == pytest.approx([0.85, 0.675, 0.6375])


def test_weight_decay_pulls_towards_zero() -> None:
    # g + 0.5 w = 0.5, then 0.5 * 0.95;  w = 1 - 0.1 * 0.5 = 0.95, then 0.95 - 0.1 * 0.475 = 0.9025
    assert steps(SGD(0.1, weight_decay=0.5), 1.0, 0.0, 0.0) == pytest.approx([0.95, 0.9025])


def test_weight_decay_is_part_of_what_momentum_gathers() -> None:
    # g = 1 + 0.5*1 = 1.5, v = 1.5, w = 0.85;  g = 0.5*0.85 = 0.425, v = 0.75 + 0.425 = 1.175, w = 0.85 - 0.1175
    assert steps(SGD(0.1, momentum=0.5, weight_decay=0.5), 1.0, 1.0, 0.0) == pytest.approx([0.85, 0.7325])


def test_the_rate_multiplies_the_velocity_and_is_no_part_of_it() -> None:
    # PyTorch's rule: v = 1, 1.5 whatever the rate was;  w = 1 - 0.1*1, then - 0.01*1.5
    optimizer, weight = SGD(0.1, momentum=0.5), Matrix([[1.0]])
    optimizer.step([weight], [Matrix([[1.0]])])
    optimizer.learning_rate = 0.01
    optimizer.step([weight], [Matrix([[1.0]])])
    assert weight[0, 0] == pytest.approx(0.9 - 0.015)


def test_parameters_change_in_place_and_gradients_do_not() -> None:
    weight, bias = Matrix([[1.0, 2.0], [3.0, 4.0]]), Matrix([[5.0, 6.0]])
    rows = [*weight, *bias]
    gradients = [Matrix([[1.0, 1.0], [1.0, 1.0]]), Matrix([[2.0, 2.0]])]
    for optimizer in (SGD(0.5), SGD(0.5, momentum=0.9, nesterov=True, weight_decay=0.1)):
        optimizer.step([weight, bias], gradients)
    assert all(now is before for now, before in zip([*weight, *bias], rows))
    assert gradients == [Matrix([[1.0, 1.0], [1.0, 1.0]]), Matrix([[2.0, 2.0]])]


def test_each_parameter_has_a_velocity_of_its_own() -> None:
    a, b = Matrix([[0.0]]), Matrix([[0.0]])
    optimizer = SGD(1.0, momentum=0.5)
    optimizer.step([a, b], [Matrix([[1.0]]), Matrix([[0.0]])])
    optimizer.step([a, b], [Matrix([[0.0]]), Matrix([[0.0]])])
    # a: v = 1, then 0.5
    assert (a[0, 0], b[0, 0]) == (-1.5, 0.0)


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.05), SGD(0.05, momentum=0.8), SGD(0.05, momentum=0.8, nesterov=True)],
    ids=["plain", "momentum", "nesterov"],
)
def test_it_rolls_to_the_bottom_of_a_bowl(optimizer: SGD) -> None:
    # L = (w1 - 3)² + 4 (w2 + 1)², with its minimum at (3, -1)
    w = Matrix([[0.0, 0.0]])
    for _ in range(300):
        optimizer.step([w], [Matrix([[2 * (w[0, 0] - 3), 8 * (w[0, 1] + 1)]])])
    assert w.is_close(Matrix([[3.0, -1.0]]), relative=1e-6)


def test_momentum_is_faster_in_a_long_valley() -> None:
    # L = w1² / 2 + 50 w2²: the steep side forbids a rate above 0.02, at which the flat side takes for ever
    def distance(optimizer: SGD) -> float:
        w = Matrix([[1.0, 1.0]])
        for _ in range(100):
            optimizer.step([w], [Matrix([[w[0, 0], 100 * w[0, 1]]])])
        return math.hypot(w[0, 0], w[0, 1])

    assert distance(SGD(0.01, momentum=0.8)) < 0.1 * distance(SGD(0.01))


@pytest.mark.parametrize("value", [0.0, -0.1, math.nan, math.inf, -math.inf])
def test_a_rate_out_of_range_is_named(value: float) -> None:
    with pytest.raises(ValueError, match=f"learning_rate .*got {value}$"):
        SGD(value)


@pytest.mark.parametrize("value", [1.0, 1.5, -0.1, math.nan, math.inf])
def test_a_momentum_out_of_range_is_named(value: float) -> None:
    with pytest.raises(ValueError, match=rf"momentum must be in \[0, 1\), got {value}$"):
        SGD(0.1, momentum=value)


@pytest.mark.parametrize("value", [-1e-9, math.nan, math.inf])
def test_a_weight_decay_out_of_range_is_named(value: float) -> None:
    with pytest.raises(ValueError, match=f"weight_decay .*got {value}$"):
        SGD(0.1, weight_decay=value)


def test_nesterov_without_momentum_is_refused() -> None:
    with pytest.raises(ValueError, match="nesterov needs a momentum above 0, got 0"):
        SGD(0.1, nesterov=True)


def test_a_gradient_for_each_parameter_or_both_numbers_are_named() -> None:
    with pytest.raises(ShapeError, match="2 parameters, but 1 gradients"):
        SGD(0.1).step([Matrix([[1.0]]), Matrix([[1.0]])], [Matrix([[1.0]])])


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.1), SGD(0.1, momentum=0.5), SGD(0.1, momentum=0.5, nesterov=True), SGD(0.1, weight_decay=0.1)],
    ids=["plain", "momentum", "nesterov", "weight decay"],
)
def test_a_gradient_of_another_shape_is_refused_with_both_shapes(optimizer: SGD) -> None:
    with pytest.raises(ShapeError, match=r"1 x 3.*1 x 2|1 x 2.*1 x 3"):
        optimizer.step([Matrix.zeros(1, 2)], [Matrix.zeros(1, 3)])


@pytest.mark.parametrize("shapes", [[(1, 2), (2, 2)], [(1, 3)], [(2, 2)]], ids=str)
def test_velocities_of_one_network_are_not_used_for_another(shapes: list[tuple[int, int]]) -> None:
    optimizer = SGD(0.1, momentum=0.5)
    optimizer.step([Matrix.zeros(1, 2)], [Matrix.zeros(1, 2)])
    others = [Matrix.zeros(*shape) for shape in shapes]
    with pytest.raises(ShapeError, match=r"\(1, 2\)") as caught:
        optimizer.step(others, others)
    assert str(shapes) in str(caught.value)
