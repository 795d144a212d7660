"""Space on paper: a box, seen from a direction, with numbers along its edges.

There is no perspective: lines that are parallel in space are parallel on the paper, and what is far away is as large as
what is near. So the place of a point is two sums of products: how far it lies in the direction that goes to the right
on the paper, and how far in the one that goes up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign, cos, hypot, radians, sin

from purenn.charts.frame import Frame
from purenn.charts.scales import Scale
from purenn.charts.svg import Point, path, tag, text

__all__ = ["TALL", "Vector", "View", "box", "dot", "over"]

TALL = 1.1  # the height of the box, whose base goes from -1 to 1 both ways
EDGE_ON = 0.1  # the sine of the angle at which an edge counts as pointing at the viewer

Vector = tuple[float, float, float]


def dot(a: Vector, b: Vector) -> float:
    """Return the dot product: the length of a in the direction of b, if b is of length 1."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@dataclass(frozen=True)
class View:
    """A direction to look from, in radians, and the place and the size of the box on the paper.

    azimuth: around the box, 0 on the side of high x, π / 2 on the side of high y. elevation: above its base.
    """

    azimuth: float
    elevation: float
    centre: Point = (0.0, 0.0)
    scale: float = 1.0

    @classmethod
    def filling(cls, frame: Frame, azimuth: float, elevation: float) -> View:
        """Return the view from these angles, in degrees, in which the box fills the frame.

        Raises ValueError for a view from below the base.

        >>> view = View.filling(Frame(0.0, 0.0, 200.0, 100.0), azimuth=-90.0, elevation=90.0)
        >>> [round(number) for number in (*view.place((-1.0, -1.0, 0.0)), *view.place((1.0, 1.0, 0.0)))]
        [50, 100, 150, 0]
        """
        if not 0.0 <= elevation <= 90.0:
            raise ValueError(f"elevation must be in [0, 90], got {elevation}")
        view = cls(radians(azimuth), radians(elevation))
        xs, ys = zip(*(view.place((x, y, z)) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (0.0, TALL)))
        scale = min((frame.right - frame.left) / (max(xs) - min(xs)), (frame.bottom - frame.top) / (max(ys) - min(ys)))
        x, y = (frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0
        middle = x - scale * (max(xs) + min(xs)) / 2.0, y - scale * (max(ys) + min(ys)) / 2.0
        return cls(view.azimuth, view.elevation, middle, scale)

    @property
    def axes(self) -> tuple[Vector, Vector, Vector]:
        """The directions to the right, up, and toward the viewer, as vectors of length 1."""
        ca, sa, ce, se = cos(self.azimuth), sin(self.azimuth), cos(self.elevation), sin(self.elevation)
        return (-sa, ca, 0.0), (-se * ca, -se * sa, ce), (ce * ca, ce * sa, se)

    def place(self, point: Vector) -> Point:
        """Return where on the paper a point is."""
        right, up, _ = self.axes
        return self.centre[0] + self.scale * dot(point, right), self.centre[1] - self.scale * dot(point, up)


def over(low: float, high: float) -> Scale:
    """Return the scale of numbers over the base of the box."""
    return Scale(low, high, -1.0, 1.0)


def box(view: View, x: Scale, y: Scale, z: Scale, names: Sequence[str]) -> list[str]:
    """Return the base of the box, with numbers along its near edges and up its edge on the left, and three names."""
    near_x, near_y = _near(view)
    base = [(-1.0, -1.0, 0.0), (1.0, -1.0, 0.0), (1.0, 1.0, 0.0), (-1.0, 1.0, 0.0)]
    left_x, left_y, _ = min(base, key=lambda corner: (round(view.place(corner)[0]), view.place(corner)[1]))
    parts = [tag("path", class_="axis", d=path([*map(view.place, base)], closed=True), fill="none")]
    for tick, label in zip(x.ticks, x.labels):
        parts += _mark(view, (x(tick), near_y, 0.0), (0.0, near_y, 0.0), label)
    for tick, label in zip(y.ticks, y.labels):
        parts += _mark(view, (near_x, y(tick), 0.0), (near_x, 0.0, 0.0), label)
    for name, middle in ((names[0], (0.0, near_y, 0.0)), (names[1], (near_x, 0.0, 0.0))):
        (px, py), (dx, dy) = view.place(middle), _toward(view, middle)
        parts.append(text(px + 50.0 * dx, py + 36.0 * dy + 4.5, name, anchor=_anchor(dx)))
    foot, head = view.place((left_x, left_y, 0.0)), view.place((left_x, left_y, TALL))
    if foot[1] - head[1] > 30.0:  # else it is seen from above, and has no room for numbers
        right = view.axes[0]
        parts.append(tag("path", class_="axis", d=path([foot, head])))
        parts.append(text(head[0], head[1] - 12.0, names[2], anchor="middle"))
        for tick, label in zip(z.ticks, z.labels):
            parts += _mark(view, (left_x, left_y, z(tick)), (-right[0], -right[1], 0.0), label)
    return parts


def _near(view: View) -> tuple[float, float]:
    """Return the x and the y of the two edges with numbers: the near ones. An edge that points at the viewer is neither
    near nor far; then it is the one on the right, as heights have their numbers on the left."""
    ca, sa = cos(view.azimuth), sin(view.azimuth)
    return copysign(1.0, ca if abs(ca) > EDGE_ON else -sa), copysign(1.0, sa if abs(sa) > EDGE_ON else ca)


def _mark(view: View, point: Vector, outward: Vector, label: str) -> list[str]:
    """Return a mark at a point, and its label, on the side that a direction in space points to."""
    (x, y), (dx, dy) = view.place(point), _toward(view, outward)
    words = text(x + 10.0 * dx, y + 12.0 * dy + 4.5, label, class_="soft", anchor=_anchor(dx))
    return [tag("path", class_="axis", d=path([(x, y), (x + 5.0 * dx, y + 5.0 * dy)])), words]


def _toward(view: View, direction: Vector) -> Point:
    """Return a direction in space as one on the paper, of length 1; (0, 0) if it points at the viewer."""
    (x, y), (x0, y0) = view.place(direction), view.place((0.0, 0.0, 0.0))
    size = hypot(x - x0, y - y0) or 1.0
    return (x - x0) / size, (y - y0) / size


def _anchor(dx: float) -> str:
    """Return which end of words stands at a point, if they go away from it in this direction."""
    return "start" if dx > 0.2 else "end" if dx < -0.2 else "middle"
