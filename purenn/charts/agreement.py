"""Predicted quantities beside the true ones: how well they agree, and the errors that are left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from purenn.charts.frame import WIDTH
from purenn.charts.plane import HEIGHT, Plane
from purenn.charts.points import dots, rings_around
from purenn.charts.scales import extent
from purenn.charts.svg import Point, Svg, drawing, path, tag
from purenn.errors import ShapeError

__all__ = ["agreement", "residuals"]

ROOM = 0.04  # around the points, as a part of their range


def agreement(
    actual: Sequence[float],
    predicted: Sequence[float],
    *,
    marked: Iterable[int] = (),
    title: str = "",
    name: str = "",
    width: float = WIDTH,
) -> Svg:
    """Return a dot for each prediction: true values to the right, predicted ones upwards, both on the same scale.

    A prediction that is right is on the diagonal line. marked: the indices of those that get a ring. name: of the
    quantity. A value that is not finite is left out. Raises ShapeError unless there are as many of both.

    >>> picture = agreement([1.0, 2.0, 3.0], [1.5, 2.0, 2.5], marked=[0], name="price")
    >>> picture.count("<circle"), "true price" in picture
    (5, True)
    """
    limits = _with_room([*actual, *predicted])
    return _scatter(
        actual,
        predicted,
        lambda t, p: (t, p),
        Plane.of(limits, limits, width),
        line=[(limits[0], limits[0]), (limits[1], limits[1])],
        marked=marked,
        words=(title or "Predicted against true", f"true {name}".strip(), f"predicted {name}".strip()),
        width=width,
    )


def residuals(
    actual: Sequence[float],
    predicted: Sequence[float],
    *,
    marked: Iterable[int] = (),
    title: str = "",
    name: str = "",
    width: float = WIDTH,
) -> Svg:
    """Return a dot for the error of each prediction, predicted - true, over the predicted value.

    Without a pattern around the line of no error, the errors are chance; a bend or a fan shows what the network misses.
    The arguments are those of `agreement`.

    >>> picture = residuals([1.0, 2.0, 3.0], [1.5, 2.0, 2.5], title="Errors")
    >>> picture.count("<circle")
    3
    """
    errors = [p - t for t, p in zip(actual, predicted)]
    across, up = _with_room(predicted), _with_room([*errors, *(-error for error in errors)])
    return _scatter(
        actual,
        predicted,
        lambda t, p: (p, p - t),
        Plane.of(across, up, width),
        line=[(across[0], 0.0), (across[1], 0.0)],
        marked=marked,
        words=(title or "Errors", f"predicted {name}".strip(), "predicted - true"),
        width=width,
    )


def _with_room(values: Iterable[float]) -> tuple[float, float]:
    """Return the range of these values with some room around it."""
    low, high = extent(values)
    return low - ROOM * (high - low), high + ROOM * (high - low)


def _scatter(
    actual: Sequence[float],
    predicted: Sequence[float],
    place: Callable[[float, float], Point],
    plane: Plane,
    *,
    line: Sequence[Point],
    marked: Iterable[int],
    words: tuple[str, str, str],
    width: float,
) -> Svg:
    """Return a dot for each pair at its place in the plane, with a line below them. `words` are the title and the names
    of both axes."""
    if len(actual) != len(predicted):
        raise ShapeError(f"there are {len(actual)} true values, but {len(predicted)} predicted ones")
    title, x_name, y_name = words
    places = [place(t, p) for t, p in zip(actual, predicted)]
    drawn = [plane.place(point) for point in places if point in plane]  # NaN is in no plane
    rings = [plane.place(places[i]) for i in marked if places[i] in plane]
    parts = [
        plane.frame.title(title),
        *plane.axes(x_name, y_name),
        tag("path", class_="axis", d=path([plane.place(point) for point in line]), stroke_dasharray="4 4"),
        dots([(point, 0) for point in drawn], len(drawn)),
        *rings_around(rings, len(drawn)),
    ]
    errors = [p - t for t, p in zip(actual, predicted)]
    told = f"{len(drawn)} predictions; the errors, predicted less true, are from {min(errors, default=0.0):.4g} to "
    return drawing(width, HEIGHT, title, f"{told}{max(errors, default=0.0):.4g}.", *parts)
