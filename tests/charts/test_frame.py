"""The frame: axes, grid and labels stand where their numbers are."""

from __future__ import annotations

import pytest

from purenn.charts.frame import BOTTOM, TOP, Frame, apart
from purenn.charts.scales import Scale
from purenn.charts.svg import drawing
from tests.charts.pictures import elements, words_in


def test_labels_get_the_room_they_need() -> None:
    short, long = Frame.around(500, 300, ["1"]), Frame.around(500, 300, ["1,000,000"], ["validation"])
    assert short.left < long.left
    assert short.right > long.right
    assert (short.top, short.bottom) == (TOP, 300 - BOTTOM)


def test_marks_stand_at_their_numbers() -> None:
    frame = Frame(100.0, 50.0, 300.0, 250.0)
    x, y = Scale(0.0, 10.0, frame.left, frame.right), Scale(0.0, 1.0, frame.bottom, frame.top)
    picture = drawing(400, 300, "a", "b", *frame.y_axis(y), *frame.x_axis(x, "epoch"), frame.title("Loss"))
    texts = {"".join(t.itertext()): (float(t.get("x", "")), float(t.get("y", ""))) for t in elements(picture, "text")}
    assert texts["4"][0] == x(4.0) == 180.0
    assert texts["0.6"][1] - 4.5 == y(0.6)
    assert texts["epoch"][0] == 200.0
    assert words_in(picture)[-1] == "Loss"
    assert len(elements(picture, "path", "grid")) == len(y.ticks)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([], []),
        ([50.0], [50.0]),
        ([50.0, 20.0], [50.0, 20.0]),
        ([20.0, 20.0, 20.0], [20.0, 30.0, 40.0]),
        ([99.0, 98.0], [100.0, 90.0]),
        ([-5.0], [0.0]),
    ],
)
def test_labels_are_moved_apart_and_keep_their_order(places: list[float], expected: list[float]) -> None:
    assert apart(places, 10.0, 0.0, 100.0) == expected
