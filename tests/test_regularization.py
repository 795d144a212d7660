"""Penalties: their value, their gradient, and what the gradient does to weights."""

from __future__ import annotations

import math

import pytest

from purenn.matrix import Matrix
from purenn.optimizers import SGD
from purenn.regularization import Penalty

WEIGHTS = [Matrix([[2.0, -1.0], [0.0, 3.0]]), Matrix([[-4.0]])]


def test_no_penalty_is_zero() -> None:
    assert Penalty().value(WEIGHTS) == 0.0
    assert Penalty().gradient(WEIGHTS[0]) == Matrix.zeros(2, 2)


def test_l1_counts_sizes_and_l2_half_the_squares_of_all_weights() -> None:
    # Σ|w| = 2 + 1 + 0 + 3 + 4 = 10;  Σw² = 4 + 1 + 0 + 9 + 16 = 30, half of it 15
    assert Penalty(l1=0.5).value(WEIGHTS) == 5.0
    assert Penalty(l2=0.2).value(WEIGHTS) == pytest.approx(3.0)
    assert Penalty(l1=0.5, l2=0.2).value(WEIGHTS) == pytest.approx(8.0)


def test_the_gradient_of_l1_is_the_sign_and_that_of_l2_the_weight() -> None:
    assert Penalty(l1=0.5).gradient(WEIGHTS[0]) == Matrix([[0.5, -0.5], [0.0, 0.5]])
    assert Penalty(l2=0.25).gradient(WEIGHTS[0]) == Matrix([[0.5, -0.25], [0.0, 0.75]])
    assert Penalty(l1=0.5, l2=0.25).gradient(WEIGHTS[0]) == Matrix([[1.0, -0.75], [0.0, 1.25]])


def test_the_gradient_is_the_slope_of_the_value() -> None:
    # central differences, away from the corner at 0
    penalty, h = Penalty(l1=0.3, l2=0.7), 1e-6
    for w in (-2.0, -0.1, 0.5, 30.0):
        slope = (penalty.value([Matrix([[w + h]])]) - penalty.value([Matrix([[w - h]])])) / (2 * h)
        assert penalty.gradient(Matrix([[w]]))[0, 0] == pytest.approx(slope, rel=1e-6)


def test_to_plain_sgd_l2_is_weight_decay() -> None:
    penalised, decayed = WEIGHTS[0].copy(), WEIGHTS[0].copy()
    penalty, plain, decaying = Penalty(l2=0.3), SGD(0.1), SGD(0.1, weight_decay=0.3)
    for _ in range(5):
        slope = Matrix([[0.1, 0.2], [0.3, 0.4]])
        plain.step([penalised], [slope + penalty.gradient(penalised)])
        decaying.step([decayed], [slope])
    assert penalised.is_close(decayed)


def test_l2_shrinks_in_proportion_and_l1_by_the_same_until_nothing_is_left() -> None:
    def after(penalty: Penalty) -> Matrix:
        weight, optimizer = Matrix([[8.0, -1.0]]), SGD(0.5)
        for _ in range(4):
            optimizer.step([weight], [penalty.gradient(weight)])
        return weight

    # times 1 - 0.5 each step, 1/16 after four
    assert after(Penalty(l2=1.0)) == Matrix([[0.5, -0.0625]])
    # less 0.5 each step: -1 is 0 after two, and stays there, for sign(0) = 0
    assert after(Penalty(l1=1.0)) == Matrix([[6.0, 0.0]])


def test_a_weight_that_is_no_number_is_not_hidden() -> None:
    assert math.isnan(Penalty(l1=1.0).gradient(Matrix([[math.nan]]))[0, 0])
    assert math.isnan(Penalty(l1=1.0).value([Matrix([[math.nan]])]))


def test_weights_are_not_changed_in_place() -> None:
    before = [weight.copy() for weight in WEIGHTS]
    Penalty(0.1, 0.2).value(WEIGHTS)
    Penalty(0.1, 0.2).gradient(WEIGHTS[0])
    assert before == WEIGHTS


@pytest.mark.parametrize("value", [-1e-9, math.nan, math.inf])
def test_a_factor_out_of_range_is_named(value: float) -> None:
    with pytest.raises(ValueError, match=f"l1 must be a finite number of at least 0, got {value}$"):
        Penalty(l1=value)
    with pytest.raises(ValueError, match=f"l2 must be a finite number of at least 0, got {value}$"):
        Penalty(l2=value)
