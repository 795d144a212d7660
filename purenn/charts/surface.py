"""A function of two numbers as a surface in space, with trajectories on it.

Its cells are drawn one after the other, those far away first, so that the near ones hide them, as a painter does. They
need no sorting for that: of the cells in a row or a column of the grid, it is always the same end that is farther away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, floor, isfinite, sin, sqrt, tan

from purenn.charts.fields import check_log, finite, thinned, usual_low
from purenn.charts.frame import WIDTH, Frame
from purenn.charts.isolines import Grid, check_grid
from purenn.charts.plane import HEIGHT, Plane
from purenn.charts.polylines import clipped, length, refined
from purenn.charts.scales import Scale, extent
from purenn.charts.space import TALL, Vector, View, box, dot, over
from purenn.charts.svg import IN_THE_DARK, Point, Svg, drawing, number, tag
from purenn.charts.tints import ON_BLACK, ON_WHITE, mixed
from purenn.charts.trajectories import Trail, Trajectory, check_trajectories, drawn, few_steps, names_of, told

__all__ = ["surface"]

MOST = 36  # rows and columns that are drawn
LIGHT = (-0.45, 0.6, 0.66)  # where the light comes from: the left, above, and the side of the viewer
HEIGHTS, LIGHTS = 12, 6  # different shades, by height and by light
FINE = 6.0  # pixels between points of a trajectory: each is seen or hidden
POINTS = 2000  # of all trajectories together, at most


def surface(
    values: Grid,
    x_range: Sequence[float],
    y_range: Sequence[float],
    *,
    paths: Mapping[str, Iterable[Sequence[float]]] | None = None,
    log: bool = False,
    azimuth: float = -60.0,
    elevation: float = 35.0,
    title: str = "",
    x_name: str = "",
    y_name: str = "",
    z_name: str = "",
) -> Svg:
    """Return a picture of a function of x and y as a surface in space. What is behind it is hidden, of the paths too.

    values, paths: as for `contours`.
    log: heights are logarithms, as of losses, which span magnitudes. The lowest hundredth of the values is cut off.
    azimuth, elevation: where the viewer stands, in degrees. With an azimuth of 0, x comes toward the viewer, with -90,
    y goes away; with an elevation of 90, the viewer looks down from above.

    Raises ShapeError for sizes that do not fit, and ValueError for a value below 0 if `log`.

    >>> bowl = [[x * x + y * y for x in range(-5, 6)] for y in range(-5, 6)]
    >>> picture = surface(bowl, (-5, 5), (-5, 5), paths={"Adam": [(-4, 4), (-3, 2), (-1, 1), (0, 0)]}, title="Bowl")
    >>> "Adam" in picture, picture.count("<path") > 100
    (True, True)
    """
    check_grid(values, "the grid of values")
    check_log(values, log)
    plane = Plane.of(x_range, y_range)
    trajectories = check_trajectories(paths or {})
    z = _scale(values, log)
    relief = Relief.of(thinned(values, MOST), z)
    view = View.filling(Frame(64.0, 52.0, WIDTH - 64.0, HEIGHT - 52.0), azimuth, elevation)
    lines = few_steps([[*map(plane.place, points)] for points in trajectories.values()])
    fine = max(FINE, sum(map(length, lines)) / POINTS)
    trails = {name: _trail(line, plane.frame, relief, view, fine) for name, line in zip(trajectories, lines)}
    names, _ = names_of(trails, Frame(0.0, 30.0, WIDTH, HEIGHT))
    parts = [plane.frame.title(title), tag("style", _shades())]
    parts += box(view, over(plane.x.low, plane.x.high), over(plane.y.low, plane.y.high), z, (x_name, y_name, z_name))
    parts += [tag("g", *_cells(relief, view), class_="edge", stroke_width=0.5, stroke_linejoin="round")]
    steps = map(told, trajectories, trajectories.values())
    described = "; ".join([f"Surface of a function: {plane.told(values)}", *steps])
    return drawing(WIDTH, HEIGHT, title or "Surface", f"{described}.", *parts, *drawn([*trails.values()]), *names)


def _scale(values: Grid, log: bool) -> Scale:
    """Return the scale of heights."""
    low, high = extent(finite(values), log=log)
    return Scale(usual_low(values) if log else low, high, 0.0, TALL, log)


@dataclass(frozen=True)
class Relief:
    """Heights over the base of the box, which goes from -1 to 1 both ways. One that is not finite is a gap."""

    heights: list[list[float]]

    @classmethod
    def of(cls, values: Grid, z: Scale) -> Relief:
        """Return the heights of values on a scale. Lower and higher values are cut off."""
        return cls([[z(min(max(v, z.low), z.high)) if isfinite(v) else v for v in row] for row in values])

    def corner(self, i: int, j: int) -> Vector:
        """Return the point in space of row i and column j."""
        return -1.0 + 2.0 * j / (len(self.heights[0]) - 1), -1.0 + 2.0 * i / (len(self.heights) - 1), self.heights[i][j]

    def height(self, x: float, y: float) -> float:
        """Return the height at a point of the base: the mean of the corners of its cell, weighted by nearness."""
        across, down = (x + 1.0) / 2.0 * (len(self.heights[0]) - 1), (y + 1.0) / 2.0 * (len(self.heights) - 1)
        j, i = min(floor(across), len(self.heights[0]) - 2), min(floor(down), len(self.heights) - 2)
        u, v = across - j, down - i
        low, high = self.heights[i], self.heights[i + 1]
        return (1.0 - v) * ((1.0 - u) * low[j] + u * low[j + 1]) + v * ((1.0 - u) * high[j] + u * high[j + 1])

    def seen(self, x: float, y: float, view: View) -> Point | None:
        """Return where on the paper a point of the relief is; None for a gap, and for what is behind the relief.

        The search walks from the point toward the viewer, until the line of sight is above everything.
        """
        height = self.height(x, y)
        if not isfinite(height):
            return None
        z, step = height + 0.01, 1.0 / len(self.heights)
        dx, dy, dz = step * cos(view.azimuth), step * sin(view.azimuth), step * tan(view.elevation)
        n = 1
        while z + n * dz < TALL and max(abs(x + n * dx), abs(y + n * dy)) <= 1.0:
            if self.height(x + n * dx, y + n * dy) > z + n * dz:
                return None
            n += 1
        return view.place((x, y, height))


def _cells(relief: Relief, view: View) -> list[str]:
    """Return the cells from the farthest to the nearest one, each in its shade."""
    rows, columns = range(len(relief.heights) - 1), range(len(relief.heights[0]) - 1)
    parts: list[str] = []
    for i in rows if sin(view.azimuth) > 0.0 else reversed(rows):
        for j in columns if cos(view.azimuth) > 0.0 else reversed(columns):
            corners = [relief.corner(*place) for place in ((i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j))]
            if all(isfinite(corner[2]) for corner in corners):
                outline = _outline([*map(view.place, corners)])
                parts.append(tag("path", class_=_shade(corners, view), d=outline))
    return parts


def _outline(points: Sequence[Point]) -> str:
    """Return the outline of a cell in tenths of a pixel, each point counted from the one before: that is short."""
    tenths = [(round(10.0 * x), round(10.0 * y)) for x, y in points]
    steps = [f"{number((x1 - x0) / 10)} {number((y1 - y0) / 10)}" for (x0, y0), (x1, y1) in zip(tenths, tenths[1:])]
    return f"M{number(tenths[0][0] / 10)} {number(tenths[0][1] / 10)}l{' '.join(steps)}z"


def _shade(corners: Sequence[Vector], view: View) -> str:
    """Return the class of a cell, by its height and by the light on it: the more, the more directly it faces the light.

    The normal, at a right angle to the cell, is the cross product of its diagonals. A cell may be seen from below.
    """
    (ux, uy, uz), (vx, vy, vz) = (
        (q[0] - p[0], q[1] - p[1], q[2] - p[2]) for p, q in ((corners[0], corners[2]), (corners[1], corners[3]))
    )
    normal = (uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx)
    side = 1.0 if dot(normal, view.axes[2]) >= 0.0 else -1.0
    light = side * sum(part * dot(normal, axis) for part, axis in zip(LIGHT, view.axes)) / sqrt(dot(normal, normal))
    height = sum(corner[2] for corner in corners) / 4.0 / TALL
    return f"s{min(int(height * HEIGHTS), HEIGHTS - 1)}-{min(int(max(light, 0.0) * LIGHTS), LIGHTS - 1)}"


def _shades() -> str:
    """Return the style of the shades: from the colour of the paper to a grey by height, and darker with less light."""
    rules: dict[int, str] = {}
    for theme, lowest, highest in ((ON_WHITE, 0.08, 0.68), (ON_BLACK, 0.25, 0.85)):  # black is too dark for shadows
        rules[theme] = ""
        for shade in range(HEIGHTS * LIGHTS):
            high, light = shade // LIGHTS / (HEIGHTS - 1), shade % LIGHTS / (LIGHTS - 1)
            colour = mixed("soft", lowest + (highest - lowest) * high, theme, brightness=0.72 + 0.28 * light)
            rules[theme] += f".s{shade // LIGHTS}-{shade % LIGHTS}{{fill:{colour}}}"
    return f"{rules[ON_WHITE]}{IN_THE_DARK}{{{rules[ON_BLACK]}}}"


def _trail(line: Trajectory, base: Frame, relief: Relief, view: View, fine: float) -> Trail:
    """Return what is seen of a line on the surface. The line is given on the paper, as on a plane in this frame."""
    x, y = Scale(base.left, base.right, -1.0, 1.0), Scale(base.bottom, base.top, -1.0, 1.0)

    def seen(point: Point) -> Point | None:
        return relief.seen(x(point[0]), y(point[1]), view) if point in base else None

    lines: list[list[Point]] = []
    for piece in clipped(line, base, passing=False):
        lines.append([])
        for place in map(seen, refined(piece, fine)):
            if place:
                lines[-1].append(place)
            elif lines[-1]:
                lines.append([])
    steps = [place for place in map(seen, line) if place]
    return Trail([line for line in lines if len(line) > 1], steps, seen(line[0]), seen(line[-1]))
