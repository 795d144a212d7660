"""Regularization: penalties and their gradients, units dropped out, and gradients clipped with nothing hidden."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from random import Random
from statistics import mean

import pytest

from purenn.matrix import Matrix
from purenn.optimizers import SGD
from purenn.regularization import Clip, Dropout, Penalty, clip_by_norm, clip_by_value
from tests.conftest import normal

# Penalties.

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
    penalized, decayed = WEIGHTS[0].copy(), WEIGHTS[0].copy()
    penalty, plain, decaying = Penalty(l2=0.3), SGD(0.1), SGD(0.1, weight_decay=0.3)
    for _ in range(5):
        slope = Matrix([[0.1, 0.2], [0.3, 0.4]])
        plain.step([penalized], [slope + penalty.gradient(penalized)])
        decaying.step([decayed], [slope])
    assert penalized.is_close(decayed)


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


def test_a_weight_that_is_nan_is_not_hidden() -> None:
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


# Dropout.


def test_dropout_drops_the_stated_part_and_keeps_the_mean() -> None:
    y, _ = Dropout(0.3).forward(Matrix([[1.0] * 200] * 100), training=True, rng=Random(9))
    numbers = [value for row in y for value in row]
    assert numbers.count(0.0) / len(numbers) == pytest.approx(0.3, abs=0.02)
    assert set(numbers) == {0.0, 1 / 0.7}
    assert mean(numbers) == pytest.approx(1.0, rel=0.02)


def test_dropout_stops_the_gradient_just_where_it_dropped() -> None:
    x = Matrix([[1.0] * 50] * 4)
    y, backward = Dropout(0.5).forward(x, training=True, rng=Random(10))
    assert backward(x)[0] == y


def test_dropout_draws_other_numbers_each_time() -> None:
    rng, x = Random(0), Matrix([[1.0] * 50])
    layer = Dropout(0.5)
    assert layer.forward(x, training=True, rng=rng)[0] != layer.forward(x, training=True, rng=rng)[0]


@pytest.mark.parametrize("layer", [Dropout(0.5), Dropout(0.0)], ids=str)
def test_dropout_does_nothing_in_use(layer: Dropout) -> None:
    x = normal(3, 4)
    y, backward = layer.forward(x)
    assert y == x
    assert backward(x) == (x, [])


def test_dropout_of_nothing_drops_nothing() -> None:
    x = normal(3, 4)
    assert Dropout(0.0).forward(x, training=True, rng=Random(0))[0] == x


def test_dropout_in_training_needs_random_numbers() -> None:
    for probability in (0.5, 0.0):
        with pytest.raises(ValueError, match=rf"^Dropout\({probability}\): .* pass rng=Random\(seed\)$"):
            Dropout(probability).forward(Matrix([[1.0]]), training=True)


def test_random_numbers_alone_do_not_make_it_training() -> None:
    rng, x = Random(0), normal(3, 4)
    assert Dropout(0.5).forward(x, rng=rng)[0] == x
    assert rng.random() == Random(0).random()


@pytest.mark.parametrize("probability", [1.0, -0.1, 2.0, float("nan")])
def test_a_probability_out_of_range_is_named(probability: float) -> None:
    with pytest.raises(ValueError, match=rf"\[0, 1\), got {probability}$"):
        Dropout(probability)


# Clipping.

both_clips = pytest.mark.parametrize("clip", [clip_by_value(1.0), clip_by_norm(1.0)], ids=["value", "norm"])


def norm(gradients: list[Matrix]) -> float:
    return math.hypot(*(value for gradient in gradients for row in gradient for value in row))


def test_by_value_cuts_each_entry_at_the_limit_of_its_sign() -> None:
    gradients = [Matrix([[0.5, -3.0], [2.0, -2.0]]), Matrix([[2.5, -0.0]])]
    assert clip_by_value(2.0)(gradients) == [Matrix([[0.5, -2.0], [2.0, -2.0]]), Matrix([[2.0, -0.0]])]


def test_by_norm_takes_the_norm_of_all_gradients_together() -> None:
    # ‖g‖ = √(2² + 4² + 4² + 0² + 8²) = 10, while no matrix alone is longer than 8;  the scale is 9 / 10.000001
    gradients = [Matrix([[2.0, 4.0], [4.0, 0.0]]), Matrix([[-8.0]])]
    first, second = clip_by_norm(9.0)(gradients)
    scale = 9.0 / 10.000001
    assert first.is_close(Matrix([[2 * scale, 4 * scale], [4 * scale, 0.0]]))
    assert second.is_close(Matrix([[-8 * scale]]))


def test_by_norm_keeps_the_direction_and_shortens_to_the_limit() -> None:
    gradients = [Matrix([[30.0, -40.0]]), Matrix([[120.0]])]  # ‖g‖ = 130
    clipped = [*clip_by_norm(1.3)(gradients)]
    assert norm(clipped) == pytest.approx(1.3, rel=1e-7)
    assert [clipped[0][0, 0], clipped[0][0, 1], clipped[1][0, 0]] == pytest.approx([0.3, -0.4, 1.2], rel=1e-7)


@pytest.mark.parametrize("limit", [5.0, 5.1])
def test_by_norm_leaves_gradients_within_the_limit_alone(limit: float) -> None:
    assert clip_by_norm(limit)([Matrix([[3.0]]), Matrix([[4.0]])]) == [Matrix([[3.0]]), Matrix([[4.0]])]


def test_a_norm_whose_square_is_beyond_all_floats_is_clipped_all_the_same() -> None:
    # (3e200)² overflows
    first, second = clip_by_norm(5.0)([Matrix([[3e200]]), Matrix([[4e200]])])
    assert (first[0, 0], second[0, 0]) == pytest.approx((3.0, 4.0))


def test_a_norm_whose_square_is_below_all_floats_is_not_taken_for_zero() -> None:
    # ‖g‖ = 5e-200 > 1e-200, and so the scale is 1e-200 / 1e-6
    (gradient,) = clip_by_norm(1e-200)([Matrix([[3e-200, 4e-200]])])
    assert gradient == Matrix([[3e-200, 4e-200]]) * (1e-200 / (5e-200 + 1e-6))


@both_clips
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_is_not_hidden(clip: Clip, value: float) -> None:
    clipped = clip([Matrix([[100.0, value]]), Matrix([[1.0]])])
    assert repr(clipped[0][0, 1]) == repr(value)


@both_clips
def test_gradients_are_not_changed_in_place(clip: Clip) -> None:
    gradients = [Matrix([[3.0, -4.0]]), Matrix([[12.0]])]
    assert clip(gradients) != gradients
    assert gradients == [Matrix([[3.0, -4.0]]), Matrix([[12.0]])]


@pytest.mark.parametrize("make", [clip_by_value, clip_by_norm])
@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan, math.inf])
def test_a_limit_out_of_range_is_named(make: Callable[[float], Clip], limit: float) -> None:
    with pytest.raises(ValueError, match=f"limit must be a finite number above 0, got {limit}$"):
        make(limit)


@pytest.mark.parametrize("make", [clip_by_value, clip_by_norm])
def test_clips_of_one_limit_are_equal_and_say_what_they_are(make: Callable[[float], Clip]) -> None:
    assert make(0.5) == make(0.5)
    assert make(0.5) != make(0.25)
    assert repr(make(0.5)) != repr(make(0.25))
    assert "0.5" in repr(make(0.5))


def test_the_two_kinds_of_clips_differ() -> None:
    assert clip_by_value(0.5) != clip_by_norm(0.5)
    assert repr(clip_by_value(0.5)) != repr(clip_by_norm(0.5))


@both_clips
def test_a_clip_can_be_sent_to_another_process(clip: Clip) -> None:
    sent: Clip = pickle.loads(pickle.dumps(clip))
    assert sent == clip
    assert sent([Matrix([[3.0, -4.0]])]) == clip([Matrix([[3.0, -4.0]])])
