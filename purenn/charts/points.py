"""Points: samples as dots, those that were trained on filled, those to test on as rings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite

from purenn.charts.frame import Frame
from purenn.charts.svg import COLOURS, Point, tag, text, text_width
from purenn.errors import ShapeError

__all__ = ["MARKED", "Mark", "check_points", "dots", "key", "rings", "rings_around"]

Mark = tuple[Point, int]  # a place on the paper, and the class, or the number of a colour
RADIUS, FEW_RADIUS = 3.6, 5.5
MARKED = "line6"  # the class of rings around points
FEW = 30  # points that have room to be larger
MOST = 800  # of each kind: more would hide each other, and the picture below them


def check_points(points: Iterable[Sequence[float]], values: Iterable[float], what: str) -> list[tuple[Point, float]]:
    """Return points with the value of each. Raises ShapeError unless each point has two numbers and a value,
    ValueError for a number that is not finite. `what` names them: "train"."""
    places, numbers = list(points), list(values)
    if len(places) != len(numbers):
        raise ShapeError(f"{what} has {len(places)} points, but {len(numbers)} values for them")
    for i, (place, number) in enumerate(zip(places, numbers)):
        if len(place) != 2:
            raise ShapeError(f"point {i} of {what} has {len(place)} numbers, expected 2: a place in the plane")
        if not all(map(isfinite, (*place, number))):
            raise ValueError(f"point {i} of {what} is {[*place]} with value {number}, expected finite numbers")
    return [((place[0], place[1]), number) for place, number in zip(places, numbers)]


def dots(marks: Sequence[Mark], total: int) -> str:
    """Return filled dots, parted from what is below. Of more than 800, every second or third is drawn.

    total: the number of all points in the picture. If they are few, all are larger.
    """
    radius, marks = _shown(marks, total)
    circles = [tag("circle", class_=f"fill{kind % len(COLOURS)}", cx=x, cy=y, r=radius) for (x, y), kind in marks]
    return tag("g", *circles, class_="edge", stroke_width=1)


def rings(marks: Sequence[Mark], total: int) -> str:
    """Return rings, as many as there would be dots, and as large."""
    radius, marks = _shown(marks, total)
    circles = [tag("circle", class_=f"line{kind % len(COLOURS)}", cx=x, cy=y, r=radius - 0.6) for (x, y), kind in marks]
    return tag("g", *circles, class_="paper", stroke_width=1.6)


def rings_around(places: Sequence[Point], total: int) -> list[str]:
    """Return rings around points that stand at these places, among so many in all, with a gap between each point and
    its ring; nothing for no places. Of more than 800, every second or third is drawn."""
    radius, places = (FEW_RADIUS if total <= FEW else RADIUS) + 4.0, places[:: -(-len(places) // MOST) or 1]
    return [
        tag("g", *(tag("circle", cx=x, cy=y, r=radius) for x, y in places), class_=class_, fill="none", stroke_width=w)
        for class_, w in (("edge", 3.5), (MARKED, 1.8))
        if places
    ]


def _shown(marks: Sequence[Mark], total: int) -> tuple[float, Sequence[Mark]]:
    """Return the radius of so many points, and those that are drawn."""
    return (FEW_RADIUS if total <= FEW else RADIUS), marks[:: -(-len(marks) // MOST) or 1]


def key(frame: Frame, *entries: tuple[str, str, str]) -> list[str]:
    """Return a key above the frame, on the right: each entry is a name, and the classes of a dot's inside and edge."""
    parts: list[str] = []
    left = frame.right
    for name, inside, edge in reversed(entries):
        left -= text_width(name) + 22.0
        parts.append(tag("circle", class_=f"{inside} {edge}", cx=left + 4.0, cy=frame.top - 13.5, r=RADIUS))
        parts.append(text(left + 13.0, frame.top - 9, name, class_="soft"))
    return parts
