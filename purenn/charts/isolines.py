"""Contour lines of a grid of numbers, by marching squares.

A grid holds the values of a function at the crossings of lines: `grid[i][j]` is the value at the place (j, i), column
before row, as x comes before y. Row 0 is the lowest. A number that is not finite is a gap.

Each cell between four neighbouring places is looked at alone. If some of its corners are inside, which means at least
at the level, and some are not, the line passes between them: through the edges whose two ends differ, at the point
where the value, taken as a straight line along the edge, reaches the level. So each cell adds a segment or two, and
segments that end at the same edge are joined. Source: Lorensen and Cline (1987), who march through cubes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, nan

from purenn.charts.svg import Point
from purenn.errors import ShapeError

__all__ = ["Grid", "check_grid", "isolines", "regions"]

Grid = Sequence[Sequence[float]]
Place = tuple[int, int]  # column and row
Edge = tuple[Place, Place]  # the inner end, then the outer one
Segments = dict[Edge, Edge]  # from where a segment begins to where it ends, with the inside on the same hand


def check_grid(grid: Sequence[Sequence[object]], what: str = "the grid") -> tuple[int, int]:
    """Return the numbers of rows and columns. Raises ShapeError unless there are two of each, and rows of one length.

    >>> check_grid([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    (2, 3)
    """
    rows, columns = len(grid), len(grid[0]) if len(grid) else 0
    if min(rows, columns) < 2:
        raise ShapeError(f"{what} is {rows} x {columns}, expected at least 2 rows and 2 columns")
    for i, row in enumerate(grid):
        if len(row) != columns:
            raise ShapeError(f"row {i} of {what} has {len(row)} numbers, but row 0 has {columns}")
    return rows, columns


def isolines(grid: Grid, level: float) -> list[list[Point]]:
    """Return the lines along which the grid has this value. One that is closed ends where it begins.

    >>> isolines([[0.0, 0.0], [4.0, 2.0]], 1.0)
    [[(0.0, 0.25), (1.0, 0.5)]]
    """
    segments = _segments(grid, level)
    whole = {edge for edge in segments if all(_is_finite(grid, place) for place in edge)}
    segments = {start: end for start, end in segments.items() if start in whole and end in whole}
    return [line for line in _joined(grid, level, segments) if len(line) > 1]


def regions(grid: Grid, level: float) -> list[list[Point]]:
    """Return the outlines of the area with at least this value, as closed lines: holes have outlines of their own, and
    the edge of the grid is part of them. A gap has half of the way to each of its neighbours.

    >>> regions([[0.0, 0.0], [4.0, 2.0]], 1.0)
    [[(0.0, 1.0), (0.0, 0.25), (1.0, 0.5), (1.0, 1.0)]]
    """
    return [line[:-1] for line in _joined(grid, level, _segments(grid, level))]


def _segments(grid: Grid, level: float) -> Segments:
    """Return the segments of all cells. Around the grid lies one more row of places on each side, all outside, so that
    every line of segments is closed."""
    columns = len(grid[0])
    edge_row = [False] * (columns + 2)
    inner_rows = [[False, *(isfinite(v) and v >= level for v in row), False] for row in grid]
    inside = [edge_row, *inner_rows, edge_row]
    segments: Segments = {}
    for i, (low, high) in enumerate(zip(inside, inside[1:]), start=-1):
        for j in range(-1, columns):
            a, b, c, d = low[j + 1], low[j + 2], high[j + 2], high[j + 1]
            if not a == b == c == d:
                places = ((j, i), (j + 1, i), (j + 1, i + 1), (j, i + 1))
                _add_cell(segments, places, (a, b, c, d), grid, level)
    return segments


def _add_cell(segments: Segments, places: Sequence[Place], inside: Sequence[bool], grid: Grid, level: float) -> None:
    """Add the segments of a cell, whose corners are given in their order around it.

    Going around, the walk leaves the inside as often as it enters it, and each segment leads from an edge where it
    leaves to one where it enters. If that happens twice, two opposite corners are inside: the mean of the corners then
    says whether the middle is inside too, and joins them.
    """
    around = list(zip(places, inside, [*places[1:], places[0]], [*inside[1:], inside[0]]))
    edges = [((p, q) if p_in else (q, p), p_in) for p, p_in, q, q_in in around if p_in != q_in]
    corners = [grid[i][j] if 0 <= i < len(grid) and 0 <= j < len(grid[0]) else nan for j, i in places]
    step = 1 if sum(corners) / 4.0 >= level else -1
    for n, (edge, leaving) in enumerate(edges):
        if leaving:
            segments[edge] = edges[(n + step) % len(edges)][0]


def _joined(grid: Grid, level: float, segments: Segments) -> list[list[Point]]:
    """Return the lines that the segments form: first those with two ends, then the closed ones."""
    left = dict(segments)
    lines: list[list[Point]] = []
    for start in [*sorted(left.keys() - {*left.values()}), *segments]:
        edge, line = start, [_crossing(grid, level, start)]
        while edge in left:
            edge = left.pop(edge)
            line.append(_crossing(grid, level, edge))
        if len(line) > 1:
            lines.append(_simplified(line))
    return lines


def _crossing(grid: Grid, level: float, edge: Edge) -> Point:
    """Return where a line passes through an edge: halfway to a gap, and at the inner end on the edge of the grid."""
    (j, i), (other_j, other_i) = edge
    if not (0 <= other_i < len(grid) and 0 <= other_j < len(grid[0])):
        return float(j), float(i)
    value, other = grid[i][j], grid[other_i][other_j]
    part = (value - level) / (value - other) if isfinite(other) else 0.5
    return j + part * (other_j - j), i + part * (other_i - i)


def _is_finite(grid: Grid, place: Place) -> bool:
    j, i = place
    return 0 <= i < len(grid) and 0 <= j < len(grid[0]) and isfinite(grid[i][j])


def _simplified(line: list[Point]) -> list[Point]:
    """Return the line without points that lie on the straight line from the last point kept to the next one."""
    kept = line[:1]
    for point, following in zip(line[1:], line[2:]):
        (x0, y0), (x1, y1), (x2, y2) = kept[-1], point, following
        if abs((x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1)) > 1e-6:
            kept.append(point)
    return [*kept, line[-1]]
