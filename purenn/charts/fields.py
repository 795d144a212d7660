"""Fields: a function of two numbers as shades of a colour, one for each level, over an area of the paper.

The shades lie one upon the other: the third covers the part of the second in which the value reaches the third level.
Each is one element, whose edge is the contour line of its level, so a field of 100 x 100 numbers takes some 50 kB.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isfinite, log10, sqrt
from typing import TypeVar

from purenn.charts.frame import Frame
from purenn.charts.isolines import Grid, isolines, regions
from purenn.charts.labels import on_line
from purenn.charts.polylines import length
from purenn.charts.scales import round_ticks, tick_labels
from purenn.charts.svg import Point, path, tag
from purenn.charts.tints import tint, tint_style

__all__ = [
    "Field",
    "check_log",
    "field_levels",
    "finite",
    "numbered_lines",
    "shades",
    "thinned",
    "usual_low",
    "within_bounds",
]

Value = TypeVar("Value")
MOST = 120  # rows and columns that are drawn: a cell is a few pixels then
NUMBERED = 6  # lines with a number, at most
LARGEST = 100_000  # bytes of a field, as every picture is to be below 200,000


@dataclass(frozen=True)
class Field:
    """A grid of numbers, as in `isolines`, over the area of a frame: its corners are the corners of the frame."""

    grid: Grid
    frame: Frame

    def place(self, point: Point) -> Point:
        """Return where on the paper a column and a row of the grid are."""
        frame = self.frame
        x = frame.left + point[0] / (len(self.grid[0]) - 1) * (frame.right - frame.left)
        return x, frame.bottom - point[1] / (len(self.grid) - 1) * (frame.bottom - frame.top)

    def shade(self, level: float, class_: str) -> list[str]:
        """Return the area with at least this value, in the colour of a class; nothing if there is none."""
        outlines = [path([*map(self.place, line)], closed=True) for line in regions(self.grid, level)]
        return [tag("path", class_=class_, d="".join(outlines), fill_rule="evenodd")] if outlines else []

    def lines(self, level: float) -> list[list[Point]]:
        """Return the contour lines of this value, as points on the paper."""
        return [[*map(self.place, line)] for line in isolines(self.grid, level)]


def shades(field: Field, levels: Sequence[float], class_: str, faintest: float, strongest: float) -> list[str]:
    """Return the shades of a field for rising levels, as tints of a class at equal steps, from `faintest` above the
    first level to `strongest` above the last."""
    step = (strongest - faintest) / max(len(levels) - 1, 1)
    tints = [tint(class_, faintest + i * step) for i in range(len(levels))]
    return [tint_style(tints), *(part for level, name in zip(levels, tints) for part in field.shade(level, name))]


def numbered_lines(field: Field, levels: Sequence[float], taken: Sequence[Point], *, log: bool = False) -> list[str]:
    """Return the contour lines of the levels, some with a number, which keeps away from all that is taken. On a scale
    that is not logarithmic, all numbers have the same decimals.

    First, every second or third level gets its number, then the others, until there are enough: where one has no room
    between other numbers and the next lines, there may be another beside it.
    """
    pieces = [sorted(field.lines(level), key=length) for level in levels]
    taken = [*taken]
    words = [*chain(*(tick_labels([level]) for level in levels))] if log else tick_labels([*levels])
    every = max(1, round(len(levels) / NUMBERED))
    numbers: list[str] = []
    for k in sorted(range(len(levels)), key=lambda k: (k - every // 2) % every):
        if pieces[k] and len(numbers) < NUMBERED:
            next_to_it = [*pieces[max(k - 1, 0) : k], *pieces[k + 1 : k + 2]]
            beside = [point for lines in next_to_it for line in lines for point in line]
            placed = on_line(pieces[k].pop(), words[k], field.frame, [*taken, *beside[:: 1 + len(beside) // 500]])
            taken += placed.taken
            pieces[k] += placed.pieces
            numbers += placed.text
    d = "".join(path(line) for lines in pieces for line in lines)
    return [tag("path", class_="axis", d=d, fill="none", stroke_width=0.8, stroke_opacity=0.7), *numbers]


def field_levels(grid: Grid, *, log: bool = False) -> list[float]:
    """Return about twelve round levels for the values of a grid: at equal steps or, if `log`, with about equal factors.

    On a logarithmic scale, the lowest hundredth of the values is not looked at: near a minimum of 0, they would take
    all levels for themselves.

    >>> field_levels([[0.0, 0.3], [0.6, 1.0]])
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    >>> field_levels([[0.02, 3.0], [40.0, 90.0]], log=True)
    [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0]
    """
    values = sorted(value for value in finite(grid) if value > 0.0 or not log)
    if not values or values[0] == values[-1]:
        return []
    if not log:
        return [level for level in round_ticks(values[0], values[-1], 11) if values[0] < level < values[-1]]
    low, high = usual_low(grid), values[-1]
    powers = range(int(log10(low)) - 1, int(log10(high)) + 2)
    for factors in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0,)):
        levels = [factor * 10.0**power for power in powers for factor in factors if low < factor * 10.0**power < high]
        if len(levels) <= 14:
            break
    return levels[:: -(-len(levels) // 14)] if levels else []


def usual_low(grid: Grid) -> float:
    """Return the lowest value above 0 but for a hundredth of them: near a minimum of 0, these may be of any magnitude.

    >>> usual_low([[1.0, 2.0], [0.0, -3.0]])
    1.0
    """
    values = sorted(value for value in finite(grid) if value > 0.0)
    return values[len(values) // 100]


def check_log(grid: Grid, log: bool) -> None:
    """Raise ValueError if logarithms are asked for and a value is below 0. It may be 0: that is below all levels."""
    lowest = min(finite(grid), default=0.0)
    if log and lowest < 0.0:
        raise ValueError(f"the lowest value is {lowest:.4g}, which has no logarithm: pass log=False")


def finite(grid: Grid) -> list[float]:
    """Return the numbers of a grid that are finite, row by row."""
    return [value for value in chain.from_iterable(grid) if isfinite(value)]


def thinned(grid: Sequence[Sequence[Value]], most: int) -> list[list[Value]]:
    """Return a grid of at most so many rows and columns, with the same corners: every second row, for example.

    >>> thinned([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 2)
    [[1, 3], [7, 9]]
    """
    rows, columns = _spread(len(grid), most), _spread(len(grid[0]), most)
    return [[grid[i][j] for j in columns] for i in rows]


def _spread(count: int, most: int) -> list[int]:
    """Return at most so many of the numbers from 0 to count - 1, at about equal distances, the first and the last
    among them."""
    kept = min(count, most)
    return [round(i * (count - 1) / (kept - 1)) for i in range(kept)]


def within_bounds(grid: Sequence[Sequence[Value]], draw: Callable[[list[list[Value]]], list[str]]) -> list[str]:
    """Return what `draw` makes of the grid or, if that is too much for a picture, of fewer rows and columns of it. The
    lines of a smooth field are short; only in noise, every cell has lines."""
    most = min(MOST, max(len(grid), len(grid[0])))
    while True:
        parts = draw(thinned(grid, most))
        size = sum(map(len, parts))
        if size <= LARGEST:
            return parts
        most = int(most * 0.9 * sqrt(LARGEST / size))  # half as many rows and columns have a quarter of the cells
