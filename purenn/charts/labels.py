"""Labels inside of a picture: a name stands beside what it names, where it covers least of what else is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from purenn.charts.frame import Frame
from purenn.charts.svg import FONT_SIZE, Point, text, text_width

__all__ = ["emptiest", "halo_text", "inside"]


def emptiest(places: Iterable[Point], words: str, taken: Sequence[Point]) -> Point | None:
    """Return the place, for the middle of these words, that is farthest from all points that are taken; None if there
    are no places.

    >>> emptiest([(0.0, 0.0), (90.0, 0.0)], "moon", taken=[(0.0, 5.0), (90.0, 20.0)])
    (90.0, 0.0)
    """
    half_width, half_height = text_width(words) / 2.0 + 3.0, FONT_SIZE / 2.0 + 2.0

    def room(place: Point) -> float:
        """Return the distance to the nearest point, in sizes of the words: above 1, none is below them."""
        px, py = place
        return min((max(abs(x - px) / half_width, abs(y - py) / half_height) for x, y in taken), default=100.0)

    return max(places, key=room, default=None)


def inside(frame: Frame, words: str) -> Frame:
    """Return the part of a frame in which the middle of these words can stand."""
    x, y = text_width(words) / 2.0 + 6.0, FONT_SIZE / 2.0 + 6.0
    return Frame(frame.left + x, frame.top + y, frame.right - x, frame.bottom - y)


def halo_text(place: Point, words: str, class_: str, **more: float | str) -> str:
    """Return words around this place, with a border in the colour of the paper that parts them from what is below."""
    x, y = place
    halo: dict[str, float | str] = {"paint_order": "stroke", "stroke_width": 3, "stroke_linejoin": "round"}
    return text(x, y + 4.5, words, class_=f"{class_} edge", anchor="middle", **halo, **more)
