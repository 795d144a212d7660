"""Clipping: what is cut, what is left alone, and that nothing wrong is hidden."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from purenn.matrix import Matrix
from purenn.regularization import Clip, clip_by_norm, clip_by_value

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
def test_a_gradient_that_is_no_number_is_not_hidden(clip: Clip, value: float) -> None:
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
