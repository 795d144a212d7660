"""Fields: each shade covers the area of its level, in its tint, and noise is bounded too."""

from __future__ import annotations

from math import nan
from random import Random

import pytest

from purenn.charts.fields import Field, field_levels, finite, shades, thinned, within_bounds
from purenn.charts.frame import Frame
from purenn.charts.svg import drawing
from tests.charts.pictures import check, elements, points_of

FRAME = Frame(100.0, 50.0, 300.0, 150.0)
RAMP = [[j / 10.0 for j in range(11)] for _ in range(11)]


def test_a_shade_covers_the_area_from_its_level_on() -> None:
    picture = drawing(400, 200, "a", "b", *Field(RAMP, FRAME).shade(0.25, "fill0"))
    (shape,) = elements(picture, "path", "fill0")
    # a quarter of the way from 100 to 300
    assert {*points_of(shape.get("d", ""))} == {(150.0, 50.0), (150.0, 150.0), (300.0, 50.0), (300.0, 150.0)}
    assert Field(RAMP, FRAME).shade(2.0, "fill0") == []


def test_row_0_is_at_the_bottom() -> None:
    field = Field([[0.0, 0.0], [1.0, 1.0]], FRAME)
    assert field.place((0.0, 0.0)) == (100.0, 150.0)
    assert field.lines(0.25) == [[(100.0, 125.0), (300.0, 125.0)]]


def test_shades_are_tints_at_equal_steps() -> None:
    picture = drawing(400, 200, "a", "b", *shades(Field(RAMP, FRAME), [0.1, 0.3, 0.5, 0.7], "fill1", 0.1, 0.7))
    assert [shape.get("class") for shape in elements(picture, "path")] == [f"fill1-{part}" for part in (10, 30, 50, 70)]
    assert all(f".fill1-{part}{{fill:#" in picture for part in (10, 30, 50, 70))
    assert "fill1-10" in "".join(shades(Field(RAMP, FRAME), [0.1], "fill1", 0.1, 0.7))


def test_levels_are_round_and_about_twelve() -> None:
    assert field_levels(RAMP) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert field_levels([[-1000.0, 20.0], [500.0, nan]]) == [100.0 * k for k in range(-9, 5)]
    assert field_levels([[0.5, 0.5], [nan, 0.5]]) == []
    assert field_levels([[nan, nan], [nan, nan]]) == []


@pytest.mark.parametrize("low", [1e-12, 1e-3, 0.4])
@pytest.mark.parametrize("high", [0.9, 30.0, 1e9])
def test_logarithmic_levels_are_few_and_between_the_values(low: float, high: float) -> None:
    levels = field_levels([[low, low], [high, high]], log=True)
    assert 2 <= len(levels) <= 14
    assert levels == sorted(levels)
    assert low < levels[0] < levels[-1] < high


def test_a_few_values_next_to_0_do_not_take_all_the_levels() -> None:
    rows = [[1.0 + i for i in range(200)], [1e-30, *[5.0] * 199]]
    assert field_levels(rows, log=True) == [5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0, 150.0]
    assert field_levels([[0.0, -1.0], [1.0, 10.0]], log=True)[0] > 1.0


def test_a_large_grid_is_thinned_and_keeps_its_corners() -> None:
    grid = [[(i, j) for j in range(301)] for i in range(201)]
    small = thinned(grid, 100)
    assert (len(small), len(small[0])) == (100, 100)
    assert (small[0][0], small[0][-1], small[-1][0], small[-1][-1]) == ((0, 0), (0, 300), (200, 0), (200, 300))
    assert thinned(grid, 500) == grid


def test_even_noise_makes_a_picture_of_bounded_size() -> None:
    rng = Random(0)
    noise = [[rng.random() for _ in range(100)] for _ in range(100)]
    levels = [k / 12.0 for k in range(12)]
    parts = within_bounds(noise, lambda grid: shades(Field(grid, FRAME), levels, "fill0", 0.1, 0.6))
    check(drawing(400, 200, "Noise", "Random numbers.", *parts))
    assert len(parts) == 1 + 12  # with their style


def test_a_number_that_is_not_finite_is_no_value() -> None:
    assert finite([[1.0, nan], [float("inf"), 2.0]]) == [1.0, 2.0]
