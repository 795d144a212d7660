"""Curves over the epochs of a training, or over any other steps that are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from math import isfinite

from purenn.charts.frame import HEIGHT, LINE, TOP, WIDTH, Frame, apart
from purenn.charts.scales import Scale, extent, fitting
from purenn.charts.svg import Svg, drawing, number, tag, text
from purenn.errors import ShapeError

__all__ = ["curves", "learning_curves"]

HALF = 400.0  # width of one of two charts beside each other
MAGNITUDES = 100.0  # between losses that a linear axis cannot show together


def curves(
    series: Mapping[str, Sequence[float]],
    *,
    title: str = "",
    x_name: str = "epoch",
    log: bool | None = False,
    marked: int | None = None,
    steps: Sequence[int] = (),
    width: float = WIDTH,
) -> Svg:
    """Return a chart of curves, each with its name at its end.

    A value that is not finite, or not above 0 on a logarithmic axis, is a gap. log: None for a logarithmic axis if the
    largest value is more than 100 times the smallest. marked: the index of the value of each curve that gets a ring,
    such as the best epoch. steps: the places of the values on the x axis, which rise. Default: 1, 2, 3, …

    Raises ShapeError for a curve that has more values than there are steps, and ValueError for steps that do not rise.

    >>> picture = curves({"training": [0.9, 0.4, 0.2], "validation": [0.8, 0.5, 0.4]}, title="Loss", marked=2)
    >>> picture.count('class="line'), "Loss" in picture
    (4, True)
    """
    parts = _chart(series, width, title=title, x_name=x_name, log=log, marked=marked, steps=steps)
    return drawing(width, HEIGHT, title or "Curves", _described(series, x_name), *parts)


def learning_curves(
    losses: Mapping[str, Sequence[float]],
    accuracies: Mapping[str, Sequence[float]],
    *,
    best: int | None = None,
    epochs: Sequence[int] = (),
) -> Svg:
    """Return the curves of the losses of a training and, beside them, of its accuracies, if there are some.

    Losses stand on a logarithmic axis if the largest is more than 100 times the smallest. A curve without any number is
    left out. best: the index of the best epoch, which gets a ring on every curve. epochs: their numbers, which rise.
    Default: all from 1 on.

    >>> picture = learning_curves({"training": [0.9, 0.4]}, {"training": [0.5, 0.8]}, best=1)
    >>> "Loss" in picture, "Accuracy" in picture, "best: epoch 2" in picture
    (True, True, True)
    """
    losses, accuracies = _known(losses), _known(accuracies)
    parts = _chart(losses, HALF if accuracies else WIDTH, title="Loss", log=None, marked=best, steps=epochs)
    told = _described(losses, "epoch")
    if accuracies:
        chart = _chart(accuracies, HALF, title="Accuracy", marked=best, steps=epochs)
        parts.append(tag("g", *chart, transform=f"translate({number(HALF)} 0)"))
        told = f"Loss: {told} Accuracy: {_described(accuracies, 'epoch')}"
    width = 2.0 * HALF if accuracies else WIDTH
    if best is not None:
        named = epochs[best] if epochs else best + 1
        parts.append(text(width - 20.0, TOP - 18, f"best: epoch {named}", class_="soft", anchor="end"))
        told += f" Best epoch: {named}."
    return drawing(width, HEIGHT, "Loss and accuracy" if accuracies else "Loss", told, *parts)


def _known(series: Mapping[str, Sequence[float]]) -> dict[str, Sequence[float]]:
    return {name: values for name, values in series.items() if any(map(isfinite, values))}


def _chart(
    series: Mapping[str, Sequence[float]],
    width: float,
    *,
    title: str,
    x_name: str = "epoch",
    log: bool | None = False,
    marked: int | None = None,
    steps: Sequence[int] = (),
) -> list[str]:
    """Return the parts of a chart of this width."""
    count = max(map(len, series.values()), default=0)
    steps = steps or range(1, count + 1)
    _check(steps, count)
    heights = [*chain(*series.values())]
    if log is None:
        low, high = extent(heights)
        log = high > MAGNITUDES * low > 0.0
    y = fitting(heights, 0.0, 1.0, log=log)
    frame = Frame.around(width, HEIGHT, y.labels, [*series])
    first = steps[0] if steps else 1
    x = Scale(first, max(steps[-1] if steps else 1, first + 1), frame.left, frame.right, whole=True)
    y = Scale(y.low, y.high, frame.bottom, frame.top, log)
    parts = [frame.title(title), *frame.y_axis(y), *frame.x_axis(x, x_name)]
    for i, values in enumerate(series.values()):
        parts.append(_line(steps, values, x, y, i))
        if marked is not None and marked < len(values) and _drawn(values[marked], log):
            ring = tag("circle", class_=f"line{i}", cx=x(steps[marked]), cy=y(values[marked]), r=5, fill="none")
            parts.append(ring)
    return [*parts, *_names(series, x, y)]


def _check(steps: Sequence[int], count: int) -> None:
    if len(steps) < count:
        raise ShapeError(f"a curve has {count} values, but there are {len(steps)} steps for them")
    for step, following in zip(steps, steps[1:]):
        if not step < following:
            raise ValueError(f"step {step} is followed by {following}, expected steps that rise")


def _drawn(value: float, log: bool) -> bool:
    return isfinite(value) and (value > 0.0 or not log)


def _line(steps: Sequence[int], values: Sequence[float], x: Scale, y: Scale, i: int) -> str:
    """Return a curve. After a gap it begins again; a point between two gaps is a dot, as the line has round ends."""
    d, pen_down = "", False
    for n, value in zip(steps, values):
        drawn = _drawn(value, y.log)
        if drawn:
            d += f"{'L' if pen_down else 'M'}{number(x(n))} {number(y(value))}{'' if pen_down else 'l0 0'}"
        pen_down = drawn
    round_ends = {"stroke_linecap": "round", "stroke_linejoin": "round"}
    return tag("path", class_=f"line{i}", d=d, fill="none", stroke_width=2, **round_ends)


def _names(series: Mapping[str, Sequence[float]], x: Scale, y: Scale) -> list[str]:
    """Return the name of each curve to the right of its last point, moved where two would overlap."""
    drawn = {name: [value for value in values if _drawn(value, y.log)] for name, values in series.items()}
    shown = [(i, name) for i, name in enumerate(series) if drawn[name]]
    places = apart([y(drawn[name][-1]) for _, name in shown], LINE, y.end, y.start)
    return [text(x.end + 8, place + 4.5, name, class_=f"fill{i}") for (i, name), place in zip(shown, places)]


def _described(series: Mapping[str, Sequence[float]], x_name: str) -> str:
    """Return the curves in words: where each begins and ends, and its lowest value."""
    told: list[str] = []
    for name, values in series.items():
        finite = [value for value in values if isfinite(value)]
        if finite:
            ends = f"from {finite[0]:.4g} to {finite[-1]:.4g}, at least {min(finite):.4g} and at most {max(finite):.4g}"
            told.append(f"{name}: {len(values)} values, {ends}")
    return f"Curves by {x_name}. {'; '.join(told) or 'No values'}."
