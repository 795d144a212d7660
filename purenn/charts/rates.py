"""The learning-rate range test as a picture: the loss by the rate, which grows by a constant factor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import isfinite, log

from purenn.charts.frame import HEIGHT, WIDTH, Frame
from purenn.charts.labels import halo_text
from purenn.charts.polylines import clipped
from purenn.charts.scales import Scale, fitting
from purenn.charts.svg import Svg, drawing, path, tag, text_width
from purenn.errors import ShapeError

__all__ = ["rate_curve"]


def rate_curve(
    rates: Sequence[float],
    losses: Sequence[float],
    *,
    chosen: float | None = None,
    title: str = "Loss by learning rate",
) -> Svg:
    """Return a chart of losses by learning rates, on a logarithmic axis, with a mark at the chosen rate.

    The last loss may be far above all others, as such a loss ends the test: the curve leaves the chart at the top then.
    A loss that is not finite is a gap.

    Raises ShapeError unless there are as many losses as rates, at least two, and ValueError unless the rates are finite
    numbers above 0 that rise, and the chosen one is among or between them.

    >>> rates = [10.0 ** (n / 10.0 - 5.0) for n in range(50)]
    >>> picture = rate_curve(rates, [2.0 - 1.5 / (1.0 + 0.01 / rate) for rate in rates], chosen=0.01)
    >>> "chosen rate: 0.01" in picture
    True
    """
    _check(rates, losses, chosen)
    y = fitting(losses[:-1], 0.0, 1.0)
    frame = Frame.around(WIDTH, HEIGHT, y.labels)
    x, y = Scale(rates[0], rates[-1], frame.left, frame.right, log=True), Scale(y.low, y.high, frame.bottom, frame.top)
    runs = groupby(zip(rates, losses), key=lambda pair: isfinite(pair[1]))
    lines = [[(x(rate), y(loss)) for rate, loss in run] for finite, run in runs if finite]
    d = "".join(path(part) for line in lines for part in clipped(line, frame))
    parts = [frame.title(title), *frame.y_axis(y), *frame.x_axis(x, "learning rate")]
    parts.append(tag("path", class_="line0", d=d, fill="none", stroke_width=2, stroke_linejoin="round"))
    if chosen is not None:
        parts += _mark(chosen, _between(rates, losses, chosen), frame, x, y)
    return drawing(WIDTH, HEIGHT, title or "Loss by learning rate", _described(rates, losses, chosen), *parts)


def _check(rates: Sequence[float], losses: Sequence[float], chosen: float | None) -> None:
    if len(rates) != len(losses) or len(rates) < 2:
        raise ShapeError(f"expected a loss for each of at least 2 rates, got {len(rates)} rates, {len(losses)} losses")
    for i, (rate, following) in enumerate(zip(rates, rates[1:])):
        if not (0.0 < rate < following and isfinite(following)):
            raise ValueError(f"rate {i} is {rate} and the next {following}, expected finite numbers above 0 that rise")
    if chosen is not None and not rates[0] <= chosen <= rates[-1]:
        raise ValueError(f"the chosen rate is {chosen}, expected one from {rates[0]:g} to {rates[-1]:g}")


def _between(rates: Sequence[float], losses: Sequence[float], chosen: float) -> float:
    """Return the loss of the chosen rate, on the straight line that the chart has between two rates."""
    i = max(k for k, rate in enumerate(rates[:-1]) if rate <= chosen)
    part = log(chosen / rates[i]) / log(rates[i + 1] / rates[i])
    return losses[i] + part * (losses[i + 1] - losses[i]) if part else losses[i]


def _mark(chosen: float, loss: float, frame: Frame, x: Scale, y: Scale) -> list[str]:
    """Return a line at the chosen rate, a ring where it meets the curve, and its name. At a good rate the curve falls,
    so the name has room below it on the left or, where there is none, above it on the right."""
    words, across = f"chosen rate: {chosen:.2g}", x(chosen)
    down = y(loss) if isfinite(loss) else (frame.top + frame.bottom) / 2.0
    aside = text_width(words) / 2.0 + 10.0
    name = (across - aside, down + 15.0) if across - 2.0 * aside > frame.left else (across + aside, down - 15.0)
    name = name[0], min(max(name[1], frame.top + 10.0), frame.bottom - 10.0)
    d = f"M{across:.2f} {frame.top:.2f}V{frame.bottom:.2f}"
    parts = [tag("path", class_="line1", d=d, stroke_width=1.5, stroke_dasharray="4 4")]
    if isfinite(loss) and (across, down) in frame:
        parts.append(tag("circle", class_="paper line1", cx=across, cy=down, r=5, stroke_width=2))
    return [*parts, halo_text(name, words, "fill1", font_weight=600)]


def _described(rates: Sequence[float], losses: Sequence[float], chosen: float | None) -> str:
    """Return the curve in words: its range, its lowest loss, and the chosen rate."""
    told = f"{len(rates)} learning rates from {rates[0]:.3g} to {rates[-1]:.3g}"
    found = [(loss, rate) for rate, loss in zip(rates, losses) if isfinite(loss)]
    if found:
        first, (lowest, at), last = found[0][0], min(found), found[-1][0]
        told += (
            f": the loss begins at {first:.4g}, is lowest at a rate of {at:.3g} with {lowest:.4g}, ends at {last:.4g}"
        )
    return f"{told}. The chosen rate is {chosen:.3g}." if chosen is not None else f"{told}."
