"""Activation functions with their derivatives: one as a large picture, or several side by side on common scales."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

from purenn.charts.frame import HEIGHT, LINE, TOP, WIDTH, Frame, apart, panels
from purenn.charts.scales import Scale, extent, fitting
from purenn.charts.svg import Svg, drawing, path, tag, text
from purenn.errors import ShapeError

__all__ = ["activation_curve", "activation_curves"]

NAMES = ("f(z)", "f′(z)")
COLUMNS, SMALL_WIDTH, SMALL_HEIGHT = 3, 150.0, 110.0  # of small charts
JUMP = 8.0  # times as far as the steps before and after it: such two values are not joined by a line

Function = tuple[Sequence[float], Sequence[float]]  # values of f and of f′


def activation_curve(
    z: Sequence[float],
    values: Sequence[float],
    slopes: Sequence[float],
    *,
    title: str = "",
    limits: Sequence[float] = (),
) -> Svg:
    """Return a chart of an activation f (solid) and its derivative f′ (dashed), with a dot on each at z = 0.

    values, slopes: f(z) and f′(z) for every z, in ascending order. A jump, as in the Heaviside step, is a gap.
    limits: the asymptotes of f, such as 0 and 1 of the sigmoid. Raises ShapeError for lists of different lengths.

    >>> picture = activation_curve([-1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0], title="relu")
    >>> picture.count('class="line'), "f(0) = 0" in picture
    (2, True)
    """
    function = values, slopes
    _check(z, {title or "f": function})
    y = fitting([*values, *slopes, *limits], 0.0, 1.0)
    frame = Frame.around(WIDTH, HEIGHT, y.labels, NAMES)
    x, y = Scale(z[0], z[-1], frame.left, frame.right), Scale(y.low, y.high, frame.bottom, frame.top)
    asymptotes = [tag("path", class_="axis", d=_level(x, y(v)), stroke_dasharray="2 4") for v in limits if v]
    i = _middle(z)
    known = z[i] == 0.0 and all(isfinite(line[i]) for line in function)
    at_0 = f"f(0) = {values[i]:.4g},  f′(0) = {slopes[i]:.4g}" if known else ""
    parts = [frame.title(title), text(frame.right, TOP - 18, at_0, class_="soft", anchor="end")]
    parts += [*frame.y_axis(y), *frame.x_axis(x, "z"), *asymptotes, *_curves(z, function, x, y)]
    for k in (1, 0) if known else ():  # the dot of f′ is larger, to be seen behind that of f
        parts.append(tag("circle", class_=f"fill{k}", cx=x(0.0), cy=y(function[k][i]), r=4.0 + 1.5 * k))
    ends = apart([y([y.low, *filter(isfinite, line)][-1]) for line in function], LINE, y.end, y.start)
    parts += [text(x.end + 8, end + 4.5, name, class_=f"fill{k}") for k, (end, name) in enumerate(zip(ends, NAMES))]
    return drawing(WIDTH, HEIGHT, title or "Activation", _described(z, {title or "f": function}), *parts)


def activation_curves(z: Sequence[float], functions: Mapping[str, Function], *, title: str = "") -> Svg:
    """Return small charts of activations (solid) and their derivatives (dashed), all on the same scales.

    functions: f(z) and f′(z) for every z, by the name of f. Raises ShapeError for lists of different lengths, or none.

    >>> step = [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]
    >>> picture = activation_curves([-1.0, 0.0, 1.0], {"heaviside": step, "identity": ([-1, 0, 1], [1, 1, 1])})
    >>> "heaviside" in picture, "identity" in picture
    (True, True)
    """
    _check(z, functions)
    y = Scale(*extent(value for function in functions.values() for line in function for value in line), 0.0, 1.0)
    left = Frame.around(0.0, 0.0, y.labels).left
    frames, width, height = panels(len(functions), COLUMNS, left, SMALL_WIDTH, SMALL_HEIGHT)
    parts = [frames[0].title(title), *_legend(width - 20.0)]
    for i, (frame, (name, function)) in enumerate(zip(frames, functions.items())):
        across, up = Scale(z[0], z[-1], frame.left, frame.right), Scale(y.low, y.high, frame.bottom, frame.top)
        parts += frame.y_axis(up, labelled=i % COLUMNS == 0)
        parts += frame.x_axis(across, labelled=i + COLUMNS >= len(functions))
        parts += [*_curves(z, function, across, up), text(frame.left, frame.top - 8, name)]
    return drawing(width, height, title or "Activations", _described(z, functions), *parts)


def _check(z: Sequence[float], functions: Mapping[str, Function]) -> None:
    if len(z) < 2 or not functions:
        raise ShapeError(f"a curve needs at least 2 values of z and a function, got {len(z)} and {len(functions)}")
    for name, lines in functions.items():
        for what, line in zip(NAMES, lines):
            if len(line) != len(z):
                raise ShapeError(f"{name}: {len(line)} values of {what} for {len(z)} of z")


def _curves(z: Sequence[float], function: Function, x: Scale, y: Scale) -> Iterator[str]:
    """Yield the lines z = 0 and y = 0, then f solid and f′ dashed."""
    if x.low < 0.0 < x.high:
        yield tag("path", class_="axis", d=f"M{x(0.0):.2f} {y.start:.2f}V{y.end:.2f}")
    if y.low < 0.0 < y.high:
        yield tag("path", class_="axis", d=_level(x, y(0.0)))
    for k, line in reversed([*enumerate(function)]):  # f lies above f′
        d = "".join(path([(x(z[i]), y(line[i])) for i in piece]) for piece in _pieces(line))
        dashes = {"stroke_dasharray": "6 4"} if k else {}
        yield tag("path", class_=f"line{k}", d=d, fill="none", stroke_width=2, **dashes)


def _pieces(values: Sequence[float]) -> list[list[int]]:
    """Return the indices of values in pieces that have no gap: after a jump, and after what is not finite, the next
    piece begins."""
    steps = [abs(b - a) for a, b in zip(values, values[1:])]
    pieces: list[list[int]] = [[]]
    for i, value in enumerate(values):
        jumps = 2 <= i < len(values) - 1 and steps[i - 1] > JUMP * max(steps[i - 2], steps[i])
        if pieces[-1] and (jumps or not isfinite(value)):
            pieces.append([])
        if isfinite(value):
            pieces[-1].append(i)
    return [piece for piece in pieces if piece]


def _level(x: Scale, place: float) -> str:
    return f"M{x.start:.2f} {place:.2f}H{x.end:.2f}"


def _legend(right: float) -> Iterator[str]:
    """Yield the names of f and f′ beside a piece of each line, at the top, left of `right`."""
    for k, name in enumerate(NAMES):
        start = right - 140.0 + 75.0 * k
        dashes = {"stroke_dasharray": "6 4"} if k else {}
        yield tag("path", class_=f"line{k}", d=f"M{start:.2f} {TOP - 22.5:.2f}h28", stroke_width=2, **dashes)
        yield text(start + 34, TOP - 18, name, class_=f"fill{k}")


def _middle(z: Sequence[float]) -> int:
    """Return the index of the z nearest to 0."""
    return min(range(len(z)), key=lambda i: abs(z[i]))


def _described(z: Sequence[float], functions: Mapping[str, Function]) -> str:
    """Return the functions in words: their values at the ends and at z nearest to 0."""
    places = [0, _middle(z), len(z) - 1]
    told = [
        f"{name}: {', '.join(f'f({z[i]:.4g}) = {values[i]:.4g} with slope {slopes[i]:.4g}' for i in places)}"
        for name, (values, slopes) in functions.items()
    ]
    return f"Activation functions f, solid, and their derivatives f′, dashed. {'; '.join(told)}."
