"""Points: dots and rings at their places, in the colours of their classes, not too many."""

from __future__ import annotations

from math import nan

import pytest

from purenn.charts.frame import Frame
from purenn.charts.points import MARKED, check_points, dots, key, rings, rings_around
from purenn.charts.svg import COLOURS, drawing
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements


def test_dots_are_filled_and_rings_are_not() -> None:
    marks = [((10.0, 20.0), 0), ((30.0, 40.0), 2)]
    picture = drawing(100, 100, "a", "b", dots(marks, 99), rings(marks, 99))
    places = [(c.get("class"), c.get("cx"), c.get("cy")) for c in elements(picture, "circle")]
    assert places == [("fill0", "10", "20"), ("fill2", "30", "40"), ("line0", "10", "20"), ("line2", "30", "40")]
    assert len(elements(picture, "g", "edge")) == len(elements(picture, "g", "paper")) == 1


def test_after_the_last_colour_comes_the_first_again() -> None:
    assert 'class="fill1"' in dots([((0.0, 0.0), len(COLOURS) + 1)], 1)


def test_thousands_of_points_stay_small() -> None:
    picture = drawing(100, 100, "a", "b", dots([((n / 700.0, 1.0), n % 3) for n in range(60_000)], 60_000))
    check(picture)
    assert len(elements(picture, "circle")) == 800


def test_few_points_are_larger() -> None:
    radii = [drawing(9, 9, "a", "b", dots([((1.0, 1.0), 0)] * 4, count)).count('r="5.5"') for count in (4, 400)]
    assert radii == [4, 0]


def test_rings_around_points_are_larger_than_these_and_none_are_none() -> None:
    around, marks = [(10.0, 20.0), (30.0, 40.0)], [((10.0, 20.0), 0)]
    picture = drawing(100, 100, "a", "b", dots(marks, 99), *rings_around(around, 99))
    ((dot,),) = elements(picture, "g", "edge")[:1]
    (group,) = elements(picture, "g", MARKED)
    assert [(ring.get("cx"), ring.get("cy")) for ring in group] == [("10", "20"), ("30", "40")]
    assert min(float(ring.get("r", "")) for ring in group) > float(dot.get("r", "")) + 2.0
    assert rings_around([], 99) == []
    check(drawing(100, 100, "a", "b", *rings_around([(n / 700.0, 1.0) for n in range(60_000)], 60_000)))


def test_the_key_ends_at_the_right_edge_of_the_frame() -> None:
    frame = Frame(50.0, 50.0, 400.0, 200.0)
    picture = drawing(420, 200, "a", "b", *key(frame, ("train", "ink", "edge"), ("test", "paper", "axis")))
    check(picture, ["train", "test"])
    last, first = (float(circle.get("cx", "")) for circle in elements(picture, "circle"))
    assert 50.0 < first < last < 400.0


@pytest.mark.parametrize(
    ("points", "values", "message"),
    [
        ([[1.0, 2.0]], [], "train has 1 points, but 0 values for them"),
        ([[1.0, 2.0], [1.0]], [0, 1], "point 1 of train has 1 numbers, expected 2: a place in the plane"),
        ([[1.0, nan]], [0], "point 0 of train is .* with value 0, expected finite numbers"),
        ([[1.0, 1.0]], [nan], "point 0 of train is .* with value nan, expected finite numbers"),
    ],
)
def test_what_is_no_point_is_refused(points: list[list[float]], values: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message) as refusal:
        check_points(points, values, "train")
    assert isinstance(refusal.value, ShapeError) == ("numbers, exp" in message or "values for" in message)
