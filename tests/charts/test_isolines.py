"""Marching squares: lines and areas stand where the values say, and gaps stay gaps."""

from __future__ import annotations

from math import inf, nan

import pytest

from purenn.charts.isolines import Grid, check_grid, isolines, regions
from purenn.errors import ShapeError

PEAK = [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]


def area(lines: list[list[tuple[float, float]]]) -> float:
    """The area inside of closed lines, by the shoelace formula: holes, which run the other way, are taken away."""
    pairs = [pair for line in lines for pair in zip(line, [*line[1:], line[0]])]
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2.0


def test_a_line_stands_at_the_value_between_two_places() -> None:
    # 1 of 4 is a quarter of the way, 1 of 2 is half of it
    assert isolines([[0.0, 0.0], [4.0, 2.0]], 1.0) == [[(0.0, 0.25), (1.0, 0.5)]]


def test_around_a_peak_the_line_is_closed() -> None:
    (line,) = isolines(PEAK, 0.75)
    assert line[0] == line[-1]
    assert {*line} == {(1.0, 0.75), (1.25, 1.0), (1.0, 1.25), (0.75, 1.0)}
    assert area(regions(PEAK, 0.75)) == pytest.approx(2 * 0.25**2)


def test_a_hollow_has_an_outline_of_its_own_around_it() -> None:
    hollow = [[-v for v in row] for row in PEAK]
    outer, inner = regions(hollow, -0.25)
    assert {*outer} == {(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)}
    assert len(inner) == 4
    assert area([outer, inner]) == pytest.approx(4.0 - 2 * 0.75**2)


def test_the_edge_of_the_grid_belongs_to_a_region_but_is_no_line() -> None:
    plane = [[float(j) for j in range(5)] for _ in range(4)]
    (line,) = isolines(plane, 2.0)
    assert sorted(line) == [(2.0, 0.0), (2.0, 3.0)]
    assert {*regions(plane, 1.5)[0]} == {(1.5, 0.0), (4.0, 0.0), (4.0, 3.0), (1.5, 3.0)}


@pytest.mark.parametrize(("level", "count"), [(0.4, 1), (0.6, 2)])
def test_two_opposite_corners_are_one_region_if_the_middle_belongs_to_it(level: float, count: int) -> None:
    assert len(regions([[1.0, 0.0], [0.0, 1.0]], level)) == count


@pytest.mark.parametrize("gap", [nan, inf, -inf])
def test_a_gap_has_half_of_the_way_and_no_line(gap: float) -> None:
    around = [[1.0, 1.0, 1.0], [1.0, gap, 1.0], [1.0, 1.0, 1.0]]
    assert isolines(around, 0.5) == []
    assert area(regions(around, 0.5)) == pytest.approx(4.0 - 2 * 0.5**2)


def test_nothing_and_everything() -> None:
    assert (isolines(PEAK, 2.0), regions(PEAK, 2.0)) == ([], [])
    assert isolines(PEAK, -1.0) == []
    assert area(regions(PEAK, -1.0)) == 4.0


def test_regions_of_rising_levels_lie_within_each_other_and_measure_a_ramp() -> None:
    ramp = [[j / 8.0 for j in range(9)] for _ in range(9)]
    sizes = [area(regions(ramp, level)) for level in (0.0, 0.25, 0.5, 0.9)]
    assert sizes == pytest.approx([64.0, 48.0, 32.0, 6.4])


def test_the_lines_of_a_mirrored_grid_are_mirrored() -> None:
    grid = [[(i * 7 + j * 5) % 11 / 10.0 for j in range(6)] for i in range(5)]
    lines, mirrored = (isolines(g, 0.45) for g in (grid, [row[::-1] for row in grid]))
    places = {(round(x, 9), round(y, 9)) for line in lines for x, y in line}
    assert {(round(5.0 - x, 9), round(y, 9)) for line in mirrored for x, y in line} == places


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ([], "the grid is 0 x 0, expected at least 2 rows and 2 columns"),
        ([[1.0, 2.0]], "the grid is 1 x 2"),
        ([[1.0], [2.0]], "the grid is 2 x 1"),
        ([[1.0, 2.0], [1.0]], "row 1 of the grid has 1 numbers, but row 0 has 2"),
    ],
)
def test_a_grid_that_is_none_is_refused(grid: Grid, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        check_grid(grid)
