"""The plane: points stand where both axes say."""

from __future__ import annotations

from math import inf, nan

import pytest

from purenn.charts.plane import HEIGHT, Plane
from purenn.charts.svg import drawing
from tests.charts.pictures import check, elements


def test_points_stand_in_proportion_and_upwards() -> None:
    plane = Plane.of((0.0, 10.0), (-1.0, 1.0))
    frame = plane.frame
    assert plane.place((0.0, -1.0)) == (frame.left, frame.bottom)
    assert plane.place((5.0, 0.0)) == pytest.approx(((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2))
    assert all(point in plane for point in [(0.0, 1.0), (10.0, -1.0), (3.0, 0.0)])
    assert not any(point in plane for point in [(10.1, 0.0), (-0.1, 0.0), (5.0, 1.5), (nan, 0.0)])


def test_the_axes_have_their_marks_and_names_outside() -> None:
    plane = Plane.of((0.0, 1.0), (-2000.0, 2000.0))
    picture = drawing(560, HEIGHT, "a", "b", *plane.axes("width", "height"))
    check(picture, ["width", "↑ height", "0.0", "0.6", "-2,000", "1,000"])
    for text in elements(picture, "text", "soft"):
        x, y = float(text.get("x", "")), float(text.get("y", ""))
        assert x < plane.frame.left or y > plane.frame.bottom


@pytest.mark.parametrize("limits", [(1.0, 1.0), (2.0, 1.0), (nan, 1.0), (0.0, inf), (1.0,), (0.0, 1.0, 2.0)])
def test_what_is_no_range_is_refused(limits: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"x_range is .*, expected a lower and a higher number"):
        Plane.of(limits, (0.0, 1.0))
    with pytest.raises(ValueError, match="y_range is"):
        Plane.of((0.0, 1.0), limits)


def test_the_lowest_and_the_highest_value_are_told_with_their_places() -> None:
    plane = Plane.of((0.0, 10.0), (-1.0, 1.0))
    assert plane.told([[5.0, nan, 1.0], [3.0, 2.0, inf]]) == "values from 1 near (10, -1) to 5 near (0, -1)"
    assert plane.told([[nan, nan], [nan, nan]]) == "no values"
