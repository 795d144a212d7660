"""Space: points stand where the angles of the view put them, numbers along the edges of the box."""

from __future__ import annotations

import pytest

from purenn.charts.frame import Frame
from purenn.charts.scales import Scale
from purenn.charts.space import TALL, View, box, dot, over
from purenn.charts.svg import drawing
from tests.charts.pictures import check, elements, words_in

FRAME = Frame(50.0, 50.0, 450.0, 350.0)
X, Y, Z = over(0.0, 10.0), over(-1.0, 1.0), Scale(0.0, 200.0, 0.0, TALL)


@pytest.mark.parametrize("azimuth", [-170.0, -60.0, 0.0, 30.0, 135.0])
@pytest.mark.parametrize("elevation", [0.0, 35.0, 90.0])
def test_the_directions_of_a_view_are_at_right_angles_and_the_box_fills_the_frame(
    azimuth: float, elevation: float
) -> None:
    view = View.filling(FRAME, azimuth, elevation)
    for i, a in enumerate(view.axes):
        assert [dot(a, b) for b in view.axes] == pytest.approx([float(i == k) for k in range(3)], abs=1e-12)
    corners = [view.place((x, y, z)) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (0.0, TALL)]
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    assert left >= FRAME.left - 1e-9
    assert top >= FRAME.top - 1e-9
    assert right - left == pytest.approx(400.0) or bottom - top == pytest.approx(300.0)


def test_from_above_the_box_is_a_plane_with_y_upwards() -> None:
    view = View.filling(FRAME, azimuth=-90.0, elevation=90.0)
    (x0, y0), (x1, y1) = view.place((-1.0, -1.0, 0.0)), view.place((1.0, 1.0, 0.7))
    assert (x1 - x0, y0 - y1) == pytest.approx((300.0, 300.0))


def test_what_is_higher_is_drawn_higher_and_what_is_farther_away_too() -> None:
    view = View.filling(FRAME, azimuth=-60.0, elevation=35.0)
    assert view.place((0.0, 0.0, 1.0))[1] < view.place((0.0, 0.0, 0.0))[1]
    assert view.place((0.0, 1.0, 0.0))[1] < view.place((0.0, -1.0, 0.0))[1]


@pytest.mark.parametrize("elevation", [-1.0, 91.0, float("nan")])
def test_there_is_no_view_from_below(elevation: float) -> None:
    with pytest.raises(ValueError, match=r"elevation must be in \[0, 90\], got"):
        View.filling(FRAME, 0.0, elevation)


@pytest.mark.parametrize("azimuth", [-150.0, -60.0, -90.0, 0.0, 20.0, 90.0, 120.0, 180.0])
def test_the_numbers_stand_outside_of_the_base(azimuth: float) -> None:
    view = View.filling(FRAME, azimuth, 35.0)
    picture = drawing(500, 400, "a", "b", *box(view, X, Y, Z, ["width", "depth", "height"]))
    check(picture, ["width", "depth", "height", "0", "10", "-1.0", "0.5", "150"])
    numbers = [(float(t.get("x", "")), float(t.get("y", "")) - 4.5) for t in elements(picture, "text", "soft")]
    corners = [view.place((x, y, 0.0)) for x, y in ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))]
    for x, y in numbers:
        sides = [
            (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
            for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]])
        ]
        assert min(sides) < 0.0 < max(sides)  # a point inside is on the same side of all edges
    assert len({*numbers}) == len(numbers)
    assert min(abs(a - c) + abs(b - d) for a, b in numbers for c, d in numbers if (a, b) != (c, d)) > 10.0


def test_from_above_heights_have_no_numbers() -> None:
    picture = drawing(500, 400, "a", "b", *box(View.filling(FRAME, -60.0, 90.0), X, Y, Z, ["a", "b", "height"]))
    assert {"height", "150"} & {*words_in(picture)} == set()
