"""The frame of a chart: axes with round marks, a grid, titles, and names beside what they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from purenn.charts.scales import Scale
from purenn.charts.svg import FONT_SIZE, Point, tag, text, text_width

__all__ = ["HEIGHT", "WIDTH", "Frame", "apart", "panels"]

WIDTH, HEIGHT = 560.0, 340.0  # of a usual chart
TOP, BOTTOM = 40.0, 48.0  # room for the title above, and for the numbers and the name of the x axis below
LINE = FONT_SIZE + 3.0  # from one line of text to the next


@dataclass(frozen=True)
class Frame:
    """A frame in pixels: the area of the data from `left` and `top` to `right` and `bottom`.

    >>> frame = Frame.around(560, 340, ["0.0", "0.5"])
    >>> frame.left < frame.right, frame.top < frame.bottom
    (True, True)
    """

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, width: float, height: float, y_labels: Sequence[str], names: Sequence[str] = ()) -> Frame:
        """Return the frame that leaves room for labels on the left and for the names of lines on the right."""
        left = 20.0 + max(map(text_width, y_labels), default=0.0)
        right = 20.0 + max(map(text_width, names), default=0.0)
        return cls(left, TOP, width - right, height - BOTTOM)

    def __contains__(self, point: Point) -> bool:
        return self.left <= point[0] <= self.right and self.top <= point[1] <= self.bottom

    def x_axis(self, scale: Scale, name: str = "", *, labelled: bool = True) -> list[str]:
        """Return the marks below the frame, their numbers if `labelled`, and the name of the axis."""
        ticks = scale.ticks
        marks = [tag("path", class_="axis", d=f"M{scale(t):.2f} {self.bottom:.2f}v4") for t in ticks]
        numbers = [
            text(scale(t), self.bottom + 18, label, class_="soft", anchor="middle")
            for t, label in zip(ticks, scale.labels if labelled else [])
        ]
        middle = (self.left + self.right) / 2.0
        base = tag("path", class_="axis", d=f"M{self.left:.2f} {self.bottom:.2f}H{self.right:.2f}")
        return [base, *marks, *numbers, *([text(middle, self.bottom + 38, name, anchor="middle")] if name else [])]

    def y_axis(self, scale: Scale, *, labelled: bool = True) -> list[str]:
        """Return the lines of the grid and, if `labelled`, their numbers on the left."""
        ticks = scale.ticks
        lines = [tag("path", class_="grid", d=f"M{self.left:.2f} {scale(t):.2f}H{self.right:.2f}") for t in ticks]
        return lines + [
            text(self.left - 8, scale(t) + 4.5, label, class_="soft", anchor="end")
            for t, label in zip(ticks, scale.labels if labelled else [])
        ]

    def title(self, words: str) -> str:
        """Return the title, above the frame, where the numbers of the y axis begin."""
        return text(12, TOP - 18, words, font_weight=600, font_size=FONT_SIZE + 1)


def panels(count: int, columns: int, left: float, width: float, height: float) -> tuple[list[Frame], float, float]:
    """Return the frames of small charts of this size, in rows, and the width and height of the whole drawing.

    There is room for a name above each, and for numbers below and, up to `left`, on the left.

    >>> frames, width, height = panels(3, columns=2, left=40.0, width=100.0, height=80.0)
    >>> [(frame.left, frame.top) for frame in frames]
    [(40.0, 60.0), (164.0, 60.0), (40.0, 176.0)]
    """
    across, down = width + 24.0, height + 36.0
    first = TOP + 20.0
    frames = [
        Frame(x, y, x + width, y + height)
        for x, y in ((left + i % columns * across, first + i // columns * down) for i in range(count))
    ]
    return frames, left + min(count, columns) * across, first + -(-count // columns) * down


def apart(places: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Return places for labels near the given ones, in the same order, but at least `distance` apart.

    All are from low to high, as far as there is room: the labels are pushed down from the first, then up from the last.

    >>> apart([10.0, 12.0, 100.0], 15.0, 0.0, 100.0)
    [10.0, 25.0, 100.0]
    >>> apart([95.0, 99.0], 15.0, 0.0, 100.0)
    [85.0, 100.0]
    """
    order = sorted(range(len(places)), key=places.__getitem__)
    found = list(places)
    least = low
    for i in order:
        found[i] = max(found[i], least)
        least = found[i] + distance
    most = high
    for i in reversed(order):
        found[i] = min(found[i], most)
        most = found[i] - distance
    return found
