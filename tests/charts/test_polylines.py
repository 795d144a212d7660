"""Lines of many points: how long they are, and what of them is inside."""

from __future__ import annotations

import pytest

from purenn.charts.frame import Frame
from purenn.charts.polylines import at_equal_steps, clipped, length
from purenn.charts.svg import Point

FRAME = Frame(0.0, 0.0, 10.0, 10.0)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ([(1.0, 1.0), (9.0, 9.0)], [[(1.0, 1.0), (9.0, 9.0)]]),
        ([(-5.0, 5.0), (5.0, 5.0)], [[(0.0, 5.0), (5.0, 5.0)]]),
        ([(5.0, 5.0), (5.0, 15.0), (8.0, 15.0), (8.0, 5.0)], [[(5.0, 5.0), (5.0, 10.0)], [(8.0, 10.0), (8.0, 5.0)]]),
        ([(-5.0, 5.0), (15.0, 5.0)], [[(0.0, 5.0), (10.0, 5.0)]]),
        ([(-5.0, 12.0), (15.0, 12.0)], []),
        ([(-5.0, -1.0), (-1.0, 20.0)], []),
        ([(5.0, 5.0), (1e300, 5.0)], [[(5.0, 5.0), (10.0, 5.0)]]),
        ([(5.0, 5.0)], []),
        ([], []),
    ],
)
def test_a_line_is_cut_at_the_edges(line: list[Point], parts: list[list[Point]]) -> None:
    assert clipped(line, FRAME) == parts


def test_what_only_passes_through_can_be_left_out() -> None:
    line = [(5.0, 5.0), (5.0, 15.0), (6.0, -15.0), (6.0, 5.0)]
    assert len(clipped(line, FRAME)) == 3
    assert clipped(line, FRAME, passing=False) == [[(5.0, 5.0), (5.0, 10.0)], [(6.0, 0.0), (6.0, 5.0)]]


def test_points_at_equal_steps_go_around_corners() -> None:
    line = [(0.0, 0.0), (3.0, 0.0), (3.0, 0.0), (3.0, 4.0)]
    points = at_equal_steps(line, 0.5)
    assert (points[0], points[-1]) == ((0.0, 0.0), (3.0, 4.0))
    assert len(points) == 15
    assert length(line) == length(points) == 7.0
    assert at_equal_steps([(1.0, 1.0)], 1.0) == []
