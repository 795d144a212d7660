"""Histograms: how the weights or the gradients of each layer are spread, all layers on the same x axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, hypot, isfinite, log10, sqrt

from purenn.charts.frame import WIDTH, Frame, panels
from purenn.charts.scales import Scale, extent, round_step, short
from purenn.charts.svg import Svg, drawing, number, tag, text, text_width
from purenn.errors import ShapeError

__all__ = ["histograms"]

BINS = 40  # about
HEIGHT = 56.0  # of a histogram, in pixels


def histograms(groups: Mapping[str, Sequence[float]], *, log: bool = False, title: str = "", x_name: str = "") -> Svg:
    """Return a histogram of each group of numbers, such as the weights of a layer, one below the other.

    All have the same bins, whose edges are round numbers. A bar is as high as the share of the group's numbers in its
    bin, in percent. log: the sizes |v| of the numbers stand on a logarithmic axis, as suits gradients, which may vanish
    from layer to layer by powers of ten; zeros are counted in words. Numbers that are not finite are left out.
    Raises ShapeError if there is no group.

    >>> picture = histograms({"Linear 2 → 1": [0.5, -0.5, 0.25]}, title="Weights")
    >>> "3 numbers, mean 0.083, σ 0.42" in picture
    True
    """
    if not groups:
        raise ShapeError("histograms need at least one group of numbers, got none")
    places = {name: _places(numbers, log) for name, numbers in groups.items()}
    edges = _edges([place for group in places.values() for place in group])
    left = Frame.around(0.0, 0.0, ["100"]).left
    frames, width, height = panels(len(groups), 1, left, WIDTH - left - 20.0, HEIGHT)
    low, high = (10.0**edge if log else edge for edge in (edges[0], edges[-1]))
    parts = [frames[0].title(title), text(frames[0].right, 22.0, "% of the numbers", class_="soft", anchor="end")]
    told: list[str] = []
    for i, (frame, (name, numbers)) in enumerate(zip(frames, groups.items())):
        counts = _counts(places[name], edges)
        shares = [100.0 * count / (len(places[name]) or 1) for count in counts]
        y = Scale(0.0, max(shares) or 1.0, frame.bottom, frame.top)
        x = Scale(low, high, frame.left, frame.right, log)
        last = i == len(groups) - 1
        parts += [
            *_grid(frame, y.high),
            _bars(shares, frame, y),
            *frame.x_axis(x, x_name if last else "", labelled=last),
        ]
        note = _note(numbers, log)
        parts.append(text(frame.left, frame.top - 8, name))
        if text_width(name + note) < frame.right - frame.left - 20.0:
            parts.append(text(frame.right, frame.top - 8, note, class_="soft", anchor="end"))
        told.append(f"{name}: {note}, from {min(numbers, default=0.0):.4g} to {max(numbers, default=0.0):.4g}")
    described = f"Histograms of {'sizes' if log else 'numbers'}. {'; '.join(told)}."
    return drawing(width, height + 22.0, title or "Histograms", described, *parts)


def _places(numbers: Sequence[float], log: bool) -> list[float]:
    """Return the places of numbers on the axis: they themselves, or the powers of ten of their sizes."""
    finite = filter(isfinite, numbers)
    return [log10(abs(v)) for v in finite if v] if log else [*finite]


def _edges(places: Sequence[float]) -> list[float]:
    """Return the edges of the bins: multiples of a round number, from below the lowest place to above the highest."""
    low, high = extent(places)
    step = round_step(high - low, BINS)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def _counts(places: Sequence[float], edges: Sequence[float]) -> list[int]:
    """Return how many places are in each bin. One on an edge is in the bin above, except on the highest edge."""
    counts = [0] * (len(edges) - 1)
    step = (edges[-1] - edges[0]) / len(counts)
    for place in places:
        counts[min(int((place - edges[0]) / step + 1e-9), len(counts) - 1)] += 1
    return counts


def _bars(shares: Sequence[float], frame: Frame, y: Scale) -> str:
    """Return all bars as one outline."""
    step = (frame.right - frame.left) / len(shares)
    tops = "".join(f"V{number(y(share))}H{number(frame.left + (i + 1) * step)}" for i, share in enumerate(shares))
    return tag("path", class_="fill0", d=f"M{frame.left:.2f} {frame.bottom:.2f}{tops}V{frame.bottom:.2f}Z")


def _grid(frame: Frame, top: float) -> list[str]:
    """Return the lines of nothing and of the highest share, with their numbers."""
    places = ((frame.top, f"{top:.2g}"), (frame.bottom, "0"))
    lines = [tag("path", class_="grid", d=f"M{frame.left:.2f} {y:.2f}H{frame.right:.2f}") for y, _ in places]
    return lines + [text(frame.left - 8, y + 4.5, label, class_="soft", anchor="end") for y, label in places]


def _note(numbers: Sequence[float], log: bool) -> str:
    """Return a group in words."""
    finite = [*filter(isfinite, numbers)]
    said = [f"{len(numbers):,} numbers"]
    if finite and log:
        said += [f"median {short(sorted(map(abs, finite))[len(finite) // 2], 2)}", f"{finite.count(0.0):,} are 0"]
    elif finite:
        mean = sum(finite) / len(finite)
        said += [f"mean {short(mean, 2)}", f"σ {short(hypot(*(v - mean for v in finite)) / sqrt(len(finite)), 2)}"]
    if len(finite) < len(numbers):
        said.append(f"{len(numbers) - len(finite):,} not finite")
    return ", ".join(said)
