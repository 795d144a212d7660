"""The plane: an area of two numbers, with both axes around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from purenn.charts.frame import WIDTH, Frame
from purenn.charts.isolines import Grid
from purenn.charts.scales import Scale
from purenn.charts.svg import Point, tag, text, text_width

__all__ = ["HEIGHT", "Plane"]

HEIGHT = 440.0  # of a picture with a plane, which is about as high as wide
ABOVE, BELOW = 58.0, 48.0  # room for the title, the name of the y axis and a key; for the x axis and its name


@dataclass(frozen=True)
class Plane:
    """An area of two numbers in a frame, with the scale of each.

    >>> plane = Plane.of([0.0, 1.0], [-1.0, 1.0])
    >>> plane.place((0.0, -1.0)) == (plane.frame.left, plane.frame.bottom)
    True
    """

    frame: Frame
    x: Scale
    y: Scale

    @classmethod
    def of(cls, x_range: Sequence[float], y_range: Sequence[float], width: float = WIDTH) -> Plane:
        """Return the plane that these ranges span. Raises ValueError unless each has a lower and a higher number."""
        _check_range("x_range", x_range)
        _check_range("y_range", y_range)
        labels = Scale(y_range[0], y_range[1], 1.0, 0.0).labels
        left = 20.0 + max(map(text_width, labels), default=0.0)
        frame = Frame(left, ABOVE, width - 20.0, HEIGHT - BELOW)
        x = Scale(x_range[0], x_range[1], frame.left, frame.right)
        return cls(frame, x, Scale(y_range[0], y_range[1], frame.bottom, frame.top))

    def place(self, point: Point) -> Point:
        """Return where on the paper a point is."""
        return self.x(point[0]), self.y(point[1])

    def __contains__(self, point: Point) -> bool:
        return self.x.low <= point[0] <= self.x.high and self.y.low <= point[1] <= self.y.high

    def told(self, grid: Grid) -> str:
        """Return in words where the lowest and the highest value of a grid over this plane are."""
        places = [(value, i, j) for i, row in enumerate(grid) for j, value in enumerate(row) if isfinite(value)]
        if not places:
            return "no values"
        told: list[str] = []
        for value, i, j in (min(places), max(places)):
            x = self.x.low + j / (len(grid[0]) - 1) * (self.x.high - self.x.low)
            y = self.y.low + i / (len(grid) - 1) * (self.y.high - self.y.low)
            told.append(f"{value:.4g} near ({x:.3g}, {y:.3g})")
        return f"values from {' to '.join(told)}"

    def axes(self, x_name: str, y_name: str) -> list[str]:
        """Return the outline and the marks of both axes, outside of it, as the inside is filled. The name of the y axis
        stands above its numbers, where it is read without turning the head."""
        frame = self.frame
        size = {"width": frame.right - frame.left, "height": frame.bottom - frame.top}
        parts = [tag("rect", class_="axis", x=frame.left, y=frame.top, **size, fill="none")]
        parts += frame.x_axis(self.x, x_name)[1:]
        for tick, label in zip(self.y.ticks, self.y.labels):
            parts.append(tag("path", class_="axis", d=f"M{frame.left:.2f} {self.y(tick):.2f}h-4"))
            parts.append(text(frame.left - 8, self.y(tick) + 4.5, label, class_="soft", anchor="end"))
        return [*parts, *([text(frame.left, frame.top - 9, f"↑ {y_name}")] if y_name else [])]


def _check_range(name: str, limits: Sequence[float]) -> None:
    if len(limits) != 2 or not all(map(isfinite, limits)) or not limits[0] < limits[1]:
        raise ValueError(f"{name} is {limits!r}, expected a lower and a higher number")
