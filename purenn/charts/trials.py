"""Trials as points: a figure, such as an accuracy, over the values of each option that was varied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite

from purenn.charts.frame import TOP, Frame, panels
from purenn.charts.points import Mark, dots, key, rings_around
from purenn.charts.scales import Scale, fitting
from purenn.charts.svg import Svg, drawing, tag, text, text_width
from purenn.errors import ShapeError

__all__ = ["trial_charts"]

SIZE = 240.0, 170.0  # of the frame of an option
BELOW = 20.0  # more room than panels have, for the values below a frame
COLUMNS = 3  # at most
FEW = 6  # different numbers that have a place each; more are on an axis
FACTOR = 10.0  # from the smallest number to the largest, from which the axis is logarithmic

Value = object  # of an option; numbers may be on an axis


def trial_charts(
    options: Mapping[str, Sequence[Value]],
    figures: Sequence[float],
    *,
    title: str = "",
    best: int | None = None,
    kinds: Sequence[int] = (),
    kind_names: Sequence[str] = (),
) -> Svg:
    """Return a chart for each option: a point for each trial, at the height of its figure. A ring is around the
    best.

    figures: finite ones, in the order of the values. best: the index of the best trial. kinds: the colour of each
    point; kind_names: their names.
    Raises ShapeError for lists of different lengths, and ValueError for a figure that is not finite.

    >>> picture = trial_charts({"hidden": [16, 8], "optimizer": ["adam", "sgd"]}, [0.9, 0.8], best=0)
    >>> picture.count("<circle")
    8
    """
    for name, values in options.items():
        if len(values) != len(figures):
            raise ShapeError(f"{name} has {len(values)} values, but there are {len(figures)} figures")
    if not all(map(isfinite, figures)):
        raise ValueError(f"expected finite figures, got {[*figures]}")
    y = fitting(figures, 0.0, 1.0)
    left = 20.0 + max(map(text_width, y.labels), default=0.0)
    frames, width, height = panels(len(options), COLUMNS, left, SIZE[0], SIZE[1] + BELOW)
    frames = [replace(frame, bottom=frame.bottom - BELOW) for frame in frames]
    width = max(width, text_width(title) + 24.0)
    parts = [Frame(left, TOP, width, height).title(title)]
    for i, (frame, (name, values)) in enumerate(zip(frames, options.items())):
        scale = Scale(y.low, y.high, frame.bottom, frame.top)
        parts += [text(frame.left, frame.top - 9, name), *frame.y_axis(scale, labelled=i % COLUMNS == 0)]
        axis, places = _placed(values, frame)
        marks: list[Mark] = [
            ((x, scale(figure)), kind) for x, figure, kind in zip(places, figures, kinds or [0] * len(figures))
        ]
        ringed = [] if best is None else [marks[best][0]]
        parts += [*axis, dots(marks, len(marks)), *rings_around(ringed, len(marks))]
    if kind_names:
        entries = [(name, f"fill{i}", "edge") for i, name in enumerate(kind_names)]
        needed = sum(text_width(name) + 22.0 for name in kind_names) + text_width(title) + 48.0
        width = max(width, needed)
        parts += key(Frame(left, TOP, width - 12.0, height), *entries)
    return drawing(width, height, title or "Trials", _described(options, figures, best), *parts)


def _placed(values: Sequence[Value], frame: Frame) -> tuple[list[str], list[float]]:
    """Return the axis of an option, and the place of each value on it."""
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) == len(values) and len({*numbers}) > FEW:
        low = min(numbers)
        log = low > 0.0 and max(numbers) >= FACTOR * low
        x = fitting(numbers, frame.left, frame.right, log=log)
        return frame.x_axis(x), [x(number) for number in numbers]
    distinct: list[Value] = [*dict.fromkeys(sorted(numbers) if len(numbers) == len(values) else values)]
    axis, places = _named_places(distinct, frame)
    return axis, [places[distinct.index(value)] for value in values]


def _named_places(distinct: Sequence[Value], frame: Frame) -> tuple[list[str], list[float]]:
    """Return an axis on which each value has a place, with its name below, and these places."""
    step = (frame.right - frame.left) / max(len(distinct), 1)
    places = [frame.left + (i + 0.5) * step for i in range(len(distinct))]
    names = [_cut(str(value), step - 6.0) for value in distinct]
    base = tag("path", class_="axis", d=f"M{frame.left:.2f} {frame.bottom:.2f}H{frame.right:.2f}")
    labels = [text(x, frame.bottom + 18, name, class_="soft", anchor="middle") for x, name in zip(places, names)]
    return [base, *labels], places


def _cut(name: str, width: float) -> str:
    """Return a name, without its end if it is too wide."""
    if text_width(name) <= width:
        return name
    while name and text_width(f"{name}…") > width:
        name = name[:-1]
    return f"{name}…" if name else ""


def _described(options: Mapping[str, Sequence[Value]], figures: Sequence[float], best: int | None) -> str:
    """Return the trials in words."""
    if not figures:
        return "No trials."
    told = f"{len(figures)} trials, from {min(figures):.4g} to {max(figures):.4g}."
    if best is None:
        return told
    values = ", ".join(f"{name} {values[best]}" for name, values in options.items())
    return f"{told} The best: {values}: {figures[best]:.4g}."
