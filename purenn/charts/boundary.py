"""The decision boundary of a classifier over two features, with the samples that it was trained and tested on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, nan

from purenn.charts.fields import Field, shades, thinned, within_bounds
from purenn.charts.frame import WIDTH, Frame
from purenn.charts.isolines import Grid, check_grid
from purenn.charts.labels import emptiest, halo_text, inside
from purenn.charts.plane import HEIGHT, Plane
from purenn.charts.points import MARKED, Mark, check_points, dots, key, rings, rings_around
from purenn.charts.svg import COLOURS, Point, Svg, drawing, path, tag
from purenn.errors import ShapeError

__all__ = ["boundary"]

MARGINS = (0.0, 0.2, 0.4, 0.6, 0.8)  # levels of p - the next p: for two classes, p is 0.5, 0.6, 0.7, 0.8 and 0.9 there
TRAIN, TEST = ("train", "ink", "edge"), ("test", "paper", "axis")
MISTAKE = ("mistake", "paper", MARKED)
PLACES = 24  # rows and columns of places where a name may stand

Probabilities = Sequence[Sequence[Sequence[float]]]
Labelled = tuple[Iterable[Sequence[float]], Iterable[int]]  # points of two numbers, and the class of each


def boundary(
    probabilities: Probabilities,
    x_range: Sequence[float],
    y_range: Sequence[float],
    *,
    train: Labelled = ((), ()),
    test: Labelled = ((), ()),
    mistakes: Iterable[Sequence[float]] = (),
    classes: Sequence[str] = (),
    title: str = "",
    x_name: str = "",
    y_name: str = "",
) -> Svg:
    """Return a map of the most probable class over an area, with the boundaries between classes as lines.

    probabilities: `probabilities[i][j][k]` is the probability of class k in row i and column j of a grid over the area,
    with row 0 at the lowest y. The stronger a colour, the farther the probability is from that of the next class; a
    cell with a NaN is a gap.
    train, test: points and their classes. Those to train on are dots, those to test on are rings.
    mistakes: points that are answered wrong. Each gets a ring around it.
    classes: the names of the classes. Default: their numbers.

    Raises ShapeError for sizes that do not fit, ValueError for a number that is not a probability.

    >>> grid = [[[1.0 - x / 9.0, x / 9.0] for x in range(10)] for _ in range(10)]
    >>> picture = boundary(grid, (0.0, 1.0), (0.0, 1.0), train=([[0.1, 0.5], [0.9, 0.5]], [0, 1]), title="Halves")
    >>> picture.count("<circle")
    2
    """
    check_grid(probabilities, "the grid of probabilities")
    count = _check_probabilities(probabilities)
    names = list(classes) or [f"class {k}" for k in range(count)]
    if len(names) != count:
        raise ShapeError(f"there are {len(names)} names of classes, but {count} probabilities in each cell")
    plane, wrong = Plane.of(x_range, y_range), [*mistakes]
    wrong_marks = _points((wrong, [0] * len(wrong)), "mistakes", count, plane)
    trained, tested = (_points(part, what, count, plane) for part, what in ((train, "train"), (test, "test")))
    margins = [_margins(probabilities, k) for k in range(count)]
    places = _places_of_names(names, margins, plane.frame, [place for place, _ in trained + tested])
    nowhere = [(name, f"fill{_colour(k)}", "edge") for k, name in enumerate(names) if places[k] is None]
    parts = [
        plane.frame.title(title),
        *within_bounds(probabilities, lambda grid: _areas(grid, plane.frame)),
        *plane.axes(x_name, y_name),
        rings(tested, len(trained + tested)),
        dots(trained, len(trained + tested)),
        *rings_around([place for place, _ in wrong_marks], len(trained + tested)),
        *[halo_text(p, names[k], f"fill{_colour(k)}", font_weight=600) for k, p in enumerate(places) if p],
        *key(plane.frame, *nowhere, *([TRAIN, TEST] if tested else []), *([MISTAKE] if wrong_marks else [])),
    ]
    described = _described(names, margins, (trained, tested))
    described += f" Answered wrong: {len(wrong_marks)}." if wrong_marks else ""
    return drawing(WIDTH, HEIGHT, title or "Decision boundary", described, *parts)


def _colour(k: int) -> int:
    """Return the number of the colour of class k: if there are more classes than colours, the names tell them apart."""
    return k % len(COLOURS)


def _check_probabilities(probabilities: Probabilities) -> int:
    """Return the number of classes. Raises ShapeError if it differs or is below 2, ValueError for other numbers."""
    count = len(probabilities[0][0])
    if count < 2:
        raise ShapeError(f"row 0, column 0 has {count} probabilities, expected one for each of at least 2 classes")
    for i, row in enumerate(probabilities):
        for j, cell in enumerate(row):
            if len(cell) != count:
                raise ShapeError(f"row {i}, column {j} has {len(cell)} probabilities, but the first cell has {count}")
            if any(p < -1e-9 or p > 1.0 + 1e-9 for p in cell):
                raise ValueError(f"row {i}, column {j} is {[*cell]}, expected probabilities from 0 to 1")
    return count


def _points(samples: Labelled, what: str, count: int, plane: Plane) -> list[Mark]:
    """Return the places of the samples that are in the plane, with their classes."""
    marks: list[Mark] = []
    for point, value in check_points(*samples, what):
        if value % 1 or not 0 <= value < count:
            raise ValueError(f"{what} has a point of class {value:g}, expected a number from 0 to {count - 1}")
        if point in plane:
            marks.append((plane.place(point), int(value)))
    return marks


def _margins(probabilities: Probabilities, k: int) -> list[list[float]]:
    """Return the probability of class k less that of the strongest other class: above 0 where k is the strongest."""
    return [
        [cell[k] - max([*cell[:k], *cell[k + 1 :]]) if all(map(isfinite, cell)) else nan for cell in row]
        for row in probabilities
    ]


def _areas(probabilities: Probabilities, frame: Frame) -> list[str]:
    """Return the area of each class, and the lines between them. The last class has no line that another has not."""
    fields = [Field(_margins(probabilities, k), frame) for k in range(len(probabilities[0][0]))]
    parts = [part for k, field in enumerate(fields) for part in shades(field, MARGINS, f"fill{_colour(k)}", 0.1, 0.38)]
    lines = [path(line) for field in fields[:-1] for line in field.lines(0.0)]
    return [*parts, tag("path", class_="axis", d="".join(lines), fill="none", stroke_width=1.5)]


def _places_of_names(
    names: Sequence[str], margins: Sequence[Grid], frame: Frame, points: Sequence[Point]
) -> list[Point | None]:
    """Return where the area of each class has most room for its name between the points; None if it has no area."""
    found: list[Point | None] = []
    for grid, name in zip(margins, names):
        field, within = Field(thinned(grid, PLACES), frame), inside(frame, name)
        cells = [(field.place((j, i)), v > 0.0) for i, row in enumerate(field.grid) for j, v in enumerate(row)]
        own = [place for place, is_own in cells if is_own]
        free = [place for place in own if place in within]
        found.append(emptiest(free or own, name, [*points, *(place for place, is_own in cells if not is_own)]))
    return found


def _described(names: Sequence[str], margins: Sequence[Grid], parts: Sequence[Sequence[Mark]]) -> str:
    """Return the picture in words: the part of the area that each class has, and its points."""
    told: list[str] = []
    for k, name in enumerate(names):
        won = [value > 0.0 for row in margins[k] for value in row]
        train, test = (sum(kind == k for _, kind in marks) for marks in parts)
        points = f"{train} points to train on, {test} to test on"
        told.append(f"{name}: most probable on {sum(won) / len(won):.0%} of the area, {points}")
    return f"Decision boundary of {len(names)} classes. {'; '.join(told)}."
