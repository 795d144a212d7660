"""The predictions of a regression, with the samples: a curve over one feature, or a map over two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from math import isfinite

from purenn.charts.fields import Field, field_levels, finite, numbered_lines, shades, within_bounds
from purenn.charts.frame import LINE, WIDTH, Frame, apart
from purenn.charts.isolines import Grid, check_grid
from purenn.charts.plane import HEIGHT, Plane
from purenn.charts.points import check_points, dots, key, rings
from purenn.charts.scales import Scale, extent, fitting
from purenn.charts.svg import COLOURS, Point, Svg, drawing, path, tag, text
from purenn.charts.tints import tint, tint_style
from purenn.errors import ShapeError

__all__ = ["regression_curve", "regression_map"]

LOW, ABOVE = 380.0, 58.0  # height of the picture of a curve, and room for its title, the name of y and a key
GREY = 6  # the colour of samples, which belong to every curve
FAINTEST, STRONGEST = 0.04, 0.65  # parts of a colour, for 0 or the lowest value, and for the largest
MOST = 400  # samples on a map
TRAIN, TEST = ("train", f"fill{GREY}", "edge"), ("test", "paper", f"line{GREY}")

Pairs = tuple[Iterable[float], Iterable[float]]  # the feature and the target of each sample
Valued = tuple[Iterable[Sequence[float]], Iterable[float]]  # the two features and the target of each sample


def regression_curve(
    x: Sequence[float],
    predictions: Mapping[str, Sequence[float]],
    *,
    train: Pairs = ((), ()),
    test: Pairs = ((), ()),
    title: str = "",
    x_name: str = "",
    y_name: str = "",
) -> Svg:
    """Return curves of predictions over one feature, through the samples: dots to train on, rings to test on.

    x: values of the feature, in ascending order. predictions: a value for each of them, by the name of the curve, such
    as "network" and "sin(x)"; one that is not finite is a gap. train, test: features and targets of the samples.

    Raises ShapeError for lists of different lengths, and ValueError unless x rises.

    >>> x = [n / 10.0 for n in range(11)]
    >>> picture = regression_curve(x, {"network": [v * v for v in x]}, train=([0.2, 0.7], [0.1, 0.4]))
    >>> picture.count("<circle")
    2
    """
    _check(x, predictions)
    trained, tested = _samples(train, "train"), _samples(test, "test")
    samples = trained + tested
    y = fitting(chain(*predictions.values(), (target for _, target in samples)), 0.0, 1.0)
    usual = Frame.around(WIDTH, LOW, y.labels, [*predictions])
    frame = Frame(usual.left, ABOVE, usual.right, usual.bottom) if y_name or tested else usual
    x_scale = Scale(*extent(chain(x, (feature for feature, _ in samples))), frame.left, frame.right)
    y = Scale(y.low, y.high, frame.bottom, frame.top)
    parts = [frame.title(title), *frame.y_axis(y), *frame.x_axis(x_scale, x_name)]
    parts += [text(frame.left, frame.top - 9, f"↑ {y_name}")] if y_name else []
    for draw, part in ((rings, tested), (dots, trained)):
        parts.append(draw([((x_scale(feature), y(target)), GREY) for feature, target in part], len(samples)))
    parts += [_curve(x, values, x_scale, y, i) for i, values in enumerate(predictions.values())]
    parts += [*_names(predictions, y, frame), *(key(frame, TRAIN, TEST) if tested else [])]
    told = [f"{name}: from {min(values):.4g} to {max(values):.4g}" for name, values in predictions.items()]
    points = f"{len(trained)} samples to train on, {len(tested)} to test on"
    return drawing(WIDTH, LOW, title or "Regression", f"Curves through {points}. {'; '.join(told)}.", *parts)


def _check(x: Sequence[float], predictions: Mapping[str, Sequence[float]]) -> None:
    for name, values in predictions.items():
        if len(values) != len(x):
            raise ShapeError(f"{name} has {len(values)} values, but x has {len(x)}")
    for i, (value, following) in enumerate(zip(x, x[1:])):
        if not value < following:
            raise ValueError(f"x[{i}] is {value} and the next {following}, expected numbers that rise")


def _samples(part: Pairs, what: str) -> list[Point]:
    """Return samples as points: feature and target."""
    features, targets = map(list, part)
    if len(features) != len(targets):
        raise ShapeError(f"{what} has {len(features)} features, but {len(targets)} targets for them")
    return [point for point, _ in check_points(zip(features, targets), targets, what)]


def _curve(x: Sequence[float], values: Sequence[float], x_scale: Scale, y: Scale, i: int) -> str:
    """Return a curve. After a gap it begins again."""
    runs = groupby(zip(x, values), key=lambda pair: isfinite(pair[1]))
    d = "".join(path([(x_scale(a), y(b)) for a, b in run]) for drawn, run in runs if drawn)
    round_ends = {"stroke_linecap": "round", "stroke_linejoin": "round"}
    return tag("path", class_=f"line{i % len(COLOURS)}", d=d, fill="none", stroke_width=2.4, **round_ends)


def _names(predictions: Mapping[str, Sequence[float]], y: Scale, frame: Frame) -> list[str]:
    """Return the name of each curve to the right of its last point, moved where two would overlap."""
    last = {i: [v for v in values if isfinite(v)][-1:] for i, values in enumerate(predictions.values())}
    shown = [(i, name) for i, name in enumerate(predictions) if last[i]]
    places = apart([y(last[i][0]) for i, _ in shown], LINE, frame.top, frame.bottom)
    names = zip(shown, places)
    return [text(frame.right + 8, place + 4.5, name, class_=f"fill{i % len(COLOURS)}") for (i, name), place in names]


def regression_map(
    values: Grid,
    x_range: Sequence[float],
    y_range: Sequence[float],
    *,
    samples: Valued = ((), ()),
    title: str = "",
    x_name: str = "",
    y_name: str = "",
) -> Svg:
    """Return a map of predictions over two features, with the samples in the colours of their targets: where a sample
    has the colour of what is around it, the prediction is right.

    values: `values[i][j]` is the prediction in row i and column j of a grid over the area, with row 0 at the lowest y.
    One that is not finite is a gap. Values below 0 are blue and those above are orange, stronger the larger they are;
    if all have the same sign, all are blue, from the lowest to the highest. samples: points and their targets.

    Raises ShapeError for sizes that do not fit.

    >>> slope = [[x - y for x in range(9)] for y in range(9)]
    >>> picture = regression_map(slope, (0, 8), (0, 8), samples=([[2, 2], [7, 1]], [0.2, 5.5]), title="x - y")
    >>> "fill0" in picture, "fill1" in picture
    (True, True)
    """
    check_grid(values, "the grid of values")
    plane = Plane.of(x_range, y_range)
    points = [(plane.place(point), target) for point, target in check_points(*samples, "samples") if point in plane]
    hues = Hues(*extent(finite(values)))
    taken = [place for place, _ in points]
    parts = [
        plane.frame.title(title),
        *within_bounds(values, lambda grid: _map(Field(grid, plane.frame), field_levels(values), hues, taken)),
        *plane.axes(x_name, y_name),
        _tinted(points[:: -(-len(points) // MOST) or 1], hues),
    ]
    described = f"Map of predictions: {plane.told(values)}; {len(points)} samples"
    return drawing(WIDTH, HEIGHT, title or "Regression", f"{described}.", *parts)


@dataclass(frozen=True)
class Hues:
    """The colours of numbers from low to high, of two hues if 0 is between them."""

    low: float
    high: float

    @property
    def has_two_hues(self) -> bool:
        """True if 0 is between low and high."""
        return self.low < 0.0 < self.high

    def of(self, value: float) -> tuple[str, float]:
        """Return the class of a number, and how much there is of its colour. Beyond an end, it has that of the end."""
        if self.has_two_hues:
            part = abs(value) / max(-self.low, self.high)
            return ("fill0" if value < 0.0 else "fill1"), self._part(part)
        return "fill0", self._part((value - self.low) / (self.high - self.low))

    def _part(self, part: float) -> float:
        return FAINTEST + (STRONGEST - FAINTEST) * min(max(part, 0.0), 1.0)


def _map(field: Field, levels: Sequence[float], hues: Hues, taken: Sequence[Point]) -> list[str]:
    """Return the shades of the levels, of two hues those of blue from 0 downwards, and their lines with numbers."""
    falling = [-level for level in reversed(levels) if level <= 0.0] if hues.has_two_hues else []
    rising = [level for level in levels if level >= 0.0 or not falling]
    upside_down = Field([[-value for value in row] for row in field.grid], field.frame)
    parts: list[str] = []
    for grid, sign, part in ((upside_down, -1.0, falling), (field, 1.0, rising)):
        if part:
            (class_, strongest), (_, faintest) = hues.of(sign * part[-1]), hues.of(sign * part[0])
            parts += shades(grid, part, class_, faintest, strongest)
    return [*parts, *numbered_lines(field, levels, taken)]


def _tinted(points: Sequence[tuple[Point, float]], hues: Hues) -> str:
    """Return dots in the colours of their values."""
    names = [tint(*hues.of(value)) for _, value in points]
    circles = [tag("circle", class_=name, cx=x, cy=y, r=4.2) for ((x, y), _), name in zip(points, names)]
    return tag("g", tint_style(names), *circles, class_="axis", stroke_width=1.2)
