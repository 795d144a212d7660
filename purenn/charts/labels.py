"""Labels inside of a picture: a name stands beside what it names, where it covers least of what else is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import atan2, ceil, cos, degrees, pi, sin

from purenn.charts.frame import Frame
from purenn.charts.polylines import at_equal_steps, length
from purenn.charts.svg import FONT_SIZE, Point, text, text_width

__all__ = ["OnLine", "covered", "emptiest", "halo_text", "inside", "on_line", "room"]

SMALL = 11.0  # the font size of words on a line
STEP = 3.0  # pixels from one place on a line to the next
STRAIGHT = 0.95  # of the way along the line is the distance of two points, at least, where words can stand between them


def room(place: Point, words: str, taken: Iterable[Point], size: float = FONT_SIZE, angle: float = 0.0) -> float:
    """Return how far the nearest point that is taken is from words around a place, in sizes of the words: above 1, none
    is below them. They have this font size, and are turned by this angle (in radians).

    >>> room((0.0, 0.0), "moon", [(0.0, 17.0), (50.0, 0.0)])
    2.0
    """
    (px, py), half_width, half_height = place, text_width(words, size) / 2.0 + 3.0, size / 2.0 + 2.0
    c, s = cos(angle), sin(angle)
    away = ((x - px, y - py) for x, y in taken)
    return min((max(abs(c * x + s * y) / half_width, abs(c * y - s * x) / half_height) for x, y in away), default=100.0)


def covered(place: Point, words: str) -> list[Point]:
    """Return points all over the place that words take.

    >>> covered((0.0, 0.0), "a")[0] < (0.0, 0.0) < covered((0.0, 0.0), "a")[-1]
    True
    """
    half_width, half_height = text_width(words) / 2.0, FONT_SIZE / 2.0
    parts = [part / 4.0 for part in range(-4, 5)]
    return [(place[0] + i * half_width, place[1] + j * half_height) for i in parts for j in (-1.0, 0.0, 1.0)]


def emptiest(places: Iterable[Point], words: str, taken: Sequence[Point]) -> Point | None:
    """Return the place with most room for these words; None if there are no places.

    >>> emptiest([(0.0, 0.0), (90.0, 0.0)], "moon", taken=[(0.0, 5.0), (90.0, 20.0)])
    (90.0, 0.0)
    """
    return max(places, key=lambda place: room(place, words, taken), default=None)


def inside(frame: Frame, words: str) -> Frame:
    """Return the part of a frame in which the middle of these words can stand."""
    x, y = text_width(words) / 2.0 + 6.0, FONT_SIZE / 2.0 + 6.0
    return Frame(frame.left + x, frame.top + y, frame.right - x, frame.bottom - y)


def halo_text(place: Point, words: str, class_: str, **more: float | str) -> str:
    """Return words around this place, with a border in the colour of the paper that parts them from what is below."""
    x, y = place
    halo: dict[str, float | str] = {"paint_order": "stroke", "stroke_width": 3, "stroke_linejoin": "round"}
    return text(x, y + 4.5, words, class_=f"{class_} edge", anchor="middle", **halo, **more)


@dataclass(frozen=True)
class OnLine:
    """Words in a gap of a line: the pieces of the line, the text, and the points that it takes."""

    pieces: list[list[Point]]
    text: list[str]
    taken: list[Point]


def on_line(line: Sequence[Point], words: str, frame: Frame, taken: Sequence[Point]) -> OnLine:
    """Return a line with words, where it is straight and they have most room between all that is taken. If there is no
    such place, there is no text."""
    points = at_equal_steps(line, STEP)
    reach = ceil((text_width(words, SMALL) / 2.0 + 3.0) / STEP)
    best, most = 0, 1.0
    for k in range(reach, len(points) - reach, 3 + len(points) // 150):
        ends = points[k - reach], points[k + reach]
        if points[k] in inside(frame, words) and length(ends) > STRAIGHT * 2 * reach * STEP:
            free = room(points[k], words, taken, SMALL, _upright(*ends))
            best, most = (k, free) if free > most else (best, most)
    if not best:
        return OnLine([[*line]], [], [])
    (x, y), turned = points[best], degrees(_upright(points[best - reach], points[best + reach]))
    turn = f"rotate({turned:.1f} {x:.2f} {y:.2f}) translate(0 {SMALL * 0.36:.2f})"
    label = text(x, y, words, class_="soft", anchor="middle", font_size=SMALL, transform=turn)
    pieces = [points[: best - reach + 1], [*points[best + reach :], line[-1]]]
    return OnLine(pieces, [label], covered(points[best], words))


def _upright(start: Point, end: Point) -> float:
    """Return the angle of words from start to end or from end to start, so that they do not stand on their head."""
    angle = atan2(end[1] - start[1], end[0] - start[0])
    return (angle + pi / 2.0) % pi - pi / 2.0
