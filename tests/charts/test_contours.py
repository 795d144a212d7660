"""Contours: lines stand where the function has their value, numbers on their lines, paths where their points are."""

from __future__ import annotations

import re
from math import hypot, inf, nan
from random import Random

import pytest

from purenn.charts import contours
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed, points_of, words_in

N = 41
BOWL = [[(j / 10.0 - 2.0) ** 2 + (i / 10.0 - 2.0) ** 2 for j in range(N)] for i in range(N)]
RANGE = (-2.0, 2.0)


def frame_of(picture: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the frame."""
    (outline,) = elements(picture, "rect", "axis")
    x, y, width, height = (float(outline.get(name, "")) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def unscaled(picture: str, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points on the paper as points of the area from -2 to 2."""
    left, top, right, bottom = frame_of(picture)
    return [(-2.0 + 4.0 * (x - left) / (right - left), -2.0 + 4.0 * (bottom - y) / (bottom - top)) for x, y in points]


def shades(picture: str) -> list[list[tuple[float, float]]]:
    """The points of each shade, in the coordinates of the area."""
    found = [path for path in elements(picture, "path") if (path.get("class") or "").startswith("soft-")]
    return [unscaled(picture, points_of(shape.get("d", ""))) for shape in found]


def test_each_shade_of_a_bowl_begins_at_its_circle() -> None:
    picture = contours(BOWL, RANGE, RANGE, title="Bowl", x_name="a", y_name="b")
    check(picture, ["Bowl", "a", "↑ b"])
    for level, shape in zip([1.0, 2.0, 3.0, 4.0, 5.0], shades(picture)):
        inner = [hypot(x, y) for x, y in shape if abs(x) < 1.99 and abs(y) < 1.99]
        assert inner == pytest.approx([level**0.5] * len(inner), abs=0.01)


def test_a_symmetric_function_has_symmetric_shades() -> None:
    for shape in shades(contours(BOWL, RANGE, RANGE)):
        inner = [(x, y) for x, y in shape if abs(x) < 1.99 and abs(y) < 1.99]
        left, right = sorted(-x for x, _ in inner if x < -0.01), sorted(x for x, _ in inner if x > 0.01)
        assert left == pytest.approx(right, abs=0.01)


def test_numbers_stand_on_the_lines_of_their_values() -> None:
    picture = contours(BOWL, RANGE, RANGE)
    numbers = [text for text in elements(picture, "text", "soft") if text.get("transform")]
    assert len(numbers) >= 3
    for text in numbers:
        ((x, y),) = unscaled(picture, [(float(text.get("x", "")), float(text.get("y", "")))])
        assert x * x + y * y == pytest.approx(float("".join(text.itertext())), rel=0.03)
        turned = re.match(r"rotate\((-?[\d.]+) ", text.get("transform", ""))
        assert turned
        assert -90.0 <= float(turned[1]) <= 90.0


def test_numbers_on_the_lines_have_the_same_decimals_unless_they_span_magnitudes() -> None:
    def numbers(picture: str) -> list[str]:
        return ["".join(t.itertext()) for t in elements(picture, "text", "soft") if t.get("transform")]

    slope = [[j / 20.0 for j in range(N)] for _ in range(N)]
    assert {len(word.partition(".")[2]) for word in numbers(contours(slope, RANGE, RANGE))} == {1}
    wide = [[10.0 ** (j / 10.0 - 2.0) for j in range(N)] for _ in range(N)]
    assert {"0.02", "5", "20"} <= {*numbers(contours(wide, RANGE, RANGE, log=True))}


def test_logarithmic_levels_show_a_narrow_minimum() -> None:
    narrow = [[1e-3 + 1000.0 * value**4 for value in row] for row in BOWL]
    assert len(shades(contours(narrow, RANGE, RANGE, log=True))) >= 6
    shown = {float(word.replace(",", "")) for word in words_in(contours(narrow, RANGE, RANGE, log=True)) if "0" in word}
    assert any(number >= 1000.0 for number in shown)
    with pytest.raises(ValueError, match=r"the lowest value is -8, which has no logarithm: pass log=False"):
        contours([[-value for value in row] for row in BOWL], RANGE, RANGE, log=True)


def test_the_points_of_a_path_stand_at_their_places() -> None:
    path = [(-1.5, 1.0), (-0.5, 0.5), (0.0, 0.0)]
    picture = contours(BOWL, RANGE, RANGE, paths={"gradient descent": path})
    check(picture, ["gradient descent"])
    line = unscaled(picture, points_of(elements(picture, "path", "line0")[0].get("d", "")))
    assert [value for point in line for value in point] == pytest.approx([v for p in path for v in p], abs=0.01)
    told = parsed(picture)[1].text or ""
    assert "values from 0 near (0, 0) to 8 near (2, 2)" in told
    assert "gradient descent: 2 steps from (-1.5, 1) to (0, 0)" in told


def test_what_is_not_finite_is_a_gap() -> None:
    holed = [[inf if (i, j) == (30, 30) else v for j, v in enumerate(row)] for i, row in enumerate(BOWL)]
    picture = contours(holed, RANGE, RANGE)
    check(picture)
    plain = shades(contours(BOWL, RANGE, RANGE))[0]
    # around (1, 1), half of the way to the four places next to it
    extra = {(round(x, 2), round(y, 2)) for x, y in shades(picture)[0]} - {(round(x, 2), round(y, 2)) for x, y in plain}
    assert extra == {(0.95, 1.0), (1.05, 1.0), (1.0, 0.95), (1.0, 1.05)}


@pytest.mark.parametrize("value", [0.0, 7.5, nan])
def test_a_function_may_be_flat_or_missing(value: float) -> None:
    check(contours([[value] * 5] * 5, RANGE, RANGE, paths={"still": [(0.0, 0.0)] * 3}), ["still"])


def test_a_large_grid_of_noise_with_many_paths_stays_small() -> None:
    rng = Random(0)
    noise = [[rng.random() for _ in range(100)] for _ in range(100)]
    paths = {f"path {k}": [(rng.uniform(-3.0, 3.0), rng.uniform(-3.0, 3.0)) for _ in range(1000)] for k in range(6)}
    check(contours(noise, RANGE, RANGE, paths=paths))


def test_equal_arguments_give_equal_bytes() -> None:
    one, other = (contours(BOWL, RANGE, RANGE, paths={"a": [(1.0, 1.0), (0.0, 0.0)]}) for _ in range(2))
    assert one == other


def test_what_is_no_grid_is_refused() -> None:
    with pytest.raises(ShapeError, match="row 1 of the grid of values has 1 numbers, but row 0 has 2"):
        contours([[1.0, 2.0], [3.0]], RANGE, RANGE)
