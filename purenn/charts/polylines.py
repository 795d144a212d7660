"""Lines of many points: how long they are, points at equal steps on them, and their parts inside of a frame."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, hypot

from purenn.charts.frame import Frame
from purenn.charts.svg import Point

__all__ = ["at_equal_steps", "clipped", "length", "refined"]

FAR = 1e6  # pixels: a point beyond is as good as there


def length(line: Sequence[Point]) -> float:
    """Return how long a line is.

    >>> length([(0.0, 0.0), (3.0, 4.0), (3.0, 6.0)])
    7.0
    """
    return sum(hypot(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in zip(line, line[1:]))


def at_equal_steps(line: Sequence[Point], step: float) -> list[Point]:
    """Return points on a line, at equal distances along it, from its beginning to where less than a step is left.

    >>> at_equal_steps([(0.0, 0.0), (3.0, 0.0), (3.0, 4.0)], 2.0)
    [(0.0, 0.0), (2.0, 0.0), (3.0, 1.0), (3.0, 3.0)]
    """
    points: list[Point] = []
    ahead = 0.0  # from the beginning of a piece to the next point on it
    for start, end in zip(line, line[1:]):
        size = length([start, end])
        while ahead <= size and size:
            points.append(_between(start, end, ahead / size))
            ahead += step
        ahead -= size
    return points


def refined(line: Sequence[Point], step: float) -> list[Point]:
    """Return the points of a line, and others on it, so that none is farther than a step from the next.

    >>> refined([(0.0, 0.0), (3.0, 0.0), (4.0, 0.0)], 1.5)
    [(0.0, 0.0), (1.5, 0.0), (3.0, 0.0), (4.0, 0.0)]
    """
    points = [*line[:1]]
    for start, end in zip(line, line[1:]):
        count = ceil(length([start, end]) / step)
        points += [_between(start, end, n / count) for n in range(1, count + 1)]
    return points


def clipped(line: Sequence[Point], frame: Frame, *, passing: bool = True) -> list[list[Point]]:
    """Return the parts of a line that are inside of a frame, each from where it comes in to where it goes out.

    passing: with the parts between two points that are both outside, on different sides of the frame.

    >>> clipped([(-10.0, 5.0), (5.0, 5.0), (5.0, 20.0)], Frame(0.0, 0.0, 10.0, 10.0))
    [[(0.0, 5.0), (5.0, 5.0), (5.0, 10.0)]]
    """
    points = [(min(max(x, -FAR), FAR), min(max(y, -FAR), FAR)) for x, y in line]
    parts: list[list[Point]] = []
    for start, end in zip(points, points[1:]):
        first, last = _inside(start, end, frame)
        if first > last or not (passing or start in frame or end in frame):
            continue
        a, b = _between(start, end, first), _between(start, end, last)
        if parts and parts[-1][-1] == a:
            parts[-1].append(b)
        else:
            parts.append([a, b])
    return parts


def _inside(start: Point, end: Point, frame: Frame) -> tuple[float, float]:
    """Return the first and the last part of the way from start to end that is inside; first > last if none is.

    Each edge of the frame is a line that the way crosses at one of its parts: on the way in, everything before this
    part is outside, on the way out everything after it. Source: Liang and Barsky (1984).
    """
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    first, last = 0.0, 1.0
    # of each edge: the speed toward the outside, and the way that is left to it
    for speed, room in ((-dx, x - frame.left), (dx, frame.right - x), (-dy, y - frame.top), (dy, frame.bottom - y)):
        if speed < 0.0:
            first = max(first, room / speed)
        elif speed > 0.0:
            last = min(last, room / speed)
        elif room < 0.0:
            return 1.0, 0.0
    return first, last


def _between(start: Point, end: Point, part: float) -> Point:
    """Return the point at this part of the way: exactly start at 0 and end at 1, so that lines join."""
    if part in (0.0, 1.0):
        return end if part else start
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])
