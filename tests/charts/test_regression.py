"""Regressions: curves and samples stand at their numbers, and a sample has the colour that the map has at its value."""

from __future__ import annotations

from math import nan
from xml.etree import ElementTree

import pytest

from purenn.charts import regression_curve, regression_map
from purenn.charts.regression import Hues
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed, points_of, words_in

X = [0.0, 1.0, 2.0, 4.0]
RANGE = (-1.0, 1.0)
N = 21
SLOPE = [[j / 10.0 - 1.0 for j in range(N)] for _ in range(N)]  # the value is x


def shades(picture: str, class_: str) -> list[ElementTree.Element]:
    """The shades of a map in tints of a class."""
    return [path for path in elements(picture, "path") if (path.get("class") or "").startswith(f"{class_}-")]


def test_a_curve_and_its_samples_share_the_axes() -> None:
    picture = regression_curve(X, {"network": [0.0, 1.0, 2.0, 4.0]}, train=([1.0], [1.0]), x_name="area", y_name="rent")
    check(picture, ["network", "area", "↑ rent", "0", "2", "4"])
    points = points_of(elements(picture, "path", "line0")[0].get("d", ""))
    assert points[3][0] - points[2][0] == pytest.approx(2.0 * (points[1][0] - points[0][0]), abs=0.02)
    (dot,) = elements(picture, "circle")
    assert (float(dot.get("cx", "")), float(dot.get("cy", ""))) == points[1]


def test_samples_to_test_on_are_rings_and_there_is_a_key_for_them() -> None:
    picture = regression_curve(X, {"a": [0.0] * 4}, train=([1.0, 2.0], [0.5, 1.0]), test=([3.0], [1.5]))
    check(picture, ["a", "train", "test"])
    assert [c.get("class") for c in elements(picture, "circle")][:3] == ["line6", "fill6", "fill6"]
    assert "2 samples to train on, 1 to test on" in (parsed(picture)[1].text or "")
    assert "train" not in words_in(regression_curve(X, {"a": [0.0] * 4}, train=([1.0], [0.5])))


def test_several_curves_have_their_names_apart() -> None:
    picture = regression_curve(X, {"network": [0.0, 1.0, 2.0, 3.0], "sin(x)": [0.0, 1.0, 2.0, 3.0], "b": [nan] * 4})
    check(picture, ["network", "sin(x)"])
    ys = [float(elements(picture, "text", f"fill{k}")[0].get("y", "")) for k in (0, 1)]
    assert abs(ys[1] - ys[0]) >= 15.9
    assert elements(picture, "text", "fill2") == []


def test_what_is_no_number_is_a_gap() -> None:
    picture = regression_curve([*X, 5.0], {"a": [0.0, 1.0, nan, 2.0, 3.0]})
    assert elements(picture, "path", "line0")[0].get("d", "").count("M") == 2
    check(regression_curve([], {}))


@pytest.mark.parametrize(
    ("x", "values", "train", "message"),
    [
        (X, [1.0], ([], []), "a has 1 values, but x has 4"),
        ([0.0, 0.0], [1.0, 1.0], ([], []), r"x\[0\] is 0.0 and the next 0.0, expected numbers that rise"),
        (X, X, ([1.0], []), "train has 1 features, but 0 targets for them"),
        (X, X, ([nan], [1.0]), "point 0 of train is .*, expected finite numbers"),
    ],
)
def test_what_does_not_fit_is_refused(
    x: list[float], values: list[float], train: tuple[list[float], list[float]], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as refusal:
        regression_curve(x, {"a": values}, train=train)
    assert isinstance(refusal.value, ShapeError) == (" but " in message)


def test_values_of_both_signs_have_two_hues_that_begin_at_0() -> None:
    picture = regression_map(SLOPE, RANGE, RANGE, title="Slope", x_name="a", y_name="b")
    check(picture, ["Slope", "a", "↑ b"])
    left, right = shades(picture, "fill0"), shades(picture, "fill1")
    (outline,) = elements(picture, "rect", "axis")
    middle = float(outline.get("x", "")) + float(outline.get("width", "")) / 2.0
    assert max(x for x, _ in points_of(left[0].get("d", ""))) == pytest.approx(middle, abs=0.02)
    assert min(x for x, _ in points_of(right[0].get("d", ""))) == pytest.approx(middle, abs=0.02)
    tints = [[(shape.get("class") or "").partition("-")[2] for shape in shapes] for shapes in (left, right)]
    assert tints[0] == tints[1]


@pytest.mark.parametrize("shift", [-5.0, 5.0])
def test_values_of_one_sign_have_one_hue(shift: float) -> None:
    picture = regression_map([[value + shift for value in row] for row in SLOPE], RANGE, RANGE)
    check(picture)
    assert shades(picture, "fill1") == []
    assert len(shades(picture, "fill0")) >= 7


def test_a_sample_has_the_colour_of_its_target() -> None:
    picture = regression_map(SLOPE, RANGE, RANGE, samples=([[0.5, 0.5], [-0.5, 0.0], [7.0, 0.0]], [0.5, 1.0, 0.0]))
    # half of the way from 4 to 65 percent, and all of it; the third is outside of the area
    assert [dot.get("class") for dot in elements(picture, "circle")] == ["fill1-34", "fill1-65"]
    assert "2 samples" in (parsed(picture)[1].text or "")


def test_colours_are_as_strong_as_numbers_are_far_from_0_or_from_the_lowest() -> None:
    two, one = Hues(-2.0, 4.0), Hues(10.0, 20.0)
    assert [two.of(v)[0] for v in (-2.0, -0.1, 0.0, 4.0)] == ["fill0", "fill0", "fill1", "fill1"]
    assert two.of(-2.0)[1] == two.of(2.0)[1] < two.of(4.0)[1] == two.of(400.0)[1]
    assert one.of(10.0)[1] < one.of(15.0)[1] < one.of(20.0)[1]


@pytest.mark.parametrize("value", [0.0, 3.0, nan])
def test_a_map_may_be_flat_or_missing(value: float) -> None:
    check(regression_map([[value] * 4] * 4, RANGE, RANGE, samples=([[0.0, 0.0]], [1.0])))


def test_a_large_map_with_thousands_of_samples_stays_small() -> None:
    noise = [[(i * 7919 + j * 104729) % 1000 / 500.0 - 1.0 for j in range(100)] for i in range(100)]
    points = [[n % 97 / 48.5 - 1.0, n % 89 / 44.5 - 1.0] for n in range(5000)]
    check(regression_map(noise, RANGE, RANGE, samples=(points, [point[0] for point in points])))


def test_what_is_no_map_is_refused() -> None:
    with pytest.raises(ShapeError, match="the grid of values is 1 x 1"):
        regression_map([[1.0]], RANGE, RANGE)
    with pytest.raises(ShapeError, match="point 0 of samples has 1 numbers"):
        regression_map(SLOPE, RANGE, RANGE, samples=([[1.0]], [1.0]))
