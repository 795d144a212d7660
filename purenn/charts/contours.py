"""A function of two numbers as a map with contour lines, such as the loss near a minimum, and trajectories over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from purenn.charts.fields import Field, check_log, field_levels, numbered_lines, shades, within_bounds
from purenn.charts.frame import WIDTH
from purenn.charts.isolines import Grid, check_grid
from purenn.charts.plane import HEIGHT, Plane
from purenn.charts.svg import Point, Svg, drawing
from purenn.charts.trajectories import Trail, check_trajectories, drawn, few_steps, names_of, told

__all__ = ["contours"]


def contours(
    values: Grid,
    x_range: Sequence[float],
    y_range: Sequence[float],
    *,
    paths: Mapping[str, Iterable[Sequence[float]]] | None = None,
    log: bool = False,
    title: str = "",
    x_name: str = "",
    y_name: str = "",
) -> Svg:
    """Return a map of a function of x and y: the stronger the shade, the higher, with numbers on some lines.

    values: `values[i][j]` is the value in row i and column j of a grid over the area, with row 0 at the lowest y. One
    that is not finite is a gap.
    log: levels with equal factors between them, for losses, which span magnitudes.
    paths: points (x, y) by name, such as the steps of an optimizer. A ring is the start, a large dot the end. A path
    ends where a number is not finite.

    Raises ShapeError for sizes that do not fit, and ValueError for a value below 0 if `log`.

    >>> bowl = [[x * x + y * y for x in range(-5, 6)] for y in range(-5, 6)]
    >>> path = [(4.0 * 0.8**n, -3.0 * 0.6**n) for n in range(12)]
    >>> picture = contours(bowl, (-5, 5), (-5, 5), paths={"gradient descent": path})
    >>> "gradient descent" in picture
    True
    """
    check_grid(values, "the grid of values")
    check_log(values, log)
    trajectories = check_trajectories(paths or {})
    plane = Plane.of(x_range, y_range)
    lines = few_steps([[*map(plane.place, points)] for points in trajectories.values()])
    trails = {name: Trail.of(line, plane.frame) for name, line in zip(trajectories, lines)}
    levels = field_levels(values, log=log)
    described = "; ".join(
        [f"Contours of a function: {plane.told(values)}", *map(told, trajectories, trajectories.values())]
    )
    names, taken = names_of(trails, plane.frame)
    parts = [
        plane.frame.title(title),
        *within_bounds(values, lambda grid: _map(Field(grid, plane.frame), levels, taken, log)),
        *plane.axes(x_name, y_name),
        *drawn([*trails.values()]),
        *names,
    ]
    return drawing(WIDTH, HEIGHT, title or "Contours", f"{described}.", *parts)


def _map(field: Field, levels: Sequence[float], taken: Sequence[Point], log: bool) -> list[str]:
    """Return the shades of the levels, and their lines with numbers."""
    return [*shades(field, levels, "soft", 0.04, 0.45), *numbered_lines(field, levels, taken, log=log)]
